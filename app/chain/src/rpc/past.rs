//! What transactions of the past did: which there were that named an address, and each with its instructions and logs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_address::Address;
use solana_transaction::versioned::VersionedTransaction;

use super::Rpc;
use crate::error::Result;
use crate::transport::strings;

/// Signatures of one question: of the 1,000 that servers allow as many as fit the longest answer with memos.
const AT_ONCE: usize = 200;
/// Bytes of the longest signature in base58.
const LONGEST_SIGNATURE: usize = 88;

/// A transaction that named an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its signature, in base58.
    pub signature: String,
    /// Whether it failed.
    pub failed: bool,
}

/// An instruction as it was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The program.
    pub program: Address,
    /// The accounts that it was given.
    pub accounts: Vec<Address>,
    /// Its data.
    pub data: Vec<u8>,
}

/// A transaction of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The slot of its block.
    pub slot: u64,
    /// Its instructions and those that programs called, in the order of their execution.
    pub instructions: Vec<Executed>,
    /// What programs logged; a server keeps 10,000 bytes of it.
    pub logs: Vec<String>,
}

impl Rpc {
    /// The transactions that named `address`, the oldest first: those after the one with the signature `after`, or all.
    ///
    /// # Errors
    /// As [`Rpc::ask`]. Public servers keep some days; a server that forgot the beginning does not say so.
    pub fn naming(&self, address: &Address, after: Option<&str>) -> Result<Vec<Named>> {
        const METHOD: &str = "getSignaturesForAddress";
        let mut all: Vec<Named> = Vec::new();
        loop {
            let mut options = json!({ "limit": AT_ONCE, "commitment": self.commitment.as_str() });
            if let Some(options) = options.as_object_mut() {
                let before = all.last().map(|named| named.signature.as_str());
                options.extend(before.map(|before| ("before".to_owned(), before.into())));
                options.extend(after.map(|after| ("until".to_owned(), after.into())));
            }
            let answer = self.ask(METHOD, &json!([address.to_string(), options]))?;
            let read = |item: &Value| {
                let signature = item.get("signature")?.as_str().filter(|it| it.len() <= LONGEST_SIGNATURE)?;
                let failed = item.get("err").is_some_and(|error| !error.is_null());
                Some(Named { signature: signature.to_owned(), failed })
            };
            let page = answer.as_array().filter(|page| page.len() <= AT_ONCE);
            let page: Vec<Named> =
                self.found(METHOD, page.and_then(|page| page.iter().map(read).collect()))?;
            let is_last = page.len() < AT_ONCE;
            all.extend(page);
            if is_last {
                all.reverse();
                return Ok(all);
            }
        }
    }

    /// What the transaction with this signature did; `None` where the server keeps it no more.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn past(&self, signature: &str) -> Result<Option<Past>> {
        const METHOD: &str = "getTransaction";
        let options = json!({
            "commitment": self.commitment.as_str(),
            "encoding": "base64",
            "maxSupportedTransactionVersion": 1,
        });
        match self.transport.ask_nullable(METHOD, &json!([signature, options]))? {
            None | Some(Value::Null) => Ok(None),
            Some(answer) => self.found(METHOD, read(&answer)).map(Some),
        }
    }
}

/// `None` where the answer has not Solana's form.
fn read(answer: &Value) -> Option<Past> {
    let meta = answer.get("meta")?;
    let wire = BASE64.decode(answer.pointer("/transaction/0")?.as_str()?).ok()?;
    let transaction: VersionedTransaction = wincode::deserialize(&wire).ok()?;
    let mut keys = transaction.message.static_account_keys().to_vec();
    for loaded in ["/loadedAddresses/writable", "/loadedAddresses/readonly"] {
        for key in meta.pointer(loaded).and_then(Value::as_array).into_iter().flatten() {
            keys.push(key.as_str()?.parse().ok()?);
        }
    }
    let key = |index: u64| keys.get(usize::try_from(index).ok()?).copied();
    let mut called: Vec<(u64, Vec<Executed>)> = Vec::new();
    for group in meta.get("innerInstructions").and_then(Value::as_array).into_iter().flatten() {
        let inner = group.get("instructions")?.as_array()?.iter().map(|inner| {
            let accounts = inner.get("accounts")?.as_array()?.iter();
            Some(Executed {
                program: key(inner.get("programIdIndex")?.as_u64()?)?,
                accounts: accounts.map(|index| key(index.as_u64()?)).collect::<Option<_>>()?,
                data: bs58::decode(inner.get("data")?.as_str()?).into_vec().ok()?,
            })
        });
        called.push((group.get("index")?.as_u64()?, inner.collect::<Option<_>>()?));
    }
    let mut instructions = Vec::new();
    for (position, outer) in (0u64..).zip(transaction.message.instructions()) {
        instructions.push(Executed {
            program: key(outer.program_id_index.into())?,
            accounts: outer.accounts.iter().map(|index| key((*index).into())).collect::<Option<_>>()?,
            data: outer.data.clone(),
        });
        for (_, inner) in called.iter().filter(|(of, _)| *of == position) {
            instructions.extend(inner.iter().cloned());
        }
    }
    Some(Past { slot: answer.get("slot")?.as_u64()?, instructions, logs: strings(meta.get("logMessages")) })
}
