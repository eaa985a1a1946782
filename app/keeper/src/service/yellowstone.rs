//! News from a Yellowstone gRPC server (Dragon's Mouth): accounts as a validator's plugin tells them, without the JSON and the queues of an
//! RPC server in between. Transactions, and whatever is asked, go to the RPC server as ever.
//!
//! One call tells everything. A request names all that is to be told of from then on, so each change sends all of it again, numbered: the
//! first slot that is told of by the filter of that number shows that the request holds, and what is new in it is asked for then.

mod grpc;
mod messages;

use std::collections::BTreeMap;

use assay_chain::Commitment;
use assay_chain::rpc::At;
use assay_host::{Account, Watch};
use solana_address::Address;
use tokio::sync::mpsc;
use tokio::time::interval;

use self::grpc::Call;
use self::messages::{
    AccountInfo, CommitmentLevel, Filter, FilterAccounts, FilterSlots, Memcmp, Ping, SubscribeRequest,
    SubscribeUpdate, Update, UpdateAccount, UpdateSlot,
};
use super::mirror::Key;
use super::reader::Want;
use super::source::{Ended, Intake, Line, PING, Source};

/// The call.
const SUBSCRIBE: &str = "/geyser.Geyser/Subscribe";
/// Names of filters: that of single accounts, and the beginnings of a list's and of the slots'.
const SINGLES: &str = "accounts";
const LIST: &str = "list ";
const SLOTS: &str = "slots ";

/// A server.
pub struct Yellowstone {
    /// Its address, `http://` or `https://`.
    pub url: String,
    /// What it wants to see of whoever asks.
    pub token: Option<String>,
}

impl Source for Yellowstone {
    fn session<'a>(&'a self, intake: &'a Intake, wants: &'a mut mpsc::UnboundedReceiver<Want>) -> Ended<'a> {
        Box::pin(self.tell(intake, wants))
    }
}

impl Yellowstone {
    async fn tell(&self, intake: &Intake, wants: &mut mpsc::UnboundedReceiver<Want>) -> Result<(), String> {
        let mut call = Call::open(&self.url, SUBSCRIBE, self.token.as_deref()).await?;
        let mut session = Session::new(Line::new(intake));
        for key in session.line.keys(wants) {
            session.keep(key);
        }
        call.send(&session.request()).await?;
        let mut ping = interval(PING);
        loop {
            tokio::select! {
                update = call.next() => {
                    if let Some(answer) = session.take(update?) {
                        call.send(&answer).await?;
                    }
                }
                want = wants.recv() => {
                    let mut want = want;
                    while let Some(next) = want {
                        match next {
                            Want::Keep(key) => session.keep(key),
                            // Somebody reads it again.
                            Want::Drop(key) if intake.mirror.keeps(&key) => {}
                            Want::Drop(key) => session.forget(key),
                        }
                        want = wants.try_recv().ok();
                    }
                    if wants.is_closed() && wants.is_empty() {
                        return Ok(());
                    }
                    call.send(&session.request()).await?;
                }
                _ = ping.tick() => {
                    if session.line.is_silent() {
                        return Err("no slot was told of for too long".into());
                    }
                    call.send(&sign_of_life()).await?;
                }
            }
        }
    }
}

fn sign_of_life() -> SubscribeRequest {
    SubscribeRequest { ping: Some(Ping { id: 1 }), ..SubscribeRequest::default() }
}

/// One call's life.
struct Session<'a> {
    line: Line<'a>,
    /// What is told of, by number.
    keys: BTreeMap<u64, Key>,
    next: u64,
    /// The number of the last request.
    request: u64,
    /// What no request holds yet, or only one that is on its way: with the number of the first request that has it.
    waiting: Vec<(u64, Key)>,
}

impl<'a> Session<'a> {
    fn new(line: Line<'a>) -> Self {
        Self { line, keys: BTreeMap::new(), next: 0, request: 0, waiting: Vec::new() }
    }

    fn keep(&mut self, key: Key) {
        if self.keys.values().all(|other| *other != key) {
            self.keys.insert(self.next, key);
            self.next += 1;
            self.waiting.push((self.request + 1, key));
        }
    }

    fn forget(&mut self, key: Key) {
        self.keys.retain(|_, other| *other != key);
        self.waiting.retain(|(_, other)| *other != key);
    }

    /// All that is to be told of.
    fn request(&mut self) -> SubscribeRequest {
        self.request += 1;
        let mut accounts = BTreeMap::new();
        let mut singles = Vec::new();
        for (number, key) in &self.keys {
            match key {
                Key::Single(address) => singles.push(address.to_string()),
                Key::List(watch) => {
                    accounts.insert(format!("{LIST}{number}"), listed(watch));
                }
            }
        }
        if !singles.is_empty() {
            accounts.insert(SINGLES.into(), FilterAccounts { account: singles, ..FilterAccounts::default() });
        }
        let slots = FilterSlots { filter_by_commitment: Some(true) };
        SubscribeRequest {
            accounts,
            slots: BTreeMap::from([(format!("{SLOTS}{}", self.request), slots)]),
            commitment: Some(self.level().into()),
            ping: None,
        }
    }

    fn level(&self) -> CommitmentLevel {
        match self.line.intake.commitment {
            Commitment::Processed => CommitmentLevel::Processed,
            Commitment::Confirmed => CommitmentLevel::Confirmed,
            Commitment::Finalized => CommitmentLevel::Finalized,
        }
    }

    /// One message of the server's; what is to be answered.
    fn take(&mut self, SubscribeUpdate { filters, update }: SubscribeUpdate) -> Option<SubscribeRequest> {
        match update? {
            Update::Ping(_) => return Some(sign_of_life()),
            Update::Pong(_) => {}
            Update::Slot(slot) => self.slot(&filters, &slot),
            Update::Account(UpdateAccount { account: Some(account), slot }) => {
                (self.line.intake.heard)(None);
                if self.account(&filters, account, slot).is_none() {
                    tracing::warn!(slot, "the server told of an account in another form than Solana's");
                }
            }
            Update::Account(_) => {}
        }
        None
    }

    fn slot(&mut self, filters: &[String], told: &UpdateSlot) {
        if told.status != i32::from(self.level()) {
            return;
        }
        if !self.line.slot(told.slot, told.parent) {
            return;
        }
        let numbers = filters.iter().filter_map(|name| name.strip_prefix(SLOTS)?.parse::<u64>().ok());
        let Some(holds) = numbers.max() else { return };
        let (stand, waiting): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|(since, _)| *since <= holds);
        self.waiting = waiting;
        if !stand.is_empty() {
            self.line.stands(stand.into_iter().map(|(_, key)| key).collect(), told.slot);
        }
    }

    /// `None` where the account has another form than Solana's.
    fn account(&mut self, filters: &[String], told: AccountInfo, slot: u64) -> Option<()> {
        let read = |bytes: &[u8]| bytes.try_into().ok().map(Address::new_from_array);
        let (address, owner) = (read(&told.pubkey)?, read(&told.owner)?);
        let account = (told.lamports > 0).then_some(Account { owner, data: told.data });
        for filter in filters {
            let key = match filter.strip_prefix(LIST) {
                Some(number) => number.parse().ok().and_then(|number: u64| self.keys.get(&number).copied()),
                None => Some(Key::Single(address)).filter(|key| self.keys.values().any(|other| other == key)),
            };
            // What was dropped meanwhile may still be told of.
            if let Some(key) = key {
                self.line.account(key, address, At { slot, value: account.clone() });
            }
        }
        Some(())
    }
}

/// The filter of a list.
fn listed(watch: &Watch) -> FilterAccounts {
    let compare = |offset: usize, bytes: &[u8]| Filter {
        memcmp: Some(Memcmp { offset: offset as u64, bytes: Some(bytes.to_vec()) }),
    };
    let mut filters = vec![compare(0, &watch.discriminator)];
    filters.extend(watch.holds.iter().map(|holds| compare(holds.offset, &holds.bytes)));
    FilterAccounts { account: Vec::new(), owner: vec![watch.program.to_string()], filters }
}
