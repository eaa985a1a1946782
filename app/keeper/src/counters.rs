//! What a keeper has done, as numbers that a metrics endpoint can show.

use std::collections::BTreeMap;
use std::time::Duration;

/// Counts since the keeper was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counters {
    /// Accounts looked at.
    pub checks: u64,
    /// Times that the model was asked off chain.
    pub evaluations: u64,
    /// Transactions that prepared others.
    pub prepared: u64,
    /// Proofs made.
    pub proofs: u64,
    /// Transactions that settled an account, by the instruction's name.
    pub settled: BTreeMap<&'static str, u64>,
    /// Tokens spent out of the wallet, base units.
    pub spent: u64,
    /// How long each proof took.
    pub latency: Latency,
    /// Failures, by reason: the error's own name.
    pub failures: BTreeMap<String, u64>,
}

impl Counters {
    /// Counts a settled account and what it took.
    pub(crate) fn settle(&mut self, action: &'static str, spent: u64) {
        let count = self.settled.entry(action).or_insert(0);
        *count = count.saturating_add(1);
        self.spent = self.spent.saturating_add(spent);
    }

    /// Counts a failure.
    pub(crate) fn fail(&mut self, reason: impl Into<String>) {
        let count = self.failures.entry(reason.into()).or_insert(0);
        *count = count.saturating_add(1);
    }
}

/// How long proofs took: solving for the witness, and the proof itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    samples: Vec<Duration>,
    next: usize,
}

/// Latencies kept: the latest ones.
const KEPT: usize = 1_024;

impl Latency {
    /// Adds one; the oldest is forgotten when there are many.
    pub(crate) fn record(&mut self, duration: Duration) {
        match self.samples.get_mut(self.next) {
            Some(oldest) => *oldest = duration,
            None => self.samples.push(duration),
        }
        self.next = (self.next + 1) % KEPT;
    }

    /// Samples kept.
    pub fn count(&self) -> usize {
        self.samples.len()
    }

    /// The duration that `percent` of the samples do not exceed; 50 is the median. `None` without samples.
    pub fn percentile(&self, percent: u8) -> Option<Duration> {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * usize::from(percent.min(100))).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile(50), None);
        for millis in [5, 1, 4, 2, 3] {
            latency.record(Duration::from_millis(millis));
        }
        for (percent, millis) in [(0, 1), (20, 1), (50, 3), (90, 5), (100, 5), (255, 5)] {
            assert_eq!(latency.percentile(percent), Some(Duration::from_millis(millis)), "{percent}");
        }
    }

    #[test]
    fn only_the_latest_are_kept() {
        let mut latency = Latency::default();
        for micros in 0..3 * KEPT as u64 {
            latency.record(Duration::from_micros(micros));
        }
        assert_eq!(latency.count(), KEPT);
        assert_eq!(latency.percentile(0), Some(Duration::from_micros(2 * KEPT as u64)));
    }

    #[test]
    fn failures_are_counted_by_reason() {
        let mut counters = Counters::default();
        for reason in ["a", "b", "a"] {
            counters.fail(reason);
        }
        assert_eq!(counters.failures.into_iter().collect::<Vec<_>>(), [("a".into(), 2), ("b".into(), 1)]);
    }
}
