//! Counts of numbers by their size.

use serde::Serialize;

/// Bins of a histogram.
pub const BINS: usize = 64;

/// How many numbers fall into each of [`BINS`] equal parts of an interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last bin ends.
    pub high: f64,
    /// Numbers in each bin.
    pub counts: Vec<usize>,
    /// Numbers below the first bin.
    pub below: usize,
    /// Numbers above the last bin.
    pub above: usize,
}

impl Histogram {
    /// No numbers, over an interval that is not empty.
    pub(super) fn new(low: f64, high: f64) -> Self {
        Histogram { low, high, counts: vec![0; BINS], below: 0, above: 0 }
    }

    /// Counts a number; NaN is in no bin.
    pub(super) fn add(&mut self, value: f64) {
        if value < self.low {
            self.below += 1;
        } else if value > self.high {
            self.above += 1;
        } else {
            let bin = (value - self.low) / (self.high - self.low) * BINS as f64;
            if !value.is_nan() {
                self.counts[(bin as usize).min(BINS - 1)] += 1;
            }
        }
    }

    /// Numbers in all bins and outside.
    pub fn total(&self) -> usize {
        self.counts.iter().sum::<usize>() + self.below + self.above
    }
}
