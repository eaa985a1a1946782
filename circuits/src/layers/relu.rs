//! ReLU: `y = max(x, 0)`.
//!
//! Cost: `n + 1` constraints a value of `n` bits with its sign; none where the interval has one sign.
//! Behind a requantization, [`crate::layers::requantize::requantize_relu`] is cheaper.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::clamp;

/// Integer reference.
pub fn reference(x: i64) -> i64 {
    x.max(0)
}

/// Applies ReLU to each value.
pub fn constrain(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    b.scope("relu", |b| x.iter().map(|x| constrain_one(b, x)).collect())
}

/// Applies ReLU to one value.
pub fn constrain_one(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    if x.lo() >= 0 {
        return Ok(x.clone());
    }
    // Intervals stay within ±2^60, so no value is above this bound.
    clamp::constrain(b, x, 0, 0, 1 << crate::bounded::LIMIT_BITS)
}
