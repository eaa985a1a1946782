//! Which faults there are, and the dice that decide when one happens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What goes wrong. By default nothing does. Shares are between 0 (never) and 1 (always), of the requests that [`Faults::methods`]
/// names, each decided by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Faults {
    /// Methods that the faults of requests are about; all of them where the list is empty.
    pub methods: Vec<String>,
    /// Milliseconds that every request and every message of a subscription is late.
    pub lag_ms: u64,
    /// Share of requests whose connection is lost before the cluster hears of them.
    pub lost_requests: f64,
    /// Share of requests whose connection is lost afterwards: what was asked for is done, and nobody is told.
    pub lost_answers: f64,
    /// Share of requests that are answered with status 429, too many requests.
    pub refused_requests: f64,
    /// Reads are answered as they were this many slots ago, or a little before; a request that was not asked then is answered as it was
    /// when it was first asked.
    pub stale_slots: u64,
    /// The same, with the slot of today: what a node says that has left the fork on which the rest happened.
    pub rollback_slots: u64,
    /// Share of transactions that are answered with their signature and go nowhere.
    pub dropped_sends: f64,
    /// Share of transactions that are sent twice.
    pub repeated_sends: f64,
    /// Share of a subscription's notifications that never come.
    pub lost_notifications: f64,
}

impl Faults {
    /// An error that names the first share which is none.
    pub fn check(&self) -> Result<(), String> {
        let shares = [
            ("lostRequests", self.lost_requests),
            ("lostAnswers", self.lost_answers),
            ("refusedRequests", self.refused_requests),
            ("droppedSends", self.dropped_sends),
            ("repeatedSends", self.repeated_sends),
            ("lostNotifications", self.lost_notifications),
        ];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((name, share)) => Err(format!("{name} is {share}; a share is between 0 and 1")),
            None => Ok(()),
        }
    }

    /// Whether the faults of requests are about this method.
    pub fn concern(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|named| named == method)
    }
}

/// How often each fault happened.
#[derive(Debug, Default)]
pub struct Counters {
    requests: AtomicU64,
    late: AtomicU64,
    lost_requests: AtomicU64,
    lost_answers: AtomicU64,
    refused_requests: AtomicU64,
    stale: AtomicU64,
    rolled_back: AtomicU64,
    dropped_sends: AtomicU64,
    repeated_sends: AtomicU64,
    lost_notifications: AtomicU64,
    cut_connections: AtomicU64,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Request,
    Late,
    LostRequest,
    LostAnswer,
    Refused,
    Stale,
    RolledBack,
    DroppedSend,
    RepeatedSend,
    LostNotification,
    Cut,
}

/// [`Counters`] at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Requests in all, each of a batch by itself.
    pub requests: u64,
    /// Requests and messages that came late.
    pub late: u64,
    /// Requests that the cluster never heard of.
    pub lost_requests: u64,
    /// Answers that the client never heard of.
    pub lost_answers: u64,
    /// Requests answered with status 429.
    pub refused_requests: u64,
    /// Answers out of the past.
    pub stale: u64,
    /// Answers out of the past with today's slot.
    pub rolled_back: u64,
    /// Transactions that went nowhere.
    pub dropped_sends: u64,
    /// Transactions that were sent twice.
    pub repeated_sends: u64,
    /// Notifications that never came.
    pub lost_notifications: u64,
    /// Connections cut on demand.
    pub cut_connections: u64,
}

impl Counters {
    /// One more.
    pub fn count(&self, event: Event) {
        let counter = match event {
            Event::Request => &self.requests,
            Event::Late => &self.late,
            Event::LostRequest => &self.lost_requests,
            Event::LostAnswer => &self.lost_answers,
            Event::Refused => &self.refused_requests,
            Event::Stale => &self.stale,
            Event::RolledBack => &self.rolled_back,
            Event::DroppedSend => &self.dropped_sends,
            Event::RepeatedSend => &self.repeated_sends,
            Event::LostNotification => &self.lost_notifications,
            Event::Cut => &self.cut_connections,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// How often so far.
    pub fn now(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            requests: read(&self.requests),
            late: read(&self.late),
            lost_requests: read(&self.lost_requests),
            lost_answers: read(&self.lost_answers),
            refused_requests: read(&self.refused_requests),
            stale: read(&self.stale),
            rolled_back: read(&self.rolled_back),
            dropped_sends: read(&self.dropped_sends),
            repeated_sends: read(&self.repeated_sends),
            lost_notifications: read(&self.lost_notifications),
            cut_connections: read(&self.cut_connections),
        }
    }
}

/// Decides by a seed: requests that come in the same order meet the same fate.
pub struct Dice(Mutex<ChaCha8Rng>);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Whether something of this share happens now.
    pub fn fall(&self, share: f64) -> bool {
        share > 0.0 && self.0.lock().unwrap_or_else(PoisonError::into_inner).gen_bool(share.min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_strictly() {
        let faults: Faults = serde_json::from_str(r#"{ "lagMs": 5, "droppedSends": 0.5 }"#).unwrap();
        assert_eq!(faults, Faults { lag_ms: 5, dropped_sends: 0.5, ..Faults::default() });
        assert_eq!(faults.check(), Ok(()));
        assert!(serde_json::from_str::<Faults>(r#"{ "lag": 5 }"#).is_err());
        for share in [-0.1, 1.1, f64::NAN] {
            let error = Faults { lost_answers: share, ..Faults::default() }.check().unwrap_err();
            assert!(error.contains("lostAnswers"), "{error}");
        }
    }

    #[test]
    fn dice_of_one_seed_fall_alike() {
        let fall = |seed| {
            let dice = Dice::new(seed);
            (0..64).map(|_| dice.fall(0.5)).collect::<Vec<_>>()
        };
        assert_eq!(fall(7), fall(7));
        assert_ne!(fall(7), fall(8));
        assert!(Dice::new(1).fall(1.0) && !Dice::new(1).fall(0.0));
    }
}
