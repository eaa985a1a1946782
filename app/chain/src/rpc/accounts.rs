//! Accounts with the slot at which they were read, for whoever keeps a copy of them.

use std::sync::PoisonError;

use assay_host::{Account, Watch};
use serde_json::{Value, json};
use solana_address::Address;

use super::wire::{At, InContext, Listed, Spent, Written, filters, held};
use super::{CLOCK, Commitment, Rpc, UNIX_TIME};
use crate::error::{Error, Result};

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

    /// The accounts that a filter lets through, with their addresses. A list that is too long for one answer is asked for by its addresses,
    /// from then on at once; then the accounts are as of several slots, the first of which it names.
    ///
    /// # Errors
    /// As [`Rpc::ask`]. Public servers refuse the question for programs with many accounts. [`Error::LongAnswer`] where even the addresses
    /// are too long: some 290,000 of them.
    pub fn listed_at(&self, watch: &Watch) -> Result<At<Vec<(Address, Account)>>> {
        let long = || self.long.lock().unwrap_or_else(PoisonError::into_inner);
        let is_long = long().contains(watch);
        let mut listed = match is_long {
            true => self.listed_in_parts(watch)?,
            false => match self.listed_whole(watch, &Value::Null) {
                Err(Error::LongAnswer { .. }) => {
                    let listed = self.listed_in_parts(watch)?;
                    long().push(*watch);
                    listed
                }
                whole => whole?,
            },
        };
        // What a server lists besides was not asked for.
        listed.value.retain(|(_, account)| watch.admits(account));
        Ok(listed)
    }

    /// The list in one answer: of each account the bytes that `slice` names, or all.
    fn listed_whole(&self, watch: &Watch, slice: &Value) -> Result<At<Vec<(Address, Account)>>> {
        const METHOD: &str = "getProgramAccounts";
        let mut options = self.account_options();
        if let Some(options) = options.as_object_mut() {
            options.insert("filters".into(), filters(watch));
            options.insert("withContext".into(), true.into());
            if !slice.is_null() {
                options.insert("dataSlice".into(), slice.clone());
            }
        }
        let found: InContext<Vec<Listed>> =
            self.transport.ask_long(METHOD, &json!([watch.program.to_string(), options]))?;
        let read = |item: &Listed| Some((item.pubkey.parse().ok()?, item.account.read()?));
        let value: Option<Vec<(Address, Account)>> = found.value.iter().map(read).collect();
        Ok(At { slot: found.context.slot, value: self.found(METHOD, value)? })
    }

    /// The list's addresses, and then its accounts, by the hundred. What was made or closed meanwhile is told of later than the slot.
    fn listed_in_parts(&self, watch: &Watch) -> Result<At<Vec<(Address, Account)>>> {
        let named = self.listed_whole(watch, &json!({ "offset": 0, "length": 0 }))?;
        let addresses: Vec<Address> = named.value.into_iter().map(|(address, _)| address).collect();
        let (mut slot, mut value) = (named.slot, Vec::with_capacity(addresses.len()));
        for (address, read) in addresses.iter().zip(self.accounts_at(&addresses)?) {
            slot = slot.min(read.slot);
            value.extend(read.value.map(|account| (*address, account)));
        }
        Ok(At { slot, value })
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
        let Some(found): Option<Value> = self.transport.ask_nullable(METHOD, &json!([signature, options]))?
        else {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{rpc::base64, testing};

    const PROGRAM: Address = Address::new_from_array([1; 32]);
    const WATCH: Watch = Watch { program: PROGRAM, discriminator: [7; 8], holds: None };

    fn at(number: u16) -> Address {
        let mut bytes = [9; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        Address::new_from_array(bytes)
    }

    /// Questions that were asked, and whether each was for addresses alone.
    type Asked = Arc<Mutex<Vec<(String, bool)>>>;

    /// A server with so many accounts of the list, one of which is closed once the list was told, and which knows each question's slot; what it
    /// is asked, by method, and whether by a slice.
    fn server(count: u16) -> (String, Asked) {
        let asked = Asked::default();
        let noted = Arc::clone(&asked);
        let account = |length: usize| json!({ "owner": PROGRAM.to_string(), "lamports": 1, "data": [base64(&[7; 300][..length]), "base64"] });
        let names: BTreeMap<String, Address> =
            (0..count).map(|number| (at(number).to_string(), at(number))).collect();
        let url = testing::server(move |method, params| {
            let slice = params[1]["dataSlice"]["length"].as_u64();
            let value: Vec<Value> = match method {
                "getProgramAccounts" => {
                    let length = slice.map_or(300, |length| usize::try_from(length).unwrap());
                    let item = |name: &String| json!({ "pubkey": name, "account": account(length) });
                    names.keys().map(item).collect()
                }
                "getMultipleAccounts" => {
                    let addresses = params[0].as_array().unwrap();
                    assert!(addresses.len() <= 100);
                    let found = |name: &Value| match names[name.as_str().unwrap()] == at(1) {
                        true => Value::Null,
                        false => account(300),
                    };
                    addresses.iter().map(found).collect()
                }
                other => panic!("{other}"),
            };
            let slot = 50 + noted.lock().unwrap().len();
            noted.lock().unwrap().push((method.to_owned(), slice.is_some()));
            json!({ "result": { "context": { "slot": slot }, "value": value } })
        });
        (url, asked)
    }

    /// 250 accounts do not fit, their addresses do, and a hundred of them do.
    #[test]
    fn a_list_that_is_too_long_comes_in_parts() {
        let (url, asked) = server(250);
        let mut rpc = Rpc::new(&url, Commitment::Confirmed);
        rpc.transport.longest = 64 << 10;
        let At { slot, value } = rpc.listed_at(&WATCH).unwrap();
        assert_eq!((slot, value.len()), (51, 249), "the slot of the addresses, and what is left");
        assert!(value.iter().all(|(address, account)| *address != at(1) && account.data == [7; 300]));
        let part = ("getMultipleAccounts".to_owned(), false);
        let list = |is_sliced| ("getProgramAccounts".to_owned(), is_sliced);
        let expected = [list(false), list(true), part.clone(), part.clone(), part];
        assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), expected);
        rpc.listed_at(&WATCH).unwrap();
        assert_eq!(*asked.lock().unwrap(), expected[1..], "it is known to be long");
    }

    #[test]
    fn addresses_that_are_too_many_are_an_error() {
        let (url, _) = server(250);
        let mut rpc = Rpc::new(&url, Commitment::Confirmed);
        rpc.transport.longest = 8 << 10;
        let error = rpc.listed_at(&WATCH).unwrap_err();
        assert!(matches!(error, Error::LongAnswer { most: 8_192, .. }), "{error}");
    }

    #[test]
    fn a_list_that_fits_is_asked_for_once() {
        let (url, asked) = server(3);
        let At { slot, value } = Rpc::new(&url, Commitment::Confirmed).listed_at(&WATCH).unwrap();
        assert_eq!((slot, value.len(), asked.lock().unwrap().len()), (50, 3, 1));
    }
}
