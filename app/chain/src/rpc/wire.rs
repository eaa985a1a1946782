//! What goes over the wire about accounts, and what it is here.

use assay_host::{Account, Watch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use solana_address::Address;

/// What was read, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The slot at which the server read it.
    pub slot: u64,
    /// What it read.
    pub value: T,
}

#[derive(Deserialize)]
pub(super) struct InContext<T> {
    pub(super) context: Context,
    pub(super) value: T,
}

#[derive(Deserialize)]
pub(super) struct Context {
    pub(super) slot: u64,
}

/// What a transaction did to a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Lamports that the payer has less, fees and rent included; 0 where it has more.
    pub lamports: u64,
    /// Base units that the wallet's accounts of a mint have less; 0 where they have more.
    pub tokens: u64,
}

/// An account with its address, in a list of them.
#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) pubkey: String,
    pub(super) account: Written,
}

/// An account in base64, as the server writes it.
#[derive(Deserialize)]
pub(super) struct Written {
    owner: String,
    data: (String, IgnoredAny),
}

impl Written {
    pub(super) fn read(&self) -> Option<Account> {
        Some(Account { owner: self.owner.parse().ok()?, data: BASE64.decode(&self.data.0).ok()? })
    }
}

/// What servers filter accounts by: the kind, and what accounts hold at a place.
pub fn filters(watch: &Watch) -> Value {
    let mut filters = vec![compare(0, &watch.discriminator)];
    filters.extend(watch.holds.iter().map(|holds| compare(holds.offset, &holds.bytes)));
    filters.into()
}

pub(super) fn compare(offset: usize, bytes: &[u8]) -> Value {
    json!({ "memcmp": { "offset": offset, "bytes": BASE64.encode(bytes), "encoding": "base64" } })
}

/// An account as servers write it: in a notification, or anywhere else. `None` where it is gone: nothing is left of it but its address.
pub fn written(value: &Value) -> Option<Option<Account>> {
    if value.is_null() || value.get("lamports").and_then(Value::as_u64) == Some(0) {
        return Some(None);
    }
    Written::deserialize(value).ok()?.read().map(Some)
}

pub(super) fn held(balances: &Value, wallet: &Address, mint: &Address) -> Option<u64> {
    let (wallet, mint) = (wallet.to_string(), mint.to_string());
    let is = |entry: &&Value, field: &str, address: &str| {
        entry.get(field).and_then(Value::as_str) == Some(address)
    };
    let entries = balances.as_array()?.iter();
    let own = entries.filter(|entry| is(entry, "owner", &wallet) && is(entry, "mint", &mint));
    own.map(|entry| entry.pointer("/uiTokenAmount/amount")?.as_str()?.parse::<u64>().ok()).sum()
}
