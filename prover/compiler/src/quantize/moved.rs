//! What equalization makes of numbers: factors, and offsets.

use crate::number::pow2;

/// Largest difference between an operator's rows that is evened out, as a power of two.
const MAX_OF_ROWS: i32 = 60;
/// Bits by which an operator's rows or results must differ to be worth it.
const WORTH: i32 = 4;

/// A number as it was, times a factor, and an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The factor, positive.
    pub factor: f64,
    /// The offset.
    pub offset: f64,
}

impl Moved {
    /// The number as it was.
    pub const SAME: Moved = Moved { factor: 1.0, offset: 0.0 };

    /// The number times `2^exponent`.
    pub fn by(exponent: i32) -> Self {
        Moved { factor: pow2(exponent), offset: 0.0 }
    }

    /// The number as it was, of what it became.
    pub fn original(&self, value: f64) -> f64 {
        (value - self.offset) / self.factor
    }

    /// Whether integers of it are integers of what it was.
    pub(super) fn is_exact(&self) -> bool {
        self.offset == 0.0 && self.factor.is_normal() && self.factor.to_bits() & ((1 << 52) - 1) == 0
    }
}

/// What an operator's rows are multiplied by, as powers of two, and what its results become.
pub struct Equalizing {
    /// One exponent for each row of its arguments.
    pub rows: Vec<i32>,
    /// One for each result.
    pub results: Vec<Moved>,
}

/// The exponents of values relative to that of the largest, so none is positive; of zero the least of others. `None` where all are about
/// the same.
pub(crate) fn relative(values: &[f64]) -> Option<Vec<i32>> {
    let exponents: Vec<Option<i32>> = values.iter().map(|&value| exponent(value)).collect();
    let largest = exponents.iter().flatten().max().copied()?;
    let relative = |e: i32| (e - largest).max(-MAX_OF_ROWS);
    let least = exponents.iter().flatten().map(|&e| relative(e)).min().unwrap_or(0);
    (least <= -WORTH).then(|| exponents.iter().map(|e| e.map_or(least, relative)).collect())
}

/// `floor(log2(value))`; `None` for zero and numbers that are not normal.
pub(super) fn exponent(value: f64) -> Option<i32> {
    let biased = ((value.to_bits() >> 52) & 0x7ff) as i32;
    value.is_normal().then_some(biased - 1023)
}
