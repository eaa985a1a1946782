//! The RPC methods that are used here, each with its answer as a value.
//!
//! What a server answers is not trusted to be well formed: everything is looked up, nothing indexed, and an answer has a longest length.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use assay_host::{Account, Watch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_address::Address;

use crate::error::{Error, Result};
use crate::refusal::Refusal;
use crate::transaction::Hash;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const LONGEST: u64 = 64 << 20;
/// How often a question is asked that a busy server did not answer, and the first wait in between, which doubles.
const ATTEMPTS: u32 = 4;
const WAIT: Duration = Duration::from_millis(300);
/// What programs see as the clock, and where the Unix time stands in it.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const UNIX_TIME: std::ops::Range<usize> = 32..40;

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
    fn of_genesis(hash: &str) -> Self {
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
    /// What the last program returned.
    pub return_data: Vec<u8>,
}

/// A server.
pub struct Rpc {
    agent: ureq::Agent,
    url: String,
    host: String,
    commitment: Commitment,
}

impl Rpc {
    /// The server at `url`, which is asked for what has `commitment`. Nothing is asked yet.
    pub fn new(url: &str, commitment: Commitment) -> Self {
        let host = host(url);
        // A proxy of the environment's has no way to this machine.
        let proxy = if is_here(&host) { None } else { ureq::Proxy::try_from_env() };
        let config = ureq::Agent::config_builder();
        let config = config.timeout_global(Some(PATIENCE)).http_status_as_error(false).proxy(proxy);
        Self { agent: config.build().new_agent(), url: url.into(), host, commitment }
    }

    /// Who answers: name and port, without what else an address holds.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What answers have.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// The result of a method. A server that is busy is asked again.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Answer`], [`Error::Rpc`]; [`Error::Refused`] where the answer is why a transaction was refused.
    pub fn ask(&self, method: &'static str, parameters: &Value) -> Result<Value> {
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters }).to_string();
        let mut wait = WAIT;
        for _ in 1..ATTEMPTS {
            match self.ask_once(method, &request) {
                Err(error) if is_passing(&error) => {}
                result => return result,
            }
            std::thread::sleep(wait);
            wait *= 2;
        }
        self.ask_once(method, &request)
    }

    fn ask_once(&self, method: &'static str, request: &str) -> Result<Value> {
        let unreachable =
            |error: ureq::Error| Error::Unreachable { host: self.host.clone(), what: reason(&error) };
        let sent = self.agent.post(&self.url).header("content-type", "application/json").send(request);
        let mut response = sent.map_err(unreachable)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(unreachable)?;
        let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else {
            if status != 200 {
                let message = format!("status {status}");
                return Err(Error::Rpc { host: self.host.clone(), method, code: status.into(), message });
            }
            return Err(self.answer(method, "no JSON"));
        };
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            return Err(self.error(method, status, error));
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(self.answer(method, "neither a result nor an error")),
        }
    }

    /// A server's own error; or that of a transaction that it executed for a trial, which is data of the error.
    fn error(&self, method: &'static str, status: u16, error: &Value) -> Error {
        let data = error.get("data");
        if let Some(reason) = data.and_then(|data| data.get("err")).filter(|err| !err.is_null()) {
            let logs = strings(data.and_then(|data| data.get("logs")));
            return Error::Refused(Box::new(Refusal::read(reason, logs, &[])));
        }
        let message = match error.get("message").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None => error.to_string(),
        };
        let code = error.get("code").and_then(Value::as_i64).unwrap_or_else(|| status.into());
        Error::Rpc { host: self.host.clone(), method, code, message }
    }

    fn answer(&self, method: &'static str, what: &str) -> Error {
        Error::Answer { host: self.host.clone(), method, what: what.into() }
    }

    /// `value` of an answer, where the answer has its form.
    fn found<T>(&self, method: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.answer(method, "another form than Solana's"))
    }

    fn options(&self) -> Value {
        json!({ "commitment": self.commitment.as_str() })
    }

    fn account_options(&self) -> Value {
        json!({ "commitment": self.commitment.as_str(), "encoding": "base64" })
    }

    /// Where a person looks at a transaction; `None` for clusters that nobody but this machine knows, and whose address may hold a key.
    pub fn explorer(&self, cluster: Cluster, signature: &str) -> Option<String> {
        let local = format!("http://{}", self.host);
        let query = match cluster {
            Cluster::Mainnet => String::new(),
            Cluster::Devnet => "?cluster=devnet".into(),
            Cluster::Testnet => "?cluster=testnet".into(),
            Cluster::Other if is_here(&self.host) && self.url.trim_end_matches('/') == local => {
                format!("?cluster=custom&customUrl={}", local.replace(':', "%3A").replace('/', "%2F"))
            }
            Cluster::Other => return None,
        };
        Some(format!("https://explorer.solana.com/tx/{signature}{query}"))
    }

    /// Which cluster it is.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn cluster(&self) -> Result<Cluster> {
        const METHOD: &str = "getGenesisHash";
        let hash = self.ask(METHOD, &json!([]))?;
        self.found(METHOD, hash.as_str().map(Cluster::of_genesis))
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
        self.found(METHOD, account(value)).map(Some)
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
        let compare = |offset: usize, bytes: &[u8]| json!({ "memcmp": { "offset": offset, "bytes": BASE64.encode(bytes), "encoding": "base64" } });
        let mut filters = vec![json!({ "dataSize": length }), compare(0, &watch.discriminator)];
        filters.extend(watch.holds.iter().map(|holds| compare(holds.offset, &holds.bytes)));
        filters.extend(holding.iter().map(|(offset, bytes)| compare(*offset, bytes)));
        let mut options = self.account_options();
        if let Some(options) = options.as_object_mut() {
            options.insert("filters".into(), filters.into());
        }
        let answer = self.ask(METHOD, &json!([watch.program.to_string(), options]))?;
        let read = |item: &Value| {
            let address = item.get("pubkey")?.as_str()?.parse().ok()?;
            Some((address, account(item.get("account")?)?))
        };
        let all = answer.as_array().and_then(|items| items.iter().map(read).collect());
        self.found(METHOD, all)
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
    /// As [`Rpc::ask`].
    pub fn blockhash(&self) -> Result<Blockhash> {
        const METHOD: &str = "getLatestBlockhash";
        let answer = self.ask(METHOD, &json!([self.options()]))?;
        let read = || {
            let value = answer.get("value")?;
            let hash = value.get("blockhash")?.as_str()?.parse().ok()?;
            Some(Blockhash { hash, last_height: value.get("lastValidBlockHeight")?.as_u64()? })
        };
        self.found(METHOD, read())
    }

    /// Blocks so far: what [`Blockhash::last_height`] is compared with.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn height(&self) -> Result<u64> {
        const METHOD: &str = "getBlockHeight";
        let answer = self.ask(METHOD, &json!([self.options()]))?;
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
        let returned = value.pointer("/returnData/data/0").and_then(Value::as_str).unwrap_or_default();
        Ok(Execution {
            error: value.get("err").filter(|error| !error.is_null()).cloned(),
            logs: strings(value.get("logs")),
            compute_units: value.get("unitsConsumed").and_then(Value::as_u64).unwrap_or_default(),
            return_data: BASE64.decode(returned).unwrap_or_default(),
        })
    }

    /// Hands a signed transaction in. With `checked` the server executes it for a trial first.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn send(&self, wire: &[u8], checked: bool) -> Result<()> {
        let options = json!({
            "encoding": "base64",
            "preflightCommitment": self.commitment.as_str(),
            "skipPreflight": !checked,
            "maxRetries": 0, // it is sent again from here
        });
        self.ask("sendTransaction", &json!([BASE64.encode(wire), options])).map(drop)
    }

    /// What is known of a transaction; `None` where nothing is. `everywhere` asks beyond the latest blocks.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn status(&self, signature: &str, everywhere: bool) -> Result<Option<Status>> {
        const METHOD: &str = "getSignatureStatuses";
        let options = json!({ "searchTransactionHistory": everywhere });
        let answer = self.ask(METHOD, &json!([[signature], options]))?;
        let status = self.found(METHOD, answer.pointer("/value/0"))?;
        if status.is_null() {
            return Ok(None);
        }
        let read = || {
            let level = status.get("confirmationStatus").and_then(Value::as_str);
            Some(Status {
                slot: status.get("slot")?.as_u64()?,
                error: status.get("err").filter(|error| !error.is_null()).cloned(),
                commitment: level.unwrap_or("processed").parse().ok()?,
            })
        };
        self.found(METHOD, read()).map(Some)
    }
}

/// Bytes as servers take them.
pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Name and port of an address. A path or a query may be somebody's key, and a name before an `@` is.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority).to_owned()
}

/// Whether it is this machine.
fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

/// What happened to a request, without the address that it was sent to.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) => "the address is malformed".into(),
        other => other.to_string(),
    }
}

/// Whether a server asks for patience.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Rpc { code, .. } => matches!(code, 429 | 502 | 503 | 504 | -32005),
        _ => false,
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// An account in base64, as the server writes it.
fn account(value: &Value) -> Option<Account> {
    let data = value.pointer("/data/0")?.as_str()?;
    Some(Account { owner: value.get("owner")?.as_str()?.parse().ok()?, data: BASE64.decode(data).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_key() {
        for (url, shown) in [
            ("http://127.0.0.1:8899", "127.0.0.1:8899"),
            ("https://x.example/secret?api-key=1", "x.example"),
            ("https://x.example?api-key=1", "x.example"),
            ("https://me:secret@x.example:1/", "x.example:1"),
        ] {
            assert_eq!(host(url), shown);
        }
    }

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
