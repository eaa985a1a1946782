//! Whether a service does its work, and what it shows of itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::journal::{Asset, Journal, Left};
use super::metrics::{
    ACCOUNTS, ANSWER_AGE, CAP_LEFT, CONNECTED, CONNECTIONS, FAMILIES, HEALTHY, IN_FLIGHT, Metrics,
    NOTIFICATION_AGE, SLOT, SLOT_LAG, SPENT, UNANSWERED,
};

/// What is wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its name, which the page of the keeper explains.
    pub name: &'static str,
    /// The numbers.
    pub detail: String,
}

/// Beyond what a service is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Slots behind the cluster.
    pub lag: u64,
    /// Time without an answer, a new slot, or subscriptions.
    pub silence: Duration,
}

/// Names of all faults.
pub const FAULTS: [&str; 8] = [NO_ANSWER, STILL, BEHIND, DEAF, BLIND, PRICES, CAP, JOURNAL];
const NO_ANSWER: &str = "no answer";
const STILL: &str = "slot stands still";
const BEHIND: &str = "behind the cluster";
const DEAF: &str = "no subscription";
const BLIND: &str = "strategy blind";
const PRICES: &str = "prices not posted";
const CAP: &str = "cap reached";
const JOURNAL: &str = "journal failed";

/// What is shown of a service: its numbers, and whether it is well.
pub struct Board {
    /// The numbers.
    pub metrics: Metrics,
    limits: Limits,
    journal: Option<Journal>,
    state: Mutex<State>,
    failing: Mutex<Failing>,
}

/// What does not work, by its name and what it is about: since when, and why.
type Failing = BTreeMap<(&'static str, String), (Instant, String)>;

#[derive(Clone, Copy)]
struct State {
    answered: Instant,
    notified: Instant,
    /// Since when subscriptions stand or do not.
    connected: (bool, Instant),
    /// The newest slot, and since when.
    slot: (u64, Instant),
    lag: u64,
}

impl Board {
    /// Of a service that begins now. Without a journal nothing is sent.
    pub fn new(limits: Limits, journal: Option<Journal>) -> Self {
        let now = Instant::now();
        let state = State { answered: now, notified: now, connected: (false, now), slot: (0, now), lag: 0 };
        Self {
            metrics: Metrics::of(FAMILIES),
            limits,
            journal,
            state: Mutex::new(state),
            failing: Mutex::default(),
        }
    }

    /// A strategy sees its accounts again, or does not.
    pub fn sees(&self, strategy: &str, error: Option<String>) {
        self.fails(BLIND, strategy, error);
    }

    /// Prices are posted again where they are due, or are not.
    pub fn posts(&self, error: Option<String>) {
        self.fails(PRICES, "prices", error);
    }

    fn fails(&self, name: &'static str, what: &str, error: Option<String>) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name, what.to_owned());
        match error {
            Some(error) => failing.entry(key).or_insert_with(|| (Instant::now(), String::new())).1 = error,
            None => drop(failing.remove(&key)),
        }
    }

    /// The server answered: it is at `slot`, and the cluster, as far as anybody said, at `cluster`.
    pub fn answered(&self, slot: u64, cluster: u64, accounts: usize) {
        let now = Instant::now();
        let mut state = self.state();
        state.answered = now;
        if slot > state.slot.0 {
            state.slot = (slot, now);
        }
        state.lag = cluster.max(state.slot.0).saturating_sub(slot);
        self.metrics.set(ACCOUNTS, [], accounts as f64);
    }

    /// The server did not answer.
    pub fn unanswered(&self) {
        self.metrics.add(UNANSWERED, [], 1);
    }

    /// A subscription told something.
    pub fn notified(&self) {
        self.state().notified = Instant::now();
    }

    /// Subscriptions stand, or do not.
    pub fn connected(&self, is_connected: bool) {
        let mut state = self.state();
        if is_connected != state.connected.0 {
            state.connected = (is_connected, Instant::now());
            self.metrics.add(CONNECTIONS, [], is_connected.into());
        }
    }

    /// What is wrong now.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |name, detail| faults.push(Fault { name, detail });
        let Limits { lag, silence } = self.limits;
        let State { answered, connected, slot, lag: behind, .. } = *self.state();
        let too_long = |since: Instant| Some(since.elapsed().as_secs()).filter(|_| since.elapsed() > silence);
        if let Some(seconds) = too_long(answered) {
            fault(NO_ANSWER, format!("none for {seconds} s"));
        }
        if let Some(seconds) = too_long(slot.1) {
            fault(STILL, format!("slot {} for {seconds} s", slot.0));
        }
        if behind > lag {
            fault(BEHIND, format!("{behind} slots"));
        }
        if let Some(seconds) = too_long(connected.1).filter(|_| !connected.0) {
            fault(DEAF, format!("none for {seconds} s"));
        }
        for ((name, what), (since, why)) in &*self.failing.lock().unwrap_or_else(PoisonError::into_inner) {
            if let Some(seconds) = too_long(*since) {
                fault(name, format!("{what} for {seconds} s: {why}"));
            }
        }
        for (asset, left) in self.caps() {
            if left.most() == 0 || self.journal.as_ref().is_some_and(|journal| journal.is_reached(&asset)) {
                fault(CAP, format!("of {asset}: {} left for life, {} for the day", left.life, left.day));
            }
        }
        if let Some(error) = self.journal.as_ref().and_then(Journal::failed) {
            fault(JOURNAL, error.to_string());
        }
        faults
    }

    /// The page of numbers.
    pub fn page(&self) -> String {
        let State { answered, notified, connected, slot, lag, .. } = *self.state();
        let set = |family, amount| self.metrics.set(family, [], amount);
        set(ANSWER_AGE, answered.elapsed().as_secs_f64());
        set(NOTIFICATION_AGE, notified.elapsed().as_secs_f64());
        set(CONNECTED, f64::from(u8::from(connected.0)));
        set(SLOT, slot.0 as f64);
        set(SLOT_LAG, lag as f64);
        set(HEALTHY, f64::from(u8::from(self.faults().is_empty())));
        if let Some(journal) = &self.journal {
            set(IN_FLIGHT, journal.in_flight().len() as f64);
            let spent = journal.spent();
            for (asset, left) in self.caps() {
                let name = asset.to_string();
                self.metrics.set(SPENT, [&name], spent.of(&asset) as f64);
                self.metrics.set(CAP_LEFT, [&name, "life"], left.life as f64);
                self.metrics.set(CAP_LEFT, [&name, "day"], left.day as f64);
            }
        }
        self.metrics.text()
    }

    fn caps(&self) -> impl Iterator<Item = (Asset, Left)> {
        let left = |journal: &Journal, asset: Asset| (asset, journal.left(&asset));
        self.journal
            .iter()
            .flat_map(move |journal| journal.assets().into_iter().map(move |asset| left(journal, asset)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use solana_address::Address;
    use tempfile::TempDir;

    use super::super::journal::{Cap, End, Owner, Spend};
    use super::*;

    fn names(board: &Board) -> Vec<&'static str> {
        board.faults().iter().map(|fault| fault.name).collect()
    }

    #[test]
    fn silence_is_a_fault_and_a_moment_is_none() {
        let board = Board::new(Limits { lag: 10, silence: Duration::from_secs(60) }, None);
        assert_eq!(names(&board), [""; 0]);
        board.answered(5, 20, 1);
        assert_eq!(names(&board), [BEHIND]);
        board.answered(4, 4, 1);
        assert_eq!(names(&board), [""; 0], "an older slot is behind by one");
        let silent = Board::new(Limits { lag: 10, silence: Duration::ZERO }, None);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(names(&silent), [NO_ANSWER, STILL, DEAF]);
        silent.connected(true);
        silent.connected(true);
        assert_eq!(names(&silent), [NO_ANSWER, STILL]);
        assert!(silent.page().contains("assay_keeper_connections_total 1\n"));
    }

    #[test]
    fn what_fails_for_too_long_is_a_fault_until_it_works() {
        let board = Board::new(Limits { lag: 10, silence: Duration::ZERO }, None);
        board.connected(true);
        let ours =
            |board: &Board| names(board).into_iter().filter(|name| [BLIND, PRICES].contains(name)).count();
        assert_eq!(ours(&board), 0);
        board.sees("lending", Some("no list".into()));
        board.posts(Some("refused".into()));
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(ours(&board), 2);
        board.sees("market", None);
        board.posts(None);
        let faults = board.faults();
        let fault = faults.iter().find(|fault| fault.name == BLIND).unwrap();
        assert!(fault.detail.contains("lending") && fault.detail.contains("no list"), "{fault:?}");
        board.sees("lending", None);
        assert_eq!(ours(&board), 0);
    }

    #[test]
    fn caps_and_the_journal_are_shown() {
        let folder = TempDir::new().unwrap();
        let owner = Owner { wallet: Address::new_from_array([1; 32]), genesis: "g".into() };
        let caps = [(Asset::Lamports, Cap { life: 100, day: 10 })].into_iter().collect();
        let journal = Journal::open(&folder.path().join("j"), &owner, caps).unwrap();
        let board = Board::new(Limits { lag: 10, silence: Duration::from_secs(60) }, Some(journal.clone()));
        assert_eq!(names(&board), [""; 0]);
        let reserved = journal.reserve(&owner.wallet, "a", Spend::lamports(10)).unwrap();
        let flight = reserved.sending("s", 1).unwrap();
        assert_eq!(names(&board), [CAP]);
        let page = board.page();
        for line in [
            "assay_keeper_in_flight 1",
            "assay_keeper_cap_left{asset=\"lamports\",window=\"day\"} 0",
            "assay_keeper_cap_left{asset=\"lamports\",window=\"life\"} 90",
            "assay_keeper_healthy 0",
        ] {
            assert!(page.contains(&format!("{line}\n")), "{line}\n{page}");
        }
        journal.ended(flight.id, &End::Landed { slot: 1, spent: Spend::lamports(4) }).unwrap();
        assert!(board.page().contains("assay_keeper_spent{asset=\"lamports\"} 4\n"));
        assert_eq!(names(&board), [""; 0]);
    }
}
