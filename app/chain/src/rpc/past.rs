//! What transactions of the past did: which there were that named an address, and each with its instructions and logs.
//!
//! Whoever names an address in a transaction of his own gets into these answers, with memos, logs and instructions as long as he likes: so they are
//! read into what is wanted of them and nothing else, and instructions of other programs are not decoded.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use solana_address::Address;
use solana_transaction::versioned::VersionedTransaction;

use super::Rpc;
use crate::error::Result;

/// Signatures of one question, as servers limit it.
const AT_ONCE: usize = 1_000;
/// Bytes of a signature.
const SIGNATURE: usize = 64;
/// Most characters of an instruction that a program called, in base58, which takes the square of its length to decode: 4,096 bytes have 5,600.
const MOST_DATA: usize = 6_000;

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
    /// Its data; empty where it is longer than any that programs of this project take.
    pub data: Vec<u8>,
}

/// A transaction of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The slot of its block.
    pub slot: u64,
    /// The clock of that slot as programs saw it, Unix seconds; `None` where the server does not say.
    pub time: Option<i64>,
    /// The instructions of the programs that were asked for, and those of them that other programs called, in the order of their execution.
    pub instructions: Vec<Executed>,
    /// What programs logged; of a transaction that logs more than 10,000 bytes, a part.
    pub logs: Vec<String>,
}

#[derive(Deserialize)]
struct Listed {
    signature: String,
    err: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    slot: u64,
    block_time: Option<i64>,
    transaction: (String, IgnoredAny),
    meta: Meta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    log_messages: Option<Vec<String>>,
    inner_instructions: Option<Vec<Group>>,
    loaded_addresses: Option<Loaded>,
}

#[derive(Default, Deserialize)]
struct Loaded {
    writable: Vec<String>,
    readonly: Vec<String>,
}

#[derive(Deserialize)]
struct Group {
    index: usize,
    instructions: Vec<Called>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Called {
    program_id_index: usize,
    accounts: Vec<usize>,
    data: String,
}

impl Rpc {
    /// The transactions that named `address`, the oldest first: those after the one with the signature `after`, or all.
    ///
    /// # Errors
    /// As [`Rpc::ask`]; a server that tells of one transaction twice. Public servers keep some days; one that forgot the beginning does not say so.
    pub fn naming(&self, address: &Address, after: Option<&str>) -> Result<Vec<Named>> {
        const METHOD: &str = "getSignaturesForAddress";
        let (mut all, mut seen): (Vec<Named>, HashSet<String>) = Default::default();
        loop {
            let mut options = json!({ "limit": AT_ONCE, "commitment": self.commitment.as_str() });
            if let Some(options) = options.as_object_mut() {
                let before = all.last().map(|named| named.signature.as_str());
                options.extend(before.map(|before| ("before".to_owned(), before.into())));
                options.extend(after.map(|after| ("until".to_owned(), after.into())));
            }
            let page: Vec<Listed> =
                self.transport.ask_long(METHOD, &json!([address.to_string(), options]))?;
            if page.is_empty() {
                all.reverse();
                return Ok(all);
            }
            for Listed { signature, err } in page {
                let is_one = bs58::decode(&signature).into_vec().is_ok_and(|bytes| bytes.len() == SIGNATURE);
                self.found(METHOD, (is_one && seen.insert(signature.clone())).then_some(()))?;
                all.push(Named { signature, failed: err.is_some() });
            }
        }
    }

    /// What the transaction with this signature did, as far as `programs` are concerned; `None` where the server keeps it no more.
    ///
    /// # Errors
    /// As [`Rpc::ask`]; it shows another transaction.
    pub fn past(&self, signature: &str, programs: &[Address]) -> Result<Option<Past>> {
        const METHOD: &str = "getTransaction";
        let options = json!({
            "commitment": self.commitment.as_str(),
            "encoding": "base64",
            "maxSupportedTransactionVersion": 1,
        });
        match self.transport.ask_nullable(METHOD, &json!([signature, options]))? {
            None => Ok(None),
            Some(found) => self.found(METHOD, read(found, signature, programs)).map(Some),
        }
    }
}

/// `None` where the answer is of another transaction, or not of Solana's form.
fn read(found: Found, signature: &str, programs: &[Address]) -> Option<Past> {
    let Meta { log_messages, inner_instructions, loaded_addresses } = found.meta;
    let wire = BASE64.decode(&found.transaction.0).ok()?;
    let transaction: VersionedTransaction = wincode::deserialize(&wire).ok()?;
    if transaction.signatures.first()?.to_string() != signature {
        return None;
    }
    let mut keys = transaction.message.static_account_keys().to_vec();
    let Loaded { writable, readonly } = loaded_addresses.unwrap_or_default();
    for key in writable.iter().chain(&readonly) {
        keys.push(key.parse().ok()?);
    }
    let key = |index: usize| keys.get(index).copied();
    let groups = inner_instructions.unwrap_or_default();
    let mut instructions = Vec::new();
    for (position, outer) in transaction.message.instructions().iter().enumerate() {
        let program = key(outer.program_id_index.into())?;
        if programs.contains(&program) {
            let accounts = outer.accounts.iter().map(|index| key((*index).into())).collect::<Option<_>>()?;
            instructions.push(Executed { program, accounts, data: outer.data.clone() });
        }
        for called in
            groups.iter().filter(|group| group.index == position).flat_map(|group| &group.instructions)
        {
            let program = key(called.program_id_index)?;
            if programs.contains(&program) {
                let data = Some(&called.data).filter(|data| data.len() <= MOST_DATA);
                instructions.push(Executed {
                    program,
                    accounts: called.accounts.iter().map(|index| key(*index)).collect::<Option<_>>()?,
                    data: data.map_or(Some(Vec::new()), |data| bs58::decode(data).into_vec().ok())?,
                });
            }
        }
    }
    let logs = log_messages.unwrap_or_default();
    Some(Past { slot: found.slot, time: found.block_time, instructions, logs })
}
