//! Which cluster and which keys: what Solana's command line is configured to use, unless somebody says otherwise.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use solana_keypair::{Keypair, read_keypair_file};

use crate::error::{Error, Result};
use crate::rpc::Commitment;

/// Where Solana's command line keeps its configuration, below the home directory.
const FILE: &str = ".config/solana/cli/config.yml";
/// Where it keeps a key, unless the configuration names another file.
const KEY: &str = ".config/solana/id.json";

/// What Solana's configuration says, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Address of the cluster's RPC, or its short name.
    pub url: Option<String>,
    /// The key file of who signs and pays.
    pub keypair: Option<PathBuf>,
    /// What is waited for.
    pub commitment: Option<Commitment>,
}

impl Settings {
    /// Those of a configuration file; without `path` those of Solana's own, and none where there is no such file.
    ///
    /// # Errors
    /// [`Error::Settings`]: the file cannot be read, or says something that is no commitment.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let file = match path {
            Some(path) => path.to_owned(),
            None => match at_home(FILE) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let mut settings = match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text).map_err(|what| Error::Settings { file, what })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_none() => Self::default(),
            Err(error) => return Err(Error::Settings { file, what: error.to_string() }),
        };
        if settings.keypair.is_none() {
            settings.keypair = at_home(KEY);
        }
        Ok(settings)
    }

    /// Three scalars of a YAML document: `solana config set` writes each on a line of its own.
    fn parse(text: &str) -> std::result::Result<Self, String> {
        let mut settings = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = unquoted(value.trim());
            if value.is_empty() {
                continue;
            }
            match key {
                "json_rpc_url" => settings.url = Some(value.into()),
                "keypair_path" => settings.keypair = Some(expanded(value)),
                "commitment" => settings.commitment = Some(value.parse()?),
                _ => {}
            }
        }
        Ok(settings)
    }
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inside('\'').or_else(|| inside('"')).unwrap_or(value)
}

fn expanded(path: &str) -> PathBuf {
    path.strip_prefix("~/").and_then(at_home).unwrap_or_else(|| path.into())
}

fn at_home(path: &str) -> Option<PathBuf> {
    env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(path))
}

/// The address that a short name of Solana's command line stands for; addresses stay what they are.
///
/// # Errors
/// [`Error::Url`]: it is neither.
pub fn url(name: &str) -> Result<String> {
    let url = match name {
        "m" | "mainnet" | "mainnet-beta" => "https://api.mainnet-beta.solana.com",
        "t" | "testnet" => "https://api.testnet.solana.com",
        "d" | "devnet" => "https://api.devnet.solana.com",
        "l" | "localhost" => "http://127.0.0.1:8899",
        other if ["http://", "https://"].iter().any(|scheme| other.starts_with(scheme)) => other,
        other => return Err(Error::Url(other.into())),
    };
    Ok(url.into())
}

/// The key in a file as `solana-keygen` writes it: 64 numbers in JSON.
///
/// # Errors
/// [`Error::Keypair`].
pub fn keypair(path: &Path) -> Result<Keypair> {
    read_keypair_file(path).map_err(|error| Error::Keypair { file: path.to_owned(), what: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_solana_config_set_writes() {
        let text = "---\njson_rpc_url: http://localhost:8899\nwebsocket_url: ''\nkeypair_path: /keys/id.json\n\
                    address_labels:\n  '11111111111111111111111111111111': System Program\ncommitment: confirmed\n";
        let expected = Settings {
            url: Some("http://localhost:8899".into()),
            keypair: Some("/keys/id.json".into()),
            commitment: Some(Commitment::Confirmed),
        };
        assert_eq!(Settings::parse(text), Ok(expected));
    }

    #[test]
    fn quoted_values_indented_keys_and_what_is_not_there() {
        let text =
            "json_rpc_url: \"https://x.example/?api-key=a:b\"\n  keypair_path: /not/this\nkeypair_path: ''\n";
        let parsed = Settings::parse(text).unwrap();
        assert_eq!(parsed.url.as_deref(), Some("https://x.example/?api-key=a:b"));
        assert_eq!((parsed.keypair, parsed.commitment), (None, None));
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
        assert!(Settings::parse("commitment: soon").unwrap_err().contains("soon"));
    }

    #[test]
    fn short_names() {
        assert_eq!(url("localhost").unwrap(), url("l").unwrap());
        assert_eq!(url("devnet").unwrap(), "https://api.devnet.solana.com");
        assert_eq!(url("http://h:1").unwrap(), "http://h:1");
        assert!(matches!(url("moonnet"), Err(Error::Url(name)) if name == "moonnet"));
        assert!(matches!(url("ws://h:1"), Err(Error::Url(_))));
    }
}
