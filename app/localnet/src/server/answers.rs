//! The methods, each with its answer.

use assay_host::{Holds, Watch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_account::Account;
use solana_address::Address;

use super::state::State;
use super::transaction;

/// Blocks that a blockhash lives.
const LIFE: u64 = 150;
/// Slots of which statuses are kept by whoever forgets.
const KEPT: u64 = 300;
/// What programs see as the clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Bytes of the clock before the Unix time.
const BEFORE_TIME: usize = 32;
/// The hash of a genesis that no cluster has.
const GENESIS: &str = "11111111111111111111111111111111";

impl State {
    /// The answer to a question, or the error.
    pub(super) fn answer(&mut self, method: &str, parameters: &Value) -> Result<Value, Value> {
        if self.refuses.is_some_and(|refuses| refuses(method, parameters)) {
            return Err(wrong(-32010, "this is not answered here"));
        }
        if let Some(lie) = self.lies.and_then(|lies| lies(method, parameters)) {
            return Ok(lie);
        }
        match method {
            "getSignatureStatuses" => self.statuses(parameters),
            "sendTransaction" => self.take(parameters),
            _ => self.read(method, parameters).unwrap_or_else(|| Err(wrong(-32602, "Invalid params"))),
        }
    }

    /// `None` where the parameters have not the method's form.
    fn read(&mut self, method: &str, parameters: &Value) -> Option<Result<Value, Value>> {
        let first = parameters.get(0);
        let value = match method {
            "getGenesisHash" => return Some(Ok(json!(GENESIS))),
            "getBlockHeight" | "getSlot" => return Some(Ok(json!(self.slot))),
            "getBalance" => json!(self.found(&address(first?)?).map_or(0, |found| found.lamports)),
            "getRecentPrioritizationFees" => return Some(Ok(json!([]))),
            "getMinimumBalanceForRentExemption" => {
                let length = usize::try_from(first?.as_u64()?).ok()?;
                return Some(Ok(json!(self.net.svm.minimum_balance_for_rent_exemption(length))));
            }
            "getTransaction" => {
                return Some(Ok(self.records.get(first?.as_str()?).cloned().unwrap_or_default()));
            }
            "getSignaturesForAddress" => return self.naming(parameters).map(Ok),
            "getLatestBlockhash" => {
                json!({ "blockhash": self.blockhash().to_string(), "lastValidBlockHeight": self.slot + LIFE })
            }
            "getAccountInfo" => self.written(&address(first?)?),
            "getMultipleAccounts" => {
                let all = first?.as_array()?.iter().map(|name| Some(self.written(&address(name)?)));
                Value::Array(all.collect::<Option<_>>()?)
            }
            "getProgramAccounts" => {
                let watch = watch(parameters)?;
                let item = |(address, account): (Address, Account)| json!({ "pubkey": address.to_string(), "account": written(&account) });
                Value::Array(self.net.listed(&watch).into_iter().map(item).collect())
            }
            "simulateTransaction" => {
                self.pass_slots();
                transaction::simulate(&mut self.net, &transaction::read(first?)?)
            }
            other => return Some(Err(wrong(-32601, &format!("nobody asks for {other}")))),
        };
        Some(Ok(json!({ "context": { "slot": self.slot }, "value": value })))
    }

    /// Lets programs see the slots that have passed. The loader of programs does nothing about one twice in a slot.
    fn pass_slots(&mut self) {
        let passed = self.slot.saturating_sub(self.seen);
        if passed > 0 {
            self.net.pass_slots(passed);
            self.seen = self.slot;
        }
    }

    /// Another one in each slot: what is signed anew has another signature. It says of which slot it is.
    fn blockhash(&self) -> Address {
        let mut hash = [7; 32];
        hash.iter_mut().zip(self.slot.to_le_bytes()).for_each(|(to, from)| *to = from);
        Address::new_from_array(hash)
    }

    fn written(&self, address: &Address) -> Value {
        self.found(address).as_ref().map_or(Value::Null, written)
    }

    /// An account as servers show it.
    pub(super) fn found(&self, address: &Address) -> Option<Account> {
        if *address == CLOCK {
            let data = [&[0; BEFORE_TIME][..], &self.net.now().to_le_bytes()].concat();
            return Some(Account { lamports: 1, data, owner: CLOCK, ..Account::default() });
        }
        self.net.account(address)
    }

    /// The transactions that named an address, the newest first: those before one, and after another.
    fn naming(&self, parameters: &Value) -> Option<Value> {
        let address = address(parameters.get(0)?)?;
        let option = |name: &str| parameters.get(1)?.get(name)?.as_str();
        let limit = parameters.pointer("/1/limit").and_then(Value::as_u64).unwrap_or(1_000);
        let newest_first = self.named.iter().rev();
        let found: Vec<Value> = newest_first
            .skip_while(|(signature, _)| option("before").is_some_and(|before| before != signature))
            .skip(usize::from(option("before").is_some()))
            .take_while(|(signature, _)| option("until") != Some(signature))
            .filter(|(_, keys)| keys.contains(&address))
            .filter_map(|(signature, _)| {
                let (slot, error) = self.landed.get(signature)?;
                Some(json!({ "signature": signature, "slot": slot, "err": error, "memo": null }))
            })
            .take(usize::try_from(limit).ok()?)
            .collect();
        Some(found.into())
    }

    fn statuses(&self, parameters: &Value) -> Result<Value, Value> {
        let everywhere = parameters.pointer("/1/searchTransactionHistory").and_then(Value::as_bool);
        if self.forgets && everywhere == Some(true) {
            return Err(wrong(-32011, "Transaction history is not available from this node"));
        }
        let status = |signature: &Value| {
            let (slot, error) = self.landed.get(signature.as_str()?)?;
            let is_told = !self.hides_statuses && (!self.forgets || slot + KEPT > self.slot);
            is_told.then(|| json!({ "slot": slot, "err": error, "confirmationStatus": "confirmed" }))
        };
        let asked = parameters.get(0).and_then(Value::as_array).into_iter().flatten();
        let value: Vec<Option<Value>> = asked.map(status).collect();
        Ok(json!({ "context": { "slot": self.slot }, "value": value }))
    }

    /// A transaction that is handed in: it is executed, unless it was, or its blockhash is too old.
    fn take(&mut self, parameters: &Value) -> Result<Value, Value> {
        let read = parameters.get(0).and_then(transaction::read);
        let transaction = read.ok_or_else(|| wrong(-32602, "failed to deserialize the transaction"))?;
        let signature = transaction.signatures.first().map(ToString::to_string).unwrap_or_default();
        if self.sent.iter().all(|(sent, _)| *sent != signature) {
            let instructions = transaction.message.instructions().iter();
            let names = instructions.filter_map(|one| one.data.first_chunk().copied());
            self.sent.push((signature.clone(), names.collect()));
        }
        if self.loses_sends || self.landed.contains_key(&signature) {
            return Ok(json!(signature));
        }
        let blockhash = transaction.message.recent_blockhash().to_bytes();
        let slot = blockhash.first_chunk().copied().map_or(0, u64::from_le_bytes);
        if slot > self.slot || slot.saturating_add(LIFE) < self.slot {
            return Err(refused("Blockhash not found", &json!("BlockhashNotFound"), &json!([])));
        }
        self.pass_slots();
        let is_tried = parameters.pointer("/1/skipPreflight").and_then(Value::as_bool) != Some(true);
        if is_tried {
            let trial = transaction::simulate(&mut self.net, &transaction);
            let part = |name| trial.get(name).unwrap_or(&Value::Null);
            if !part("err").is_null() {
                return Err(refused("Error processing instruction", part("err"), part("logs")));
            }
        }
        if let Some(before) = self.before_send.take() {
            before(&mut self.net);
        }
        self.named.push((signature.clone(), transaction.message.static_account_keys().to_vec()));
        let (outcome, mut record) = transaction::execute(&mut self.net, transaction);
        if let Some(record) = record.as_object_mut() {
            record.insert("slot".into(), self.slot.into());
            record.insert("blockTime".into(), self.net.now().into());
        }
        self.landed.insert(signature.clone(), (self.slot, transaction::error(&outcome)));
        self.records.insert(signature.clone(), record);
        self.outcomes.push(outcome);
        Ok(json!(signature))
    }
}

/// What a server says of a transaction that it did not execute, having tried.
fn refused(message: &str, error: &Value, logs: &Value) -> Value {
    let message = format!("Transaction simulation failed: {message}");
    json!({ "code": -32002, "message": message, "data": { "err": error, "logs": logs } })
}

fn wrong(code: i64, message: &str) -> Value {
    json!({ "code": code, "message": message })
}

/// An address in base58.
pub(super) fn address(value: &Value) -> Option<Address> {
    value.as_str()?.parse().ok()
}

/// An account as servers write it.
pub(super) fn written(account: &Account) -> Value {
    json!({
        "owner": account.owner.to_string(),
        "lamports": account.lamports,
        "data": [BASE64.encode(&account.data), "base64"],
        "executable": account.executable,
        "space": account.data.len(),
    })
}

/// The filter of `[program, options]`: the first bytes, and what is held somewhere.
pub(super) fn watch(parameters: &Value) -> Option<Watch> {
    let filters = parameters.pointer("/1/filters")?.as_array()?.iter().map(|filter| {
        let bytes = BASE64.decode(filter.pointer("/memcmp/bytes")?.as_str()?).ok()?;
        Some((usize::try_from(filter.pointer("/memcmp/offset")?.as_u64()?).ok()?, bytes))
    });
    let filters = filters.collect::<Option<Vec<(usize, Vec<u8>)>>>()?;
    let holds = filters.get(1).map(|(offset, bytes)| {
        let bytes = bytes.as_slice().try_into().ok()?;
        Some(Holds { offset: *offset, bytes })
    });
    let (_, discriminator) = filters.first().filter(|(offset, _)| *offset == 0)?;
    Some(Watch {
        program: address(parameters.get(0)?)?,
        discriminator: discriminator.as_slice().try_into().ok()?,
        holds: match holds {
            Some(holds) => Some(holds?),
            None => None,
        },
    })
}
