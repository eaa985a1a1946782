//! Signed comparison: a bit that says whether `d >= 0`.
//!
//! With `d` in `[-2^(n-1), 2^(n-1))` by its interval, `u = d + 2^(n-1)` is in `[0, 2^n)`, and its top bit
//! is the answer. Cost: `n` constraints and `n - 1` wires; none if the interval decides, or if
//! `d` can only be -1 or 0.
//!
//! Zero has one sign: `d = 0` gives `u = 2^(n-1)`, whose top bit is 1 in its only decomposition.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::{assert_bits, bit_length};

/// Integer reference of [`is_non_negative`].
pub fn reference(d: i64) -> i64 {
    i64::from(d >= 0)
}

/// A signed value taken apart: `d = 2^(n-1) * (sign - 1) + sum_{i<n-1} 2^i * bits_i`.
pub(crate) struct Signed {
    /// 1 where `d >= 0`.
    pub(crate) non_negative: Bounded,
    /// The bits of `d` if it is non-negative, else of `d + 2^(n-1)`.
    pub(crate) bits: Vec<Bounded>,
}

/// Takes `d` apart. Its interval must contain -1 and 0.
pub(crate) fn split(b: &mut Builder, d: &Bounded) -> Result<Signed, BuildError> {
    let magnitude = bit_length(d.hi()).max(bit_length(-d.lo() - 1));
    let u = d.add_const(1i64 << magnitude.min(62))?;
    if magnitude == 0 {
        // d is -1 or 0, so u is 0 or 1 by its interval.
        return Ok(Signed { non_negative: u, bits: Vec::new() });
    }
    let mut bits = assert_bits(b, &u, magnitude + 1)?;
    let non_negative = bits.pop().ok_or(BuildError::Empty { operation: "comparison" })?;
    Ok(Signed { non_negative, bits })
}

/// 1 where `d >= 0`, else 0.
pub fn is_non_negative(b: &mut Builder, d: &Bounded) -> Result<Bounded, BuildError> {
    if d.lo() >= 0 {
        return Bounded::constant(1);
    }
    if d.hi() < 0 {
        return Bounded::constant(0);
    }
    b.scope("compare", |b| Ok(split(b, d)?.non_negative))
}

/// 1 where `x < y`.
pub fn less_than(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    is_non_negative(b, &y.sub(x)?.add_const(-1)?)
}

/// 1 where `x <= y`.
pub fn at_most(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    is_non_negative(b, &y.sub(x)?)
}

/// 1 where `x > y`.
pub fn greater_than(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    less_than(b, y, x)
}

/// 1 where `x >= y`.
pub fn at_least(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    at_most(b, y, x)
}
