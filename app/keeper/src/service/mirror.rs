//! A copy of a cluster's accounts, which strategies read without a network.
//!
//! What is in it is what was asked for once: single accounts, and lists of those that a filter lets through. Every value carries the slot
//! at which a server read it, and an older one never takes the place of a newer one, whichever way either came: told by a subscription,
//! or asked for. That an account is gone is a value as well.
//!
//! A subscription does not tell everything: not what happened while it was down, not what a server lost, and not, where an account
//! is listed by its program, that it was closed, since its program then is another. So what is here is asked for again: whole after each
//! connection and from time to time, and in part whenever a transaction went through, or was refused.

use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use assay_chain::rpc::At;
use assay_host::{Account, Watch};
use solana_address::Address;
use tokio::sync::watch;

/// Most accounts, and most of one list: beyond these, what a server lists is left out. So a flood of one kind leaves room for the others.
const MOST: usize = 200_000;
const MOST_LISTED: usize = 100_000;
/// For how long a single account or a list is kept that nobody reads.
const UNREAD: Duration = Duration::from_secs(600);
/// For how many slots it is remembered that an account is gone, so that what was read before does not bring it back.
const GONE: u64 = 1_000;

/// What is asked for and subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One account.
    Single(Address),
    /// The accounts that a filter lets through.
    List(Watch),
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Single(address) => address.hash(state),
            Self::List(Watch { program, discriminator, holds }) => {
                (program, discriminator, holds.map(|holds| holds.bytes)).hash(state);
            }
        }
    }
}

/// Which way a value came. What is told in a slot stands above what was asked for in it: an answer may be of the slot's beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It was asked for.
    Asked,
    /// A subscription told it.
    Told,
}

/// What is known of an account.
struct Held {
    slot: u64,
    way: Way,
    account: Option<Account>,
}

struct List {
    watch: Watch,
    members: BTreeSet<Address>,
    /// When its addresses were read last. Many read at once.
    read: Mutex<Instant>,
}

#[derive(Default)]
struct State {
    accounts: HashMap<Address, Held>,
    /// Single accounts that somebody asked for, and when they were read last.
    singles: HashMap<Address, Instant>,
    lists: Vec<List>,
    clock: Clock,
    is_full: bool,
}

/// The cluster's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// The newest slot that anything was read at.
    pub slot: u64,
    /// Unix seconds in the newest clock that was read.
    pub unix_time: i64,
    /// The slot at which that was read.
    pub read_at: u64,
}

/// When the mirror changed last.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Counts changes.
    pub number: u64,
    /// When it came.
    pub at: Instant,
}

/// The copy. It may be read and written from many threads.
pub struct Mirror {
    state: RwLock<State>,
    changes: watch::Sender<Change>,
}

impl Default for Mirror {
    fn default() -> Self {
        let (changes, _) = watch::channel(Change { number: 0, at: Instant::now() });
        Self { state: RwLock::default(), changes }
    }
}

impl Mirror {
    // A thread that panics leaves a state in which each value is whole: one by one they are what some server said.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self, is_changed: bool) {
        if is_changed {
            self.changes.send_modify(|change| {
                *change = Change { number: change.number.wrapping_add(1), at: Instant::now() }
            });
        }
    }

    /// Tells of changes.
    pub fn changes(&self) -> watch::Receiver<Change> {
        self.changes.subscribe()
    }

    /// The cluster's time.
    pub fn clock(&self) -> Clock {
        self.read().clock
    }

    /// Accounts that exist.
    pub fn len(&self) -> usize {
        self.read().accounts.values().filter(|held| held.account.is_some()).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An account: `None` where it has to be asked for first, `Some(None)` where it does not exist. Reading one by itself keeps it here.
    pub fn account(&self, address: &Address) -> Option<Option<Account>> {
        {
            let state = self.read();
            let found = state.accounts.get(address)?.account.clone();
            let is_due = |read: &Instant| read.elapsed() > UNREAD / 10;
            if !state.singles.get(address).is_some_and(is_due) {
                return Some(found);
            }
        }
        let mut state = self.write();
        state.singles.insert(*address, Instant::now());
        Some(state.accounts.get(address)?.account.clone())
    }

    /// An account of a list: `None` where the list has to be asked for first.
    pub fn listed(&self, watch: &Watch, address: &Address) -> Option<Option<Account>> {
        let state = self.read();
        let list = state.lists.iter().find(|list| list.watch == *watch)?;
        *list.read.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let found = list.members.contains(address).then(|| state.accounts.get(address)).flatten();
        Some(found.and_then(|held| held.account.clone()))
    }

    /// The addresses of a list, in order: `None` where it has to be asked for first.
    pub fn addresses(&self, watch: &Watch) -> Option<Vec<Address>> {
        let state = self.read();
        let list = state.lists.iter().find(|list| list.watch == *watch)?;
        *list.read.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Some(list.members.iter().copied().collect())
    }

    /// All that is kept, to be subscribed to and asked for again.
    pub fn keys(&self) -> Vec<Key> {
        let state = self.read();
        let lists = state.lists.iter().map(|list| Key::List(list.watch));
        lists.chain(state.singles.keys().copied().map(Key::Single)).collect()
    }

    /// Keeps an account from here on; whether that is new.
    pub fn keep_single(&self, address: Address) -> bool {
        self.write().singles.insert(address, Instant::now()).is_none()
    }

    /// The clock, as it was read. Time goes forward only: a server that is behind shows an older one.
    pub fn set_clock(&self, clock: At<i64>) {
        let mut state = self.write();
        let is_newer = clock.slot >= state.clock.read_at;
        if is_newer {
            state.clock.read_at = clock.slot;
            state.clock.unix_time = clock.value;
        }
        let slot = state.clock.slot.max(clock.slot);
        let is_changed = is_newer && state.clock.slot != slot;
        state.clock.slot = slot;
        drop(state);
        self.changed(is_changed);
    }

    /// A single account, as it was read; whether anything is different now.
    pub fn put(&self, way: Way, address: Address, read: At<Option<Account>>) -> bool {
        let is_changed = self.write().put(way, address, read);
        self.changed(is_changed);
        is_changed
    }

    /// An account that a subscription of a list told of. One that the filter does not let through is none of the list's, and news
    /// only where it was.
    pub fn told_of(&self, watch: &Watch, address: Address, read: At<Option<Account>>) {
        let mut state = self.write();
        let is_listed = read.value.as_ref().is_some_and(|account| watch.admits(account));
        if !is_listed && !state.accounts.contains_key(&address) {
            return;
        }
        let is_changed = state.put(Way::Told, address, read);
        drop(state);
        self.changed(is_changed);
    }

    /// Whether this is kept.
    pub fn keeps(&self, key: &Key) -> bool {
        let state = self.read();
        match key {
            Key::Single(address) => state.singles.contains_key(address),
            Key::List(watch) => state.lists.iter().any(|list| list.watch == *watch),
        }
    }

    /// The accounts of a list, as it was asked for: what it does not name any more is gone.
    pub fn put_list(&self, watch: &Watch, read: At<Vec<(Address, Account)>>) {
        let mut state = self.write();
        let At { slot, value } = read;
        let mut is_changed = false;
        if !state.lists.iter().any(|list| list.watch == *watch) {
            state.lists.push(List {
                watch: *watch,
                members: BTreeSet::new(),
                read: Mutex::new(Instant::now()),
            });
            // What is here already by another way may be one of them.
            let known = state.accounts.iter();
            let is_one = |held: &Held| held.account.as_ref().is_some_and(|account| watch.admits(account));
            let ones: Vec<Address> =
                known.filter(|(_, held)| is_one(held)).map(|(address, _)| *address).collect();
            if let Some(list) = state.lists.last_mut() {
                list.members.extend(ones);
            }
            is_changed = true;
        }
        let named: BTreeSet<Address> = value.iter().map(|(address, _)| *address).collect();
        for (address, account) in value {
            is_changed |= state.put(Way::Asked, address, At { slot, value: Some(account) });
        }
        let list = state.lists.iter().find(|list| list.watch == *watch);
        let gone: Vec<Address> =
            list.map(|list| list.members.difference(&named).copied().collect()).unwrap_or_default();
        for address in gone {
            is_changed |= state.put(Way::Asked, address, At { slot, value: None });
        }
        drop(state);
        self.changed(is_changed);
    }

    /// Forgets single accounts and lists that nobody read for a while, and accounts that are gone for long: the keys that need no subscription now.
    pub fn forget(&self) -> Vec<Key> {
        let mut state = self.write();
        let (mut unread, mut lists_unread) = (Vec::new(), Vec::new());
        state.singles.retain(|address, read| {
            let is_kept = read.elapsed() < UNREAD;
            if !is_kept {
                unread.push(*address);
            }
            is_kept
        });
        let State { accounts, singles, lists, clock, is_full } = &mut *state;
        lists.retain(|list| {
            let is_kept = list.read.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < UNREAD;
            if !is_kept {
                lists_unread.push(Key::List(list.watch));
            }
            is_kept
        });
        let oldest = clock.slot.saturating_sub(GONE);
        accounts.retain(|address, held| {
            let is_listed = || lists.iter().any(|list| list.members.contains(address));
            singles.contains_key(address) || is_listed() || (held.account.is_none() && held.slot >= oldest)
        });
        *is_full = accounts.len() >= MOST;
        unread.into_iter().map(Key::Single).chain(lists_unread).collect()
    }
}

impl State {
    /// Whether an account is of a list that has as many as it may.
    fn is_flooded(&self, account: Option<&Account>) -> bool {
        let full = self.lists.iter().filter(|list| list.members.len() >= MOST_LISTED);
        account.is_some_and(|account| full.into_iter().any(|list| list.watch.admits(account)))
    }

    fn put(&mut self, way: Way, address: Address, read: At<Option<Account>>) -> bool {
        let At { slot, value } = read;
        match self.accounts.get(&address) {
            Some(held) if (slot, way) < (held.slot, held.way) => return false,
            None if self.accounts.len() >= MOST || self.is_flooded(value.as_ref()) => {
                if !std::mem::replace(&mut self.is_full, true) {
                    tracing::error!(most = MOST, "the server lists more accounts than are kept");
                }
                return false;
            }
            _ => {}
        }
        self.clock.slot = self.clock.slot.max(slot);
        for list in &mut self.lists {
            if value.as_ref().is_some_and(|account| list.watch.admits(account)) {
                list.members.insert(address);
            } else {
                list.members.remove(&address);
            }
        }
        let held = Held { slot, way, account: value };
        match self.accounts.insert(address, held) {
            Some(before) => self.accounts.get(&address).is_some_and(|held| held.account != before.account),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Address = Address::new_from_array([1; 32]);
    const WATCH: Watch = Watch { program: PROGRAM, discriminator: [7; 8], holds: None };

    fn at(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    fn account(byte: u8) -> Account {
        Account { owner: PROGRAM, data: [[7; 8], [byte; 8]].concat() }
    }

    fn read(slot: u64, byte: u8) -> At<Option<Account>> {
        At { slot, value: Some(account(byte)) }
    }

    fn gone(slot: u64) -> At<Option<Account>> {
        At { slot, value: None }
    }

    fn list(slot: u64, bytes: &[u8]) -> At<Vec<(Address, Account)>> {
        At { slot, value: bytes.iter().map(|byte| (at(*byte), account(*byte))).collect() }
    }

    #[test]
    fn an_older_value_never_takes_the_place_of_a_newer_one() {
        for (first, second) in [(Way::Asked, Way::Told), (Way::Told, Way::Asked), (Way::Told, Way::Told)] {
            let mirror = Mirror::default();
            assert_eq!(mirror.account(&at(2)), None, "it has to be asked for");
            assert!(mirror.put(first, at(2), read(10, 1)));
            assert!(!mirror.put(second, at(2), read(9, 2)));
            assert_eq!(mirror.account(&at(2)), Some(Some(account(1))));
            assert!(mirror.put(second, at(2), read(11, 3)));
            assert_eq!(mirror.account(&at(2)), Some(Some(account(3))));
            assert!(!mirror.put(second, at(2), read(12, 3)), "the same is no change");
        }
    }

    /// An answer may have been made at the beginning of a slot of which a subscription told the end.
    #[test]
    fn within_a_slot_what_is_told_stands() {
        let mirror = Mirror::default();
        mirror.put(Way::Told, at(2), read(10, 1));
        assert!(!mirror.put(Way::Asked, at(2), read(10, 2)));
        assert!(mirror.put(Way::Told, at(2), read(10, 3)));
        assert_eq!(mirror.account(&at(2)), Some(Some(account(3))));
    }

    #[test]
    fn a_list_is_what_was_asked_for_and_what_is_told_since() {
        let mirror = Mirror::default();
        assert_eq!(mirror.addresses(&WATCH), None, "it has to be asked for");
        mirror.put(Way::Told, at(9), read(5, 9));
        mirror.put_list(&WATCH, list(4, &[2, 3]));
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [2, 3, 9].map(at), "nine was told of later than asked");
        mirror.told_of(&WATCH, at(4), read(6, 4));
        let other = Account { owner: at(8), ..account(5) };
        mirror.told_of(&WATCH, at(5), At { slot: 6, value: Some(other.clone()) });
        assert_eq!(mirror.account(&at(5)), None, "the filter does not let it through");
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [2, 3, 4, 9].map(at));
        assert_eq!(mirror.listed(&WATCH, &at(4)), Some(Some(account(4))));
        assert_eq!(mirror.listed(&WATCH, &at(6)), Some(None), "it is not asked for: it would be listed");
        // Another program has the account now, as where it is closed and its address used again.
        mirror.told_of(&WATCH, at(4), At { slot: 7, value: Some(other) });
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [2, 3, 9].map(at));
        assert_eq!(mirror.listed(&WATCH, &at(4)), Some(None));
    }

    #[test]
    fn what_was_closed_is_gone_and_stays_gone() {
        let mirror = Mirror::default();
        mirror.put_list(&WATCH, list(10, &[2, 3]));
        mirror.told_of(&WATCH, at(2), gone(12));
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [at(3)]);
        // An answer from before comes late.
        mirror.put_list(&WATCH, list(11, &[2, 3]));
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [at(3)]);
        assert_eq!(mirror.account(&at(2)), Some(None));
        // It was made again.
        mirror.put_list(&WATCH, list(13, &[2, 3]));
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [2, 3].map(at));
    }

    /// A subscription to a program does not tell of what is no longer the program's.
    #[test]
    fn a_gap_is_closed_by_asking_again() {
        let mirror = Mirror::default();
        mirror.put_list(&WATCH, list(10, &[2, 3]));
        mirror.told_of(&WATCH, at(4), read(12, 4));
        mirror.put_list(&WATCH, list(11, &[3, 5]));
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [3, 4, 5].map(at), "four is newer than the list");
        assert_eq!(mirror.account(&at(2)), Some(None));
    }

    /// What was seen is undone: whoever asks later is told the older content, and believes it.
    #[test]
    fn a_rollback_is_what_is_read_later() {
        let mirror = Mirror::default();
        mirror.put_list(&WATCH, list(10, &[2]));
        mirror.told_of(&WATCH, at(2), read(12, 9));
        mirror.told_of(&WATCH, at(3), read(12, 3));
        mirror.put_list(&WATCH, list(13, &[2]));
        assert_eq!(mirror.listed(&WATCH, &at(2)), Some(Some(account(2))));
        assert_eq!(mirror.addresses(&WATCH).unwrap(), [at(2)]);
    }

    #[test]
    fn time_goes_forward() {
        let mirror = Mirror::default();
        let changes = mirror.changes();
        mirror.set_clock(At { slot: 10, value: 100 });
        mirror.set_clock(At { slot: 9, value: 99 });
        let Clock { slot, unix_time, .. } = mirror.clock();
        assert_eq!((slot, unix_time), (10, 100));
        assert_eq!(changes.borrow().number, 1);
        mirror.put(Way::Asked, at(2), read(12, 1));
        mirror.set_clock(At { slot: 11, value: 101 });
        let Clock { slot, unix_time, .. } = mirror.clock();
        assert_eq!((slot, unix_time), (12, 101));
    }

    #[test]
    fn what_is_gone_is_forgotten_some_slots_later() {
        let mirror = Mirror::default();
        mirror.put_list(&WATCH, list(10, &[2, 3]));
        mirror.put_list(&WATCH, list(11, &[3]));
        assert!(mirror.forget().is_empty());
        assert_eq!(mirror.account(&at(2)), Some(None));
        mirror.set_clock(At { slot: 12 + GONE, value: 0 });
        mirror.forget();
        assert_eq!(mirror.account(&at(2)), None);
        assert_eq!(mirror.len(), 1);
        if let Some(long_ago) = Instant::now().checked_sub(UNREAD * 2) {
            let other = Watch { discriminator: [8; 8], ..WATCH };
            mirror.put_list(&other, At { slot: 12, value: Vec::new() });
            for list in &mirror.read().lists {
                *list.read.lock().unwrap() = long_ago;
            }
            assert_eq!(mirror.addresses(&WATCH), Some(vec![at(3)]), "somebody reads it");
            assert_eq!(mirror.forget(), [Key::List(other)]);
            assert_eq!(mirror.addresses(&other), None);
        }
        assert!(mirror.keep_single(at(6)) && !mirror.keep_single(at(6)));
        assert_eq!(mirror.keys(), [Key::List(WATCH), Key::Single(at(6))]);
    }
}
