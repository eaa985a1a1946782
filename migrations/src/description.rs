//! What is wanted on a cluster: a TOML file in which every key is known. Paths are those from the file's folder; `~/` is the home directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_chain::settings::expanded;
use assay_interface::sha256;
use serde::Deserialize;
use solana_address::Address;

use crate::error::{Result, Stop};
use crate::files;

/// Most bytes of a description.
const LONGEST: u64 = 1 << 20;
/// Seconds of the units of times.
const UNITS: [(&str, i64); 3] = [("d", 86_400), ("h", 3_600), ("s", 1)];

/// A deployment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Which cluster.
    pub cluster: Cluster,
    /// Who signs.
    pub keys: Keys,
    /// Which programs.
    pub programs: Programs,
    /// Price sources, by a name of one's own.
    #[serde(default)]
    pub sources: BTreeMap<String, Source>,
    /// The model, if one is registered.
    pub model: Option<Model>,
    /// The lending market, if one is created.
    pub market: Option<Market>,
    /// Who decides about the programs in the end.
    pub hand_over: Option<HandOver>,
    /// Every address in it, by the name of its key.
    #[serde(skip)]
    pub addresses: Vec<(String, Address)>,
    /// SHA-256 of the file.
    #[serde(skip)]
    pub digest: [u8; 32],
    /// The file's folder.
    #[serde(skip)]
    folder: PathBuf,
}

/// Which cluster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Address of its RPC server, or a short name.
    pub url: String,
    /// The hash of its genesis, or `local`: any that is at an address of this machine and none of the public ones.
    pub genesis: String,
    /// Folder of the records.
    #[serde(default = "records")]
    pub records: PathBuf,
}

/// Key files. In place of a role's file its address may stand: then its key is not here, and nothing is done that it would have to sign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Who pays.
    pub payer: PathBuf,
    /// Who may upgrade the programs; the payer without it.
    pub upgrade: Option<PathBuf>,
    /// Who registers the model, whose address is made of it, and activates it.
    pub model: Option<PathBuf>,
    /// Who creates the market, whose address is made of it, and administers it.
    pub market: Option<PathBuf>,
}

/// Which programs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programs {
    /// Folder with `bin/` and `SHA256SUMS`.
    pub folder: PathBuf,
    /// Which of them may be deployed and upgraded, by their short names; all without it. Others whose instructions are sent are compared.
    pub deploy: Option<Vec<String>>,
    /// The key files of their addresses, by their short names: they sign the first deployment, and nothing after it.
    #[serde(default)]
    pub keypairs: BTreeMap<String, PathBuf>,
}

/// A price of Pyth's push oracle.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The feed's id: 64 hexadecimal digits.
    #[serde(deserialize_with = "bytes32")]
    pub feed: [u8; 32],
    /// The sponsor's copy of it.
    pub shard: u16,
}

/// A model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The compiled model.
    pub file: PathBuf,
    /// Its verifying key.
    pub key: PathBuf,
    /// SHA-256 of the transcript of the key's ceremony, for a key of one.
    #[serde(default, deserialize_with = "some_bytes32")]
    pub transcript: Option<[u8; 32]>,
    /// From proposals to their effect: `1d` to `30d`.
    #[serde(deserialize_with = "span")]
    pub timelock: i64,
    /// Who may suspend it beside its authority.
    #[serde(default, deserialize_with = "some_address")]
    pub guardian: Option<Address>,
    /// Who has its authority, where that was handed over since.
    #[serde(default, deserialize_with = "some_address")]
    pub authority: Option<Address>,
}

/// A lending market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// What is pledged.
    pub collateral: Asset,
    /// What is lent.
    pub debt: Asset,
    /// Who administers it, where that was handed over since; `nobody` where it was given up.
    #[serde(default, deserialize_with = "address_or_nobody")]
    pub admin: Option<Address>,
    /// Who may pause it.
    #[serde(default, deserialize_with = "some_address")]
    pub guardian: Option<Address>,
    /// Whose token accounts reserves go to; its creator's without it.
    #[serde(default, deserialize_with = "some_address")]
    pub reserve_owner: Option<Address>,
    /// The attestors who must have confirmed the model's ceremony, for a key of one.
    #[serde(default, deserialize_with = "some_address")]
    pub attestors: Option<Address>,
    /// The parameters, by the names of the program's `RiskParams`. What is left out is its template's.
    #[serde(default)]
    pub params: BTreeMap<String, i64>,
}

/// A token and its price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// The mint, of the SPL token program.
    #[serde(deserialize_with = "address")]
    pub mint: Address,
    /// The price source, by its name in `sources`.
    pub source: String,
}

/// Who decides in the end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Who may upgrade the programs once all else is done: a multisig with a timelock.
    #[serde(deserialize_with = "address")]
    pub upgrade_authority: Address,
}

impl Description {
    /// The description in a file.
    ///
    /// # Errors
    /// It cannot be read, a key is unknown or missing, or a value is no such value.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path, LONGEST)?;
        let wrong = |what: String| {
            Stop::new(
                format!("{}: {what}", path.display()),
                "migrations/README.md says what a description holds, and migrations/local.toml is one",
            )
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("it is no text".into()))?;
        let mut description: Self =
            toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        // Of the text itself, whatever fields there are: none can be forgotten.
        let values: toml::Table =
            toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        values.iter().for_each(|(name, value)| addresses(name, value, &mut description.addresses));
        description.digest = sha256(&[&bytes]);
        description.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        description.check().map_err(|what| wrong(what.to_owned()))?;
        Ok(description)
    }

    /// The short names of the programs whose instructions are sent, and of those that these call.
    pub fn called(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if !self.sources.is_empty() || self.market.is_some() {
            names.push("feed");
        }
        if self.model.is_some() {
            names.push("verifier");
        }
        if self.market.is_some() {
            names.push("lending");
        }
        names
    }

    fn check(&self) -> std::result::Result<(), String> {
        // Were they the payer's, another payer would make a second model and a second market.
        for (section, is_there, role, is_named) in [
            ("model", self.model.is_some(), "registers it", self.keys.model.is_some()),
            ("market", self.market.is_some(), "creates it", self.keys.market.is_some()),
        ] {
            if is_there && !is_named {
                return Err(format!(
                    "[{section}] wants keys.{section}, the key file of who {role}: its address is made of it"
                ));
            }
        }
        if let Some(market) = &self.market {
            if self.model.is_none() {
                return Err("[market] wants a [model], whose scores it acts on".into());
            }
            if market.collateral.mint == market.debt.mint {
                return Err("[market] lends what is pledged: its two mints are one".into());
            }
            for name in [&market.collateral.source, &market.debt.source] {
                if !self.sources.contains_key(name) {
                    return Err(format!(
                        "[market] names the price source {name:?}, and [sources] has none of that name"
                    ));
                }
            }
        }
        let known: Vec<&str> = assay_programs::identities().iter().map(|program| program.name).collect();
        let named = self.programs.deploy.iter().flatten().chain(self.programs.keypairs.keys());
        for name in named {
            if !known.contains(&name.as_str()) {
                return Err(format!("[programs] names {name:?}, and the programs are {}", known.join(", ")));
            }
        }
        Ok(())
    }

    /// A path of the description's.
    pub fn path(&self, path: &Path) -> PathBuf {
        let expanded = path.to_str().map_or_else(|| path.to_owned(), expanded);
        self.folder.join(expanded)
    }
}

fn records() -> PathBuf {
    "records".into()
}

fn parsed<'de, D: serde::Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> std::result::Result<T, String>,
) -> std::result::Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(serde::de::Error::custom)
}

fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Address, D::Error> {
    parsed(deserializer, |text| {
        text.parse().map_err(|_| format!("{text:?} is no address: 32 bytes in base58, 32 to 44 characters"))
    })
}

fn some_address<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Address>, D::Error> {
    address(deserializer).map(Some)
}

fn address_or_nobody<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Address>, D::Error> {
    parsed(deserializer, |text| match text {
        "nobody" => Ok(Some(Address::default())),
        text => text.parse().map(Some).map_err(|_| format!("{text:?} is no address, and not \"nobody\"")),
    })
}

/// The addresses of a value and of what is in it.
fn addresses(name: &str, value: &toml::Value, found: &mut Vec<(String, Address)>) {
    match value {
        toml::Value::String(text) => {
            found.extend(text.parse().ok().map(|address| (name.to_owned(), address)))
        }
        toml::Value::Array(items) => items.iter().for_each(|item| addresses(name, item, found)),
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| addresses(&format!("{name}.{key}"), value, found));
        }
        _ => {}
    }
}

fn bytes32<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<[u8; 32], D::Error> {
    parsed(deserializer, |text| {
        files::hex32(text).ok_or_else(|| format!("{text:?} is no 32 bytes in hexadecimal, 64 digits"))
    })
}

fn some_bytes32<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<[u8; 32]>, D::Error> {
    bytes32(deserializer).map(Some)
}

fn span<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<i64, D::Error> {
    parsed(deserializer, |text| {
        let read = |&(unit, seconds): &(&str, i64)| {
            let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
            i64::from(number).checked_mul(seconds)
        };
        UNITS
            .iter()
            .find_map(read)
            .ok_or_else(|| format!("{text:?} is no time: a number with d, h or s behind it, as 3d"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "[cluster]\nurl = \"localhost\"\ngenesis = \"local\"\n[keys]\npayer = \"id.json\"\nmodel = \"id.json\"\nmarket = \"id.json\"\n[programs]\nfolder = \"programs\"\n";

    fn read(text: &str) -> Result<Description> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.toml");
        std::fs::write(&path, text).unwrap();
        Description::read(&path)
    }

    #[test]
    fn what_is_wrong_is_named() {
        read(SMALL).unwrap();
        for (more, what) in [
            ("[hand_over]\nupgrade_authority = \"x\"\n", "\"x\" is no address"),
            ("[hand_ovr]\n", "unknown field `hand_ovr`"),
            ("[model]\nfile = \"m\"\nkey = \"k\"\ntimelock = \"1w\"\n", "\"1w\" is no time"),
            ("[model]\nfile = \"m\"\nkey = \"k\"\ntimelock = \"1d\"\ntranscript = \"12\"\n", "no 32 bytes"),
            ("keypairs = { verifer = \"k\" }\n", "the programs are verifier, feed"),
            ("[sources.SOL]\nfeed = \"00\"\nshard = 0\n", "no 32 bytes"),
        ] {
            let stop = read(&format!("{SMALL}{more}")).unwrap_err();
            assert!(stop.what.contains(what), "{stop}");
        }
        let [asset, debt] = ["2", "3"].map(|digit| {
            format!("{{ mint = \"So1111111111111111111111111111111111111111{digit}\", source = \"SOL\" }}")
        });
        let market = format!("[market]\ncollateral = {asset}\ndebt = {debt}\n");
        assert!(read(&format!("{SMALL}{market}")).unwrap_err().what.contains("wants a [model]"));
        let model = "[model]\nfile = \"m\"\nkey = \"k\"\ntimelock = \"1d\"\n";
        assert!(
            read(&format!("{SMALL}{model}{market}")).unwrap_err().what.contains("the price source \"SOL\"")
        );
    }

    /// Another payer is no other registrar and no other creator.
    #[test]
    fn who_registers_and_who_creates_is_named() {
        let [asset, debt] = ["2", "3"].map(|digit| {
            format!("{{ mint = \"So1111111111111111111111111111111111111111{digit}\", source = \"SOL\" }}")
        });
        let model = "[model]\nfile = \"m\"\nkey = \"k\"\ntimelock = \"1d\"\n";
        let source = format!("[sources.SOL]\nfeed = \"{}\"\nshard = 0\n", "00".repeat(32));
        let all = format!(
            "{SMALL}{source}{model}[market]\ncollateral = {asset}\ndebt = {debt}\nadmin = \"nobody\"\n"
        );
        let good = read(&all).unwrap();
        assert_eq!(good.called(), ["feed", "verifier", "lending"]);
        assert_eq!(good.market.unwrap().admin, Some(Address::default()));
        let mints = good.addresses.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(mints, ["market.collateral.mint", "market.debt.mint"]);
        for role in ["model", "market"] {
            let stop = read(&all.replace(&format!("\n{role} = \"id.json\""), "")).unwrap_err();
            assert!(stop.what.contains(&format!("[{role}] wants keys.{role}")), "{stop}");
        }
    }

    #[test]
    fn paths_are_those_from_the_files_folder() {
        let description = read(SMALL).unwrap();
        let path = description.path(Path::new("a/b"));
        assert!(path.is_absolute() && path.ends_with("a/b"));
        assert_eq!(description.path(Path::new("/a")), Path::new("/a"));
    }
}
