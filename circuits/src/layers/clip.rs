//! Clip: `y = clamp(x, lo, hi)`.
//!
//! Cost: nothing for a bound that the interval cannot exceed; else as [`crate::gadgets::clamp`] with
//! shift 0.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::clamp;

/// Integer reference.
pub fn reference(x: i64, lo: i64, hi: i64) -> i64 {
    clamp::reference(x, 0, lo, hi)
}

/// Clips each value to `[lo, hi]`.
pub fn constrain(b: &mut Builder, x: &[Bounded], lo: i64, hi: i64) -> Result<Vec<Bounded>, BuildError> {
    b.scope("clip", |b| x.iter().map(|x| clamp::constrain(b, x, 0, lo, hi)).collect())
}
