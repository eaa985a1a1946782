//! The RPC methods that are used here, each with its answer as a value.
//!
//! What a server answers is not trusted to be well formed: everything is looked up, nothing indexed, and an answer has a longest length.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assay_host::{Account, Watch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;

use crate::error::{Error, Result};
use crate::transaction::Hash;
use crate::transport::{Transport, strings};

mod accounts;
mod past;
mod statuses;
mod wire;

pub use self::past::{Executed, Named, Past};
pub use self::wire::{At, Spent, filters, written};
use self::wire::{Listed, Written, compare};

/// What programs see as the clock, and where the Unix time stands in it.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const UNIX_TIME: std::ops::Range<usize> = 32..40;
/// Which cluster it is.
const GENESIS: &str = "getGenesisHash";
/// How long whoever takes bundles may take to answer: a blockhash does not live long.
const BUNDLE_PATIENCE: Duration = Duration::from_secs(2);
/// Blocks from now on that a blockhash lives for at most: 150, and servers behind one address differ by some.
const LONGEST_LIFE: u64 = 300;

/// How sure one wants to be of what is read, and of what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Commitment {
    /// One server has executed it.
    Processed,
    /// Two thirds of the stake have voted for it: no block of this kind was ever rolled back.
    #[default]
    Confirmed,
    /// 31 blocks more.
    Finalized,
}

impl Commitment {
    /// Solana's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

impl FromStr for Commitment {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let all = [Self::Processed, Self::Confirmed, Self::Finalized];
        all.into_iter()
            .find(|commitment| commitment.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no commitment: processed, confirmed or finalized"))
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cluster whose genesis everybody knows, or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// Where SOL is worth something.
    Mainnet,
    /// For tests of programs.
    Devnet,
    /// For tests of validators.
    Testnet,
    /// Any other: a local one, most likely.
    Other,
}

impl Cluster {
    /// The cluster with this genesis.
    pub fn of_genesis(hash: &str) -> Self {
        match hash {
            "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d" => Self::Mainnet,
            "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG" => Self::Devnet,
            "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY" => Self::Testnet,
            _ => Self::Other,
        }
    }
}

/// A blockhash, and how long a transaction with it can be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash.
    pub hash: Hash,
    /// The last block that may hold the transaction.
    pub last_height: u64,
}

/// What a server knows of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The slot of its block.
    pub slot: u64,
    /// Why it failed; `None` where it did not.
    pub error: Option<Value>,
    /// How sure that is.
    pub commitment: Commitment,
}

/// What a transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Why it would fail.
    pub error: Option<Value>,
    /// What programs logged.
    pub logs: Vec<String>,
    /// Compute units that it took.
    pub compute_units: u64,
    /// What the last program returned, and which one it is; `None` where the server says nothing of it.
    pub returned: Option<(Address, Vec<u8>)>,
    /// Lamports that the payer had less afterwards; `None` where the server does not say.
    pub paid: Option<u64>,
}

/// A server.
pub struct Rpc {
    transport: Transport,
    /// Where bundles are taken, if anywhere; and why the last one was not.
    bundles: Option<Transport>,
    unbundled: Mutex<Option<String>>,
    commitment: Commitment,
    /// The slot that accounts are read from, or a later one.
    from: AtomicU64,
    /// Lists that were longer than an answer may be.
    long: Mutex<Vec<Watch>>,
}

impl Rpc {
    /// The server at `url`, which is asked for what has `commitment`. Nothing is asked yet.
    pub fn new(url: &str, commitment: Commitment) -> Self {
        let (bundles, unbundled, from) = (None, Mutex::default(), AtomicU64::new(0));
        Self { transport: Transport::new(url), bundles, unbundled, commitment, from, long: Mutex::default() }
    }

    /// The same server, with another at `url` that takes bundles.
    #[must_use]
    pub fn with_bundles(self, url: &str) -> Self {
        Self { bundles: Some(Transport::patient(url, BUNDLE_PATIENCE)), ..self }
    }

    /// Whether bundles are taken anywhere.
    pub fn takes_bundles(&self) -> bool {
        self.bundles.is_some()
    }

    /// What answers have.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// From here on accounts are read as they are after `slot`: servers behind one address differ by some.
    pub fn not_before(&self, slot: u64) {
        self.from.fetch_max(slot, Ordering::Relaxed);
    }

    /// The result of a method, at most 256 KiB. A server that is busy is asked again.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Answer`], [`Error::Rpc`]; [`Error::Refused`] where the answer is why a transaction was refused.
    pub fn ask(&self, method: &'static str, parameters: &Value) -> Result<Value> {
        self.transport.ask(method, parameters)
    }

    /// The server answered `method` with `what`, which cannot be.
    pub fn answer(&self, method: &'static str, what: &str) -> Error {
        self.transport.answer(method, what)
    }

    /// `value` of an answer, where the answer has its form.
    fn found<T>(&self, method: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.answer(method, "another form than Solana's"))
    }

    fn options(&self) -> Value {
        json!({ "commitment": self.commitment.as_str() })
    }

    fn account_options(&self) -> Value {
        let mut options = json!({ "commitment": self.commitment.as_str(), "encoding": "base64" });
        let from = self.from.load(Ordering::Relaxed);
        if let Some(options) = options.as_object_mut().filter(|_| from > 0) {
            options.insert("minContextSlot".into(), from.into());
        }
        options
    }

    /// Where a person looks at a transaction; `None` for clusters that nobody but this machine knows, and whose address may hold a key.
    pub fn explorer(&self, cluster: Cluster, signature: &str) -> Option<String> {
        let query = match cluster {
            Cluster::Mainnet => String::new(),
            Cluster::Devnet => "?cluster=devnet".into(),
            Cluster::Testnet => "?cluster=testnet".into(),
            Cluster::Other => {
                let local = self.transport.local()?.replace(':', "%3A").replace('/', "%2F");
                format!("?cluster=custom&customUrl={local}")
            }
        };
        Some(format!("https://explorer.solana.com/tx/{signature}{query}"))
    }

    /// Which cluster it is.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn cluster(&self) -> Result<Cluster> {
        let hash = self.ask(GENESIS, &json!([]))?;
        self.found(GENESIS, hash.as_str().map(Cluster::of_genesis))
    }

    /// The hash of the cluster's genesis, in base58.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn genesis(&self) -> Result<String> {
        let hash = self.ask(GENESIS, &json!([]))?;
        let hash = hash.as_str().and_then(|hash| hash.parse::<Hash>().ok());
        self.found(GENESIS, hash.map(|hash| hash.to_string()))
    }

    /// Whether the server is on this machine.
    pub fn is_here(&self) -> bool {
        self.transport.is_here()
    }

    /// The account at an address, if there is one.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn account(&self, address: &Address) -> Result<Option<Account>> {
        const METHOD: &str = "getAccountInfo";
        let answer = self.ask(METHOD, &json!([address.to_string(), self.account_options()]))?;
        let value = self.found(METHOD, answer.get("value"))?;
        if value.is_null() {
            return Ok(None);
        }
        self.found(METHOD, Written::deserialize(value).ok().and_then(|account| account.read())).map(Some)
    }

    /// The accounts that a filter lets through and that have this length, with their addresses.
    ///
    /// # Errors
    /// As [`Rpc::ask`]. Public servers refuse the question for programs with many accounts.
    pub fn accounts(
        &self,
        watch: &Watch,
        length: usize,
        holding: &[(usize, [u8; 32])],
    ) -> Result<Vec<(Address, Account)>> {
        const METHOD: &str = "getProgramAccounts";
        let mut filters = vec![json!({ "dataSize": length })];
        filters.extend(wire::filters(watch).as_array().into_iter().flatten().cloned());
        let more = holding.iter().map(|(offset, bytes)| compare(*offset, bytes));
        filters.extend(more);
        let mut options = self.account_options();
        if let Some(options) = options.as_object_mut() {
            options.insert("filters".into(), filters.into());
        }
        let all: Vec<Listed> =
            self.transport.ask_long(METHOD, &json!([watch.program.to_string(), options]))?;
        let read = |item: &Listed| Some((item.pubkey.parse().ok()?, item.account.read()?));
        self.found(METHOD, all.iter().map(read).collect())
    }

    /// The programs' clock, Unix seconds.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn unix_time(&self) -> Result<i64> {
        let clock = self.account(&CLOCK)?;
        let time = clock.and_then(|clock| clock.data.get(UNIX_TIME)?.try_into().ok().map(i64::from_le_bytes));
        self.found("getAccountInfo", time)
    }

    /// Lamports of an account; 0 where there is none.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn balance(&self, address: &Address) -> Result<u64> {
        const METHOD: &str = "getBalance";
        let answer = self.ask(METHOD, &json!([address.to_string(), self.options()]))?;
        self.found(METHOD, answer.get("value").and_then(Value::as_u64))
    }

    /// Lamports that an account of this length must hold.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn rent(&self, length: usize) -> Result<u64> {
        const METHOD: &str = "getMinimumBalanceForRentExemption";
        let answer = self.ask(METHOD, &json!([length, self.options()]))?;
        self.found(METHOD, answer.as_u64())
    }

    /// The latest blockhash.
    ///
    /// # Errors
    /// As [`Rpc::ask`]; [`Error::Answer`] where it would outlive every blockhash: whoever waits for its end would wait for ever.
    pub fn blockhash(&self) -> Result<Blockhash> {
        const METHOD: &str = "getLatestBlockhash";
        let answer = self.ask(METHOD, &json!([self.options()]))?;
        let read = || {
            let value = answer.get("value")?;
            let hash = value.get("blockhash")?.as_str()?.parse().ok()?;
            Some(Blockhash { hash, last_height: value.get("lastValidBlockHeight")?.as_u64()? })
        };
        let blockhash: Blockhash = self.found(METHOD, read())?;
        match blockhash.last_height > self.height()?.saturating_add(LONGEST_LIFE) {
            true => Err(self.answer(METHOD, "a lastValidBlockHeight that is no such height")),
            false => Ok(blockhash),
        }
    }

    /// Blocks so far, of those that were never rolled back: what [`Blockhash::last_height`] is compared with.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn height(&self) -> Result<u64> {
        const METHOD: &str = "getBlockHeight";
        let commitment = self.commitment.max(Commitment::Confirmed);
        let answer = self.ask(METHOD, &json!([{ "commitment": commitment.as_str() }]))?;
        self.found(METHOD, answer.as_u64())
    }

    /// Micro-lamports a compute unit that transactions paid of late which wrote to these accounts, a number for each slot.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn recent_prices(&self, writable: &[Address]) -> Result<Vec<u64>> {
        const METHOD: &str = "getRecentPrioritizationFees";
        let addresses: Vec<String> = writable.iter().map(Address::to_string).collect();
        let answer = self.ask(METHOD, &json!([addresses]))?;
        let read = |slot: &Value| slot.get("prioritizationFee").and_then(Value::as_u64);
        self.found(METHOD, answer.as_array().and_then(|slots| slots.iter().map(read).collect()))
    }

    /// What a transaction would do now, whether it is signed or not, and whatever its blockhash.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn simulate(&self, wire: &[u8]) -> Result<Execution> {
        const METHOD: &str = "simulateTransaction";
        let options = json!({
            "commitment": self.commitment.as_str(),
            "encoding": "base64",
            "sigVerify": false,
            "replaceRecentBlockhash": true,
        });
        let answer = self.ask(METHOD, &json!([BASE64.encode(wire), options]))?;
        let value = self.found(METHOD, answer.get("value"))?;
        let read = |returned: &Value| {
            let program = returned.get("programId")?.as_str()?.parse().ok()?;
            Some((program, BASE64.decode(returned.pointer("/data/0")?.as_str()?).ok()?))
        };
        let returned = value.get("returnData").filter(|returned| !returned.is_null());
        let returned = returned.map(|returned| self.found(METHOD, read(returned))).transpose()?;
        Ok(Execution {
            error: value.get("err").filter(|error| !error.is_null()).cloned(),
            logs: strings(value.get("logs")),
            compute_units: value.get("unitsConsumed").and_then(Value::as_u64).unwrap_or_default(),
            returned,
            paid: Self::paid(value),
        })
    }

    fn paid(value: &Value) -> Option<u64> {
        let first = |side: &str| value.pointer(side).and_then(Value::as_u64);
        Some(first("/preBalances/0")?.saturating_sub(first("/postBalances/0")?))
    }

    /// Hands a signed transaction in, once. The server does not execute it for a trial: that is [`Rpc::simulate`].
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn send(&self, wire: &[u8]) -> Result<()> {
        let options = json!({
            "encoding": "base64",
            "skipPreflight": true,
            "maxRetries": 0, // it is sent again from here
        });
        self.transport.ask_once("sendTransaction", &json!([BASE64.encode(wire), options])).map(drop)
    }

    /// Hands a signed transaction in as a bundle of its own, once: nobody else sees it before it is executed, and it is executed only where it
    /// goes through and pays its tip.
    ///
    /// # Errors
    /// As [`Rpc::ask`]; nobody takes bundles.
    pub fn send_bundle(&self, wire: &[u8]) -> Result<()> {
        let bundles = self.bundles.as_ref().ok_or_else(|| Error::Build("nobody takes bundles".into()))?;
        let parameters = json!([[BASE64.encode(wire)], { "encoding": "base64" }]);
        bundles.ask_once("sendBundle", &parameters).map(drop).inspect_err(|error| {
            let mut unbundled = self.unbundled.lock().unwrap_or_else(PoisonError::into_inner);
            *unbundled = Some(error.to_string());
        })
    }

    /// Why a bundle was not taken, if one was not since this was asked last.
    pub fn unbundled(&self) -> Option<String> {
        self.unbundled.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Bytes as servers take them.
pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_the_cluster_and_never_a_key() {
        let link = |url, cluster| Rpc::new(url, Commitment::Confirmed).explorer(cluster, "sig");
        assert_eq!(
            link("https://x.example/key", Cluster::Mainnet).unwrap(),
            "https://explorer.solana.com/tx/sig"
        );
        assert!(link("https://x.example/key", Cluster::Devnet).unwrap().ends_with("/sig?cluster=devnet"));
        let local = link("http://127.0.0.1:8899/", Cluster::Other).unwrap();
        assert!(local.ends_with("?cluster=custom&customUrl=http%3A%2F%2F127.0.0.1%3A8899"), "{local}");
        for url in ["http://127.0.0.1:8899/key", "https://x.example", "http://localhost.example:8899"] {
            assert_eq!(link(url, Cluster::Other), None, "{url}");
        }
    }
}
