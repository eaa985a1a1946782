//! Requantization: `y = clamp(floor((acc + 2^(s-1)) / 2^s), lo, hi)`, and the same fused with ReLU.
//!
//! Rounds half up, for negative accumulators as well; `s = 0` only clamps. A bound costs constraints
//! only if the accumulator's interval can exceed it: see [`crate::gadgets::clamp`] for the equations.
//! For an accumulator of `n` bits with its sign, and outputs of 2^m values: `n` constraints if nothing
//! can saturate, about `n + 2` to `n + 4` if both bounds can.
//!
//! `requantize_relu` is `max(requantize(acc), 0)` in one clamp, with the lower bound raised to 0: the
//! sign bit serves rounding and ReLU together, so ReLU adds one constraint.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::clamp;

/// Parameters of a requantization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requantize {
    /// Bits dropped: the output's scale is `2^shift` times coarser.
    pub shift: u32,
    /// Smallest output.
    pub lo: i64,
    /// Largest output.
    pub hi: i64,
}

impl Requantize {
    /// To signed integers of `bits` bits.
    pub fn signed(shift: u32, bits: u32) -> Self {
        let half = 1i64 << bits.clamp(1, 62).saturating_sub(1);
        Self { shift, lo: -half, hi: half - 1 }
    }

    /// To unsigned integers of `bits` bits.
    pub fn unsigned(shift: u32, bits: u32) -> Self {
        Self { shift, lo: 0, hi: (1i64 << bits.min(61)) - 1 }
    }

    /// The same parameters with ReLU behind them.
    pub fn relu(self) -> Self {
        Self { shift: self.shift, lo: self.lo.max(0), hi: self.hi.max(0) }
    }
}

/// Integer reference of requantization.
pub fn reference(acc: i64, parameters: Requantize) -> i64 {
    clamp::reference(acc, parameters.shift, parameters.lo, parameters.hi)
}

/// Integer reference of requantization followed by ReLU.
pub fn reference_relu(acc: i64, parameters: Requantize) -> i64 {
    reference(acc, parameters).max(0)
}

/// Requantizes one value.
pub fn constrain_one(b: &mut Builder, acc: &Bounded, p: Requantize) -> Result<Bounded, BuildError> {
    clamp::constrain(b, acc, p.shift, p.lo, p.hi)
}

/// Requantizes each value.
pub fn constrain(b: &mut Builder, acc: &[Bounded], p: Requantize) -> Result<Vec<Bounded>, BuildError> {
    b.scope("requantize", |b| acc.iter().map(|acc| constrain_one(b, acc, p)).collect())
}

/// Requantizes each value and applies ReLU.
pub fn requantize_relu(b: &mut Builder, acc: &[Bounded], p: Requantize) -> Result<Vec<Bounded>, BuildError> {
    b.scope("requantize_relu", |b| acc.iter().map(|acc| constrain_one(b, acc, p.relu())).collect())
}
