//! What makes integers differ from real numbers.

use serde::Serialize;

/// What makes the difference between integers and real numbers. Each is signed: together they are an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Causes {
    /// Weights and constants that are integers.
    pub weights: f64,
    /// Sums that are rounded to a coarser scale.
    pub rounding: f64,
    /// Values that are clamped: to what a format holds, or to what a table has entries for.
    pub saturation: f64,
    /// Entries of tables, and what other operators make of integers.
    pub tables: f64,
}

impl Causes {
    /// All of them together.
    pub fn sum(&self) -> f64 {
        self.weights + self.rounding + self.saturation + self.tables
    }

    /// In another unit.
    pub(super) fn scaled(self, by: f64) -> Self {
        let Causes { weights, rounding, saturation, tables } = self;
        Causes {
            weights: weights * by,
            rounding: rounding * by,
            saturation: saturation * by,
            tables: tables * by,
        }
    }
}
