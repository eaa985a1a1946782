//! Who is told of what happens in a service: logs, and the board with its numbers.

use std::sync::Arc;

use super::health::Board;
use super::journal::End;
use super::metrics::{
    DECISIONS, ENDS, FAILURES, LEFT_OUT, LOOK_SECONDS, PROOF_SECONDS, REACTION_SECONDS, SENDS, TARGETS,
};
use super::pipeline::{Told, counted};
use super::wallet::Event;

/// Who is told of what happens. What does not matter to somebody needs no answer.
pub trait Hear: Send + Sync {
    /// Something about accounts.
    fn pipeline(&self, told: &Told<'_>) {
        let _ = told;
    }

    /// Something about a transaction.
    fn transaction(&self, event: &Event<'_>) {
        let _ = event;
    }

    /// What came of a look at the prices that are to be posted.
    fn prices(&self, posted: &Result<(), String>) {
        let _ = posted;
    }

    /// Whether subscriptions stand.
    fn connected(&self, is_connected: bool) {
        let _ = is_connected;
    }

    /// A subscription told something.
    fn notified(&self) {}

    /// The slot at which the server reads, the newest one that a subscription told of, and how many accounts are kept.
    fn tick(&self, slot: u64, cluster: u64, accounts: usize) {
        let _ = (slot, cluster, accounts);
    }

    /// The server did not answer.
    fn unanswered(&self, error: &assay_chain::Error) {
        let _ = error;
    }
}

/// Nobody.
impl Hear for () {}

/// Several.
pub struct All(pub Vec<Arc<dyn Hear>>);

impl Hear for All {
    fn pipeline(&self, told: &Told<'_>) {
        self.0.iter().for_each(|one| one.pipeline(told));
    }

    fn transaction(&self, event: &Event<'_>) {
        self.0.iter().for_each(|one| one.transaction(event));
    }

    fn prices(&self, posted: &Result<(), String>) {
        self.0.iter().for_each(|one| one.prices(posted));
    }

    fn connected(&self, is_connected: bool) {
        self.0.iter().for_each(|one| one.connected(is_connected));
    }

    fn notified(&self) {
        self.0.iter().for_each(|one| one.notified());
    }

    fn tick(&self, slot: u64, cluster: u64, accounts: usize) {
        self.0.iter().for_each(|one| one.tick(slot, cluster, accounts));
    }

    fn unanswered(&self, error: &assay_chain::Error) {
        self.0.iter().for_each(|one| one.unanswered(error));
    }
}

/// The board counts.
impl Hear for Board {
    fn pipeline(&self, told: &Told<'_>) {
        let metrics = &self.metrics;
        match told {
            Told::Looked { lane, looks, left_out, took } => {
                self.sees(lane, None);
                metrics.set(TARGETS, [lane], looks.len() as f64);
                metrics.set(LEFT_OUT, [lane], *left_out as f64);
                metrics.observe(LOOK_SECONDS, [lane], *took);
                for (decision, count) in counted(looks) {
                    metrics.add(DECISIONS, [lane, &decision], count as u64);
                }
            }
            Told::Blind { lane, error } => {
                self.sees(lane, Some(error.to_string()));
                metrics.add(FAILURES, [lane, &error.reason()], 1);
            }
            Told::Worked { lane, found, counters, .. } => {
                // One proof an account: its latency is the only one.
                if let Some(proof) = counters.latency.percentile(100) {
                    metrics.observe(PROOF_SECONDS, [lane], proof);
                }
                if let Err(error) = found {
                    metrics.add(FAILURES, [lane, &error.reason()], 1);
                }
            }
        }
    }

    fn transaction(&self, event: &Event<'_>) {
        let metrics = &self.metrics;
        match event {
            Event::Sending { flight, since } => {
                metrics.add(SENDS, [&flight.action], 1);
                metrics.observe(REACTION_SECONDS, [&flight.action], *since);
            }
            Event::Unbundled { .. } => metrics.add(FAILURES, ["bundles", "not taken"], 1),
            Event::Ended { flight, end } => {
                let outcome = match end {
                    End::Landed { .. } => "landed",
                    End::Failed { .. } => "failed",
                    End::Expired => "expired",
                    End::Unknown => "unknown",
                };
                metrics.add(ENDS, [&flight.action, outcome], 1);
            }
        }
    }

    fn prices(&self, posted: &Result<(), String>) {
        if posted.is_err() {
            self.metrics.add(FAILURES, ["prices", "not posted"], 1);
        }
        self.posts(posted.as_ref().err().cloned());
    }

    fn connected(&self, is_connected: bool) {
        Self::connected(self, is_connected);
    }

    fn notified(&self) {
        Self::notified(self);
    }

    fn tick(&self, slot: u64, cluster: u64, accounts: usize) {
        self.answered(slot, cluster, accounts);
    }

    fn unanswered(&self, _: &assay_chain::Error) {
        Self::unanswered(self);
    }
}
