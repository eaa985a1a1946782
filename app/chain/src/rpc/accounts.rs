//! Accounts with the slot at which they were read, for whoever keeps a copy of them.

use assay_host::{Account, Watch};
use serde_json::{Value, json};
use solana_address::Address;

use super::wire::{At, InContext, Listed, Spent, Written, filters, held};
use super::{CLOCK, Commitment, Rpc, UNIX_TIME};
use crate::error::Result;

/// Addresses of one `getMultipleAccounts`, as servers limit it.
const AT_ONCE: usize = 100;

impl Rpc {
    /// The accounts at some addresses, in their order, each read at the slot of its part of the answer. One question for each hundred.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn accounts_at(&self, addresses: &[Address]) -> Result<Vec<At<Option<Account>>>> {
        const METHOD: &str = "getMultipleAccounts";
        let mut all = Vec::with_capacity(addresses.len());
        for part in addresses.chunks(AT_ONCE) {
            let names: Vec<String> = part.iter().map(Address::to_string).collect();
            let found: InContext<Vec<Option<Written>>> =
                self.transport.ask_long(METHOD, &json!([names, self.account_options()]))?;
            let slot = found.context.slot;
            let read = |written: &Option<Written>| match written {
                None => Some(At { slot, value: None }),
                Some(written) => written.read().map(|account| At { slot, value: Some(account) }),
            };
            let read: Option<Vec<_>> = found.value.iter().map(read).collect();
            all.extend(self.found(METHOD, read.filter(|read| read.len() == part.len()))?);
        }
        Ok(all)
    }

    /// The accounts that a filter lets through, with their addresses.
    ///
    /// # Errors
    /// As [`Rpc::ask`]. Public servers refuse the question for programs with many accounts.
    pub fn listed_at(&self, watch: &Watch) -> Result<At<Vec<(Address, Account)>>> {
        const METHOD: &str = "getProgramAccounts";
        let mut options = self.account_options();
        if let Some(options) = options.as_object_mut() {
            options.insert("filters".into(), filters(watch));
            options.insert("withContext".into(), true.into());
        }
        let found: InContext<Vec<Listed>> =
            self.transport.ask_long(METHOD, &json!([watch.program.to_string(), options]))?;
        let read = |item: &Listed| Some((item.pubkey.parse().ok()?, item.account.read()?));
        let value: Option<Vec<(Address, Account)>> = found.value.iter().map(read).collect();
        let mut value = self.found(METHOD, value)?;
        // What a server lists besides was not asked for.
        value.retain(|(_, account)| watch.admits(account));
        Ok(At { slot: found.context.slot, value })
    }

    /// The programs' clock, Unix seconds, and the slot at which it was read.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn clock_at(&self) -> Result<At<i64>> {
        const METHOD: &str = "getAccountInfo";
        let found: InContext<Option<Written>> =
            self.transport.ask_long(METHOD, &json!([CLOCK.to_string(), self.account_options()]))?;
        let clock = found.value.and_then(|written| written.read());
        let time = clock.and_then(|clock| clock.data.get(UNIX_TIME)?.try_into().ok().map(i64::from_le_bytes));
        Ok(At { slot: found.context.slot, value: self.found(METHOD, time)? })
    }

    /// What a transaction took out of `wallet`, which paid for it, and out of its accounts of `mint`; `None` where the server keeps
    /// no record of the transaction.
    ///
    /// # Errors
    /// As [`Rpc::ask`].
    pub fn spent(&self, signature: &str, wallet: &Address, mint: Option<&Address>) -> Result<Option<Spent>> {
        const METHOD: &str = "getTransaction";
        let options = json!({ "commitment": self.commitment.max(Commitment::Confirmed).as_str(),
            "encoding": "base64", "maxSupportedTransactionVersion": 1 });
        let Some(found) = self.transport.ask_nullable(METHOD, &json!([signature, options]))? else {
            return Ok(None);
        };
        let lamports = |side: &str| found.pointer(side).and_then(Value::as_u64);
        let read = || {
            let before = lamports("/meta/preBalances/0")?;
            let after = lamports("/meta/postBalances/0")?;
            let held = |side: &str| match mint {
                Some(mint) => held(found.pointer(side)?, wallet, mint),
                None => Some(0),
            };
            let tokens = held("/meta/preTokenBalances")?.saturating_sub(held("/meta/postTokenBalances")?);
            Some(Spent { lamports: before.saturating_sub(after), tokens })
        };
        self.found(METHOD, read()).map(Some)
    }
}
