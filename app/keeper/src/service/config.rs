//! The configuration of a service: a TOML file in which every key is known and every value is checked before anything starts.

mod money;
mod url;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_chain::Commitment;
pub use assay_operate::config::ConfigError;
use assay_operate::config::{self, Source, Table, Value, home};
use solana_address::Address;

use self::money::{BUNDLE, CAPS, FEES, TOKEN, address, bundle, fees, spending};
pub use self::money::{Fees, Token};
pub use self::url::Url;
use super::journal::Caps;
use super::prices::Policy;
use super::wallet::Tip;
use crate::keeper::Mode;

/// What the command that writes a file says to write in place of an address.
const PLACEHOLDER: &str = "ADDRESS";

/// A configuration. The defaults are those of an empty file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Address of the RPC server.
    pub rpc: Url,
    /// Address of its subscriptions.
    pub websocket: Url,
    /// Who tells of accounts in place of those subscriptions, if anybody.
    pub yellowstone: Option<Yellowstone>,
    /// What is read and waited for.
    pub commitment: Commitment,
    /// Who signs.
    pub wallet: Wallet,
    /// Whether anything is sent.
    pub mode: Mode,
    /// The file of what was spent.
    pub journal: PathBuf,
    /// Accounts worked on at once.
    pub workers: usize,
    /// Proofs at once.
    pub provers: usize,
    /// How often everything is read again.
    pub resync: Duration,
    /// How often the clock is read.
    pub poll: Duration,
    /// How long what is on its way is waited for when stopping.
    pub grace: Duration,
    /// What is paid for being early.
    pub fees: Fees,
    /// Who takes bundles, if anybody, and what is paid to them.
    pub bundle: Option<(Url, Tip)>,
    /// Most that is spent.
    pub caps: Caps,
    /// What tokens are worth.
    pub tokens: BTreeMap<Address, Token>,
    /// Where prices come from.
    pub prices: Prices,
    /// Where metrics and health are shown; none where they are not.
    pub listen: Option<SocketAddr>,
    /// Slots behind the cluster beyond which the service is not healthy.
    pub most_lag: u64,
    /// Silence of the server beyond which it is not.
    pub most_silence: Duration,
    /// Form of the logs.
    pub logs: Logs,
    /// What is done.
    pub strategies: Vec<StrategyConfig>,
}

/// A server of Yellowstone's gRPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yellowstone {
    /// Its address.
    pub url: Url,
    /// The file of the token that it wants to see, if it wants one.
    pub token: Option<PathBuf>,
}

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wallet {
    /// The key in a file.
    File(PathBuf),
    /// A command that is given the message and answers with the signature.
    Command {
        /// The command and its arguments.
        command: Vec<String>,
        /// Whose signatures they are.
        address: Address,
        /// How long one may take.
        patience: Duration,
    },
}

/// Where prices come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prices {
    /// Accounts that somebody else keeps.
    Sponsored,
    /// Signed updates, which the keeper posts itself.
    Hermes {
        /// The server.
        url: Url,
        /// The feeds.
        feeds: Vec<[u8; 32]>,
        /// Which copy of them.
        shard: u16,
        /// When one is posted.
        policy: Policy,
    },
}

/// Form of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    /// Lines to read.
    Text,
    /// One JSON document a line.
    Json,
}

/// One strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyConfig {
    /// The program that it is for.
    pub program: String,
    /// The model, an `.assay` file.
    pub model: PathBuf,
    /// Its proving key, a `.pk` file.
    pub key: PathBuf,
    /// The addresses that the strategy names.
    pub addresses: BTreeMap<String, Address>,
}

/// A program that has a strategy, and the addresses that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    /// The program's name.
    pub program: &'a str,
    /// Names of the addresses.
    pub addresses: &'a [&'a str],
}

const ROOT: &[&str] = &[
    "cluster", "wallet", "keeper", "fees", "bundle", "caps", "token", "prices", "metrics", "log", "strategy",
];
const CLUSTER: &[&str] = &["url", "websocket", "yellowstone", "yellowstone_token", "commitment"];
const WALLET: &[&str] = &["keypair", "command", "address", "patience_seconds"];
const KEEPER: &[&str] =
    &["mode", "journal", "workers", "provers", "resync_seconds", "poll_millis", "grace_seconds"];
const PRICES: &[&str] = &["source", "hermes", "feeds", "shard", "deviation_bps", "age_seconds"];
const METRICS: &[&str] = &["listen", "most_lag_slots", "most_silence_seconds"];
const LOG: &[&str] = &["format"];
const STRATEGY: &[&str] = &["program", "model", "key", "addresses"];

impl Config {
    /// Reads a file. Paths in it are those from its folder.
    ///
    /// # Errors
    /// The file cannot be read, or [`ConfigError`] for its first fault.
    pub fn read(path: &Path, known: &[Known<'_>]) -> Result<Self, ConfigError> {
        let text = config::read(path, "`assay keeper init` writes one")?;
        let config = Self::parse(path, &text, known)?;
        if config.strategies.is_empty() {
            let remedy = "add a [[strategy]] with its program, model and key";
            return Err(Source { file: path, text: "" }.error(None, "", "no strategy is named", remedy));
        }
        Ok(config)
    }

    /// Reads the text of the file `file`.
    ///
    /// # Errors
    /// [`ConfigError`] for its first fault.
    pub fn parse(file: &Path, text: &str, known: &[Known<'_>]) -> Result<Self, ConfigError> {
        let source = Source { file, text };
        let document = source.document()?;
        let root = Table::root(source, &document, ROOT)?;
        let base = file.parent().unwrap_or(Path::new(""));
        let cluster = root.table("cluster", CLUSTER)?;
        let rpc = cluster.or("url", Url::local(), |value| {
            Url::rpc(value.string(RPC)?).map_err(|what| value.error(what, RPC))
        })?;
        let websocket = cluster.or("websocket", rpc.subscriptions(), |value| {
            Url::websocket(value.string(SUBSCRIPTIONS)?).map_err(|what| value.error(what, SUBSCRIPTIONS))
        })?;
        let yellowstone = yellowstone(&cluster, base)?;
        let commitment = cluster.or("commitment", Commitment::Confirmed, |value| {
            value.word(&[("confirmed", Commitment::Confirmed), ("finalized", Commitment::Finalized)])
        })?;
        let keeper = root.table("keeper", KEEPER)?;
        let number = |key, default: u64, least, most, unit| {
            keeper.or(key, default, |value| value.integer(least, most, unit))
        };
        let metrics = root.table("metrics", METRICS)?;
        let (caps, tokens) = spending(&root)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        Ok(Self {
            rpc,
            websocket,
            yellowstone,
            commitment,
            wallet: wallet(&root.table("wallet", WALLET)?, base)?,
            mode: keeper.or("mode", Mode::DryRun, |value| {
                value.word(&[("dry-run", Mode::DryRun), ("live", Mode::Live)])
            })?,
            journal: keeper.or("journal", base.join("keeper.journal"), |value| value.path(base))?,
            workers: count(number("workers", 32, 2, 256, "accounts")?),
            provers: count(number("provers", 1, 1, cores.max(64), "proofs")?),
            resync: Duration::from_secs(number("resync_seconds", 60, 5, 86_400, "seconds")?),
            poll: Duration::from_millis(number("poll_millis", 400, 50, 5_000, "milliseconds")?),
            grace: Duration::from_secs(number("grace_seconds", 90, 0, 3_600, "seconds")?),
            fees: fees(&root.table("fees", FEES)?)?,
            bundle: bundle(&root)?,
            caps,
            tokens,
            prices: prices(&root.table("prices", PRICES)?)?,
            listen: metrics.or("listen", Some(SocketAddr::from(([127, 0, 0, 1], 9184))), Value::listen)?,
            most_lag: metrics
                .or("most_lag_slots", 150, |value| value.integer(least_lag(commitment), 100_000, "slots"))?,
            most_silence: Duration::from_secs(
                metrics.or("most_silence_seconds", 30, |value| value.integer(10, 86_400, "seconds"))?,
            ),
            logs: root.table("log", LOG)?.or("format", Logs::Text, |value| {
                value.word(&[("text", Logs::Text), ("json", Logs::Json)])
            })?,
            strategies: strategies(&root, base, known)?,
        })
    }

    /// The file that explains every key, for the programs that have a strategy.
    pub fn template(known: &[Known<'_>]) -> String {
        let mut text = include_str!("config/template.toml").to_owned();
        for Known { program, addresses } in known {
            text.push_str(&format!(
                "\n#[[strategy]]\n#program = \"{program}\"\n#model = \"{program}.assay\"\n#key = \"{program}.pk\"\n"
            ));
            if !addresses.is_empty() {
                text.push_str("#[strategy.addresses]\n");
            }
            for address in *addresses {
                text.push_str(&format!("#{address} = \"{PLACEHOLDER}\"\n"));
            }
        }
        text
    }

    /// Every key, by its table: what documents are compared with.
    pub fn keys() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        let tables: [(_, &[&str]); 10] = [
            ("cluster", CLUSTER),
            ("wallet", WALLET),
            ("keeper", KEEPER),
            ("fees", FEES),
            ("bundle", BUNDLE),
            ("caps", CAPS),
            ("token", TOKEN),
            ("prices", PRICES),
            ("metrics", METRICS),
            ("log", LOG),
        ];
        tables.into_iter().chain([("strategy", STRATEGY)])
    }
}

const RPC: &str = "write localhost, devnet, testnet, mainnet-beta, or the http address of an RPC server";
const SUBSCRIPTIONS: &str = "write the ws:// or wss:// address of the server's subscriptions";
const YELLOWSTONE: &str = "write https:// and the server's name, and its port where that is not 443";
const COMMAND: &str = "write the command and its arguments as a list of strings";
const FEED: &str = "write the feed's id: 64 hexadecimal digits";

fn yellowstone(cluster: &Table<'_>, base: &Path) -> Result<Option<Yellowstone>, ConfigError> {
    let named = cluster.find("yellowstone_token");
    let Some(value) = cluster.find("yellowstone") else {
        return named.map_or(Ok(None), |token| {
            Err(token
                .error("no server is named that wants to see it", "name cluster.yellowstone, or remove this"))
        });
    };
    if let Some(websocket) = cluster.find("websocket") {
        return Err(websocket.error(
            "cluster.yellowstone tells of accounts in its place",
            "remove one of websocket and yellowstone",
        ));
    }
    let url = Url::http(value.string(YELLOWSTONE)?).map_err(|what| value.error(what, YELLOWSTONE))?;
    let open = named.as_ref().filter(|_| !url.hides());
    if let Some(token) = open {
        return Err(token.error("it would be sent unencrypted to another machine", YELLOWSTONE));
    }
    let token = named.map(|token| token.path(base)).transpose()?;
    Ok(Some(Yellowstone { url, token }))
}

/// Slots by which what has this commitment always lies behind the newest: less would keep everything from being begun.
fn least_lag(commitment: Commitment) -> u64 {
    match commitment {
        Commitment::Processed | Commitment::Confirmed => 10,
        Commitment::Finalized => 64,
    }
}

fn wallet(table: &Table<'_>, base: &Path) -> Result<Wallet, ConfigError> {
    let Some(command) = table.find("command") else {
        for key in ["address", "patience_seconds"] {
            if let Some(value) = table.find(key) {
                return Err(value.error(
                    "it is for a signer's command, and there is none",
                    "name the command, or remove this",
                ));
            }
        }
        let usual = home("~/.config/solana/id.json");
        return Ok(Wallet::File(table.or("keypair", usual, |value| value.path(base))?));
    };
    if let Some(keypair) = table.find("keypair") {
        return Err(keypair.error("a signer's command is named too", "remove one of keypair and command"));
    }
    let words = command.items("a list of strings", COMMAND, |item| item.string(COMMAND).map(String::from))?;
    if words.first().is_none_or(String::is_empty) {
        return Err(command.error("it names no command", COMMAND));
    }
    let address = table.get("address", "name the address whose signatures the command gives")?;
    let patience = table.or("patience_seconds", 5, |value| value.integer(1, 60, "seconds"))?;
    Ok(Wallet::Command {
        command: words,
        address: self::address(&address)?,
        patience: Duration::from_secs(patience),
    })
}

fn prices(table: &Table<'_>) -> Result<Prices, ConfigError> {
    let is_hermes =
        table.or("source", false, |value| value.word(&[("sponsored", false), ("hermes", true)]))?;
    if !is_hermes {
        for key in PRICES.iter().filter(|key| **key != "source") {
            if let Some(value) = table.find(key) {
                return Err(value.error(
                    "prices come from sponsored accounts",
                    "set source = \"hermes\", or remove this",
                ));
            }
        }
        return Ok(Prices::Sponsored);
    }
    let server = "write the http address of a Hermes server";
    let url = table.or("hermes", Url::hermes(), |value| {
        Url::http(value.string(server)?).map_err(|what| value.error(what, server))
    })?;
    let feeds = table.get("feeds", "list the ids of the feeds")?;
    let list = feeds.items("a list of strings", FEED, |item| {
        feed(item.string(FEED)?).ok_or_else(|| item.error("it is no feed's id", FEED))
    })?;
    if list.is_empty() || list.len() > 64 {
        return Err(feeds.error(format!("it names {} feeds", list.len()), "name from 1 to 64"));
    }
    let number =
        |key, default, least, most, unit| table.or(key, default, |value| value.integer(least, most, unit));
    let shard = number("shard", 0, 0, u16::MAX.into(), "the shard")?;
    let deviation = number("deviation_bps", 25, 0, 10_000, "basis points")?;
    let age = number("age_seconds", 60, 1, 86_400, "seconds")?;
    let policy = Policy {
        deviation_bps: u16::try_from(deviation).unwrap_or(u16::MAX),
        age: i64::try_from(age).unwrap_or(i64::MAX),
    };
    Ok(Prices::Hermes { url, feeds: list, shard: u16::try_from(shard).unwrap_or(0), policy })
}

fn strategies(
    root: &Table<'_>,
    base: &Path,
    known: &[Known<'_>],
) -> Result<Vec<StrategyConfig>, ConfigError> {
    let programs: Vec<(&str, Known<'_>)> = known.iter().map(|known| (known.program, *known)).collect();
    let read = |table: Table<'_>| {
        let Known { program, addresses } =
            table.get("program", "name the program that it is for")?.word(&programs)?;
        let names = table.table("addresses", addresses)?;
        if let (true, Some((_, value))) = (addresses.is_empty(), names.entries().first()) {
            return Err(value.error(format!("the strategy of {program} names no address"), "remove it"));
        }
        let one = |name: &&str| {
            let value = names.get(name, "write the account's address")?;
            Ok(((*name).to_owned(), address(&value)?))
        };
        Ok(StrategyConfig {
            program: program.into(),
            model: table.get("model", "name the model's .assay file")?.path(base)?,
            key: table.get("key", "name the model's .pk file")?.path(base)?,
            addresses: addresses.iter().map(one).collect::<Result<_, ConfigError>>()?,
        })
    };
    root.tables("strategy", STRATEGY)?.into_iter().map(read).collect()
}

fn feed(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let mut id = [0; 32];
    if digits.len() != 2 * id.len() {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(id)
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
