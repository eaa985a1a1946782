//! What is known of transactions that were handed in.

use serde_json::{Value, json};

use super::{Rpc, Status};
use crate::error::{Error, Result};

/// What a server says that keeps the latest blocks only.
const NO_HISTORY: i64 = -32011;
/// Signatures of one question, as servers limit it.
const AT_ONCE: usize = 256;
const METHOD: &str = "getSignatureStatuses";

impl Rpc {
    /// Whether the server looks beyond the latest blocks when it is asked for a transaction.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn keeps_history(&self, signature: &str) -> Result<bool> {
        let options = json!({ "searchTransactionHistory": true });
        match self.ask(METHOD, &json!([[signature], options])) {
            Ok(_) => Ok(true),
            Err(Error::Rpc { code: NO_HISTORY, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is known of a transaction; `None` where nothing is. `everywhere` asks beyond the latest blocks, of servers that keep more.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn status(&self, signature: &str, everywhere: bool) -> Result<Option<Status>> {
        match self.asked(&[signature], everywhere) {
            Err(Error::Rpc { code: NO_HISTORY, .. }) if everywhere => self.status(signature, false),
            statuses => Ok(statuses?.pop().flatten()),
        }
    }

    /// What is known of some transactions of the latest blocks, in their order. One question for each 256.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn statuses(&self, signatures: &[&str]) -> Result<Vec<Option<Status>>> {
        let mut all = Vec::with_capacity(signatures.len());
        for part in signatures.chunks(AT_ONCE) {
            all.extend(self.asked(part, false)?);
        }
        Ok(all)
    }

    fn asked(&self, signatures: &[&str], everywhere: bool) -> Result<Vec<Option<Status>>> {
        let options = json!({ "searchTransactionHistory": everywhere });
        let answer = self.ask(METHOD, &json!([signatures, options]))?;
        let read = |status: &Value| {
            if status.is_null() {
                return Some(None);
            }
            let level = status.get("confirmationStatus").and_then(Value::as_str);
            Some(Some(Status {
                slot: status.get("slot")?.as_u64()?,
                error: status.get("err").filter(|error| !error.is_null()).cloned(),
                commitment: level.unwrap_or("processed").parse().ok()?,
            }))
        };
        let list = answer.get("value").and_then(Value::as_array);
        let statuses: Option<Vec<_>> = list.and_then(|list| list.iter().map(read).collect());
        self.found(METHOD, statuses.filter(|statuses| statuses.len() == signatures.len()))
    }
}
