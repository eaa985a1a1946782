//! Which cluster and which keys: what Solana's command line is configured to use, unless somebody says otherwise.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use solana_keypair::{Keypair, read_keypair};

use crate::error::{Error, Result};
use crate::transport::host;

/// Where Solana's command line keeps its configuration, below the home directory.
const FILE: &str = ".config/solana/cli/config.yml";
/// Where it keeps a key, unless the configuration names another file.
const KEY: &str = ".config/solana/id.json";

/// Most bytes of either file.
const LONGEST: u64 = 64 << 10;

/// What Solana's configuration says, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Address of the cluster's RPC, or its short name.
    pub url: Option<String>,
    /// The key file of who signs and pays.
    pub keypair: Option<PathBuf>,
    /// What is waited for, in the file's word for it.
    pub commitment: Option<String>,
}

impl Settings {
    /// Those of a configuration file; without `path` those of Solana's own, and none where there is no such file.
    ///
    /// # Errors
    /// [`Error::Settings`]: the file cannot be read.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let file = match path {
            Some(path) => path.to_owned(),
            None => match at_home(FILE) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let mut settings = match open(&file).and_then(io::read_to_string) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_none() => Self::default(),
            Err(error) => return Err(Error::Settings { file, what: error.to_string() }),
        };
        if settings.keypair.is_none() {
            settings.keypair = at_home(KEY);
        }
        Ok(settings)
    }

    /// Three scalars of a YAML document: `solana config set` writes each on a line of its own.
    fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = scalar(value.trim());
            if value.is_empty() {
                continue;
            }
            match key {
                "json_rpc_url" => settings.url = Some(value.into()),
                "keypair_path" => settings.keypair = Some(expanded(value)),
                "commitment" => settings.commitment = Some(value.into()),
                _ => {}
            }
        }
        settings
    }
}

/// What stands between quotes, or before a comment.
fn scalar(value: &str) -> &str {
    let inside = |quote| Some(value.strip_prefix(quote)?.split_once(quote)?.0);
    let plain = || match value.split_once(" #") {
        _ if value.starts_with('#') => "",
        Some((value, _)) => value.trim_end(),
        None => value,
    };
    inside('\'').or_else(|| inside('"')).unwrap_or_else(plain)
}

/// A file's first bytes: more than there are in any that is meant.
fn open(path: &Path) -> io::Result<io::Take<File>> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() && file.metadata()?.len() > LONGEST {
        return Err(io::Error::other("it is too long for what it should be"));
    }
    Ok(file.take(LONGEST))
}

/// A path in which `~/` is the home directory, where there is one.
pub fn expanded(path: &str) -> PathBuf {
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
        other => {
            let scheme = other.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
            return match scheme {
                Some((scheme, rest)) if ["http", "https"].contains(&scheme.as_str()) => {
                    Ok(format!("{scheme}://{rest}"))
                }
                // What stands behind the name may be a key.
                Some((scheme, _)) => Err(Error::Url(format!("{scheme}://{}", host(other)))),
                None => Err(Error::Url(host(other))),
            };
        }
    };
    Ok(url.into())
}

/// The key in a file as `solana-keygen` writes it: 64 numbers in JSON.
///
/// # Errors
/// [`Error::Keypair`].
pub fn keypair(path: &Path) -> Result<Keypair> {
    let failed = |what: String| Error::Keypair { file: path.to_owned(), what };
    let mut file = open(path).map_err(|error| failed(error.to_string()))?;
    read_keypair(&mut file).map_err(|error| failed(error.to_string()))
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
            commitment: Some("confirmed".into()),
        };
        assert_eq!(Settings::parse(text), expected);
    }

    #[test]
    fn quoted_values_indented_keys_and_what_is_not_there() {
        let text =
            "json_rpc_url: \"https://x.example/?api-key=a:b\"\n  keypair_path: /not/this\nkeypair_path: ''\n";
        let parsed = Settings::parse(text);
        assert_eq!(parsed.url.as_deref(), Some("https://x.example/?api-key=a:b"));
        assert_eq!((parsed.keypair, parsed.commitment), (None, None));
        assert_eq!(Settings::parse(""), Settings::default());
        let text = "json_rpc_url: http://h:1/#a # mine\nkeypair_path: '/a # b' # c\ncommitment: # none\n";
        let parsed = Settings::parse(text);
        assert_eq!(parsed.url.as_deref(), Some("http://h:1/#a"));
        assert_eq!((parsed.keypair, parsed.commitment), (Some("/a # b".into()), None));
    }

    #[test]
    fn short_names() {
        assert_eq!(url("localhost").unwrap(), url("l").unwrap());
        assert_eq!(url("devnet").unwrap(), "https://api.devnet.solana.com");
        assert_eq!(url("http://h:1").unwrap(), "http://h:1");
        assert!(matches!(url("moonnet"), Err(Error::Url(name)) if name == "moonnet"));
        assert_eq!(url("HTTPS://h:1/Key").unwrap(), "https://h:1/Key");
        for (wrong, shown) in [("ws://me:a@h:1/key?b", "ws://h:1"), ("h.example/key?b", "h.example")] {
            assert!(matches!(url(wrong), Err(Error::Url(name)) if name == shown), "{wrong}");
        }
    }
}
