//! Division by a power of two with rounding: `q = floor((x + 2^(s-1)) / 2^s)`; ties go up, also for
//! negative `x`. `s = 0` leaves `x` as it is.
//!
//! With `v = x + 2^(s-1) - q_lo * 2^s`, where `q_lo` is the smallest quotient that the interval of `x`
//! allows, the constraints are `v = 2^s * Q + R`, `R` in `[0, 2^s)` and `Q` in `[0, 2^k)`. `Q` needs its
//! range proof as much as `R` does: over the field, some `Q` fits any `R`.
//!
//! Cost: `s + k` constraints and wires less one, `k` the bits of the quotient's interval: one for
//! each bit of `v`. Bit 0 of `R` and of `Q` are linear combinations, not wires.
//!
//! No wrap-around: `2^s * Q + R` stays below 2^62.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::{bit_length, high_bits, remainder};
use crate::program::Instruction;

/// Largest shift.
pub const MAX_SHIFT: u32 = 58;

/// Integer reference.
pub fn reference(x: i64, shift: u32) -> i64 {
    let shift = shift.min(MAX_SHIFT);
    // |x + half| < 2^64 and the shift keeps the result within i64.
    let quotient = (i128::from(x) + i128::from(half(shift))) >> shift;
    i64::try_from(quotient).unwrap_or(if quotient < 0 { i64::MIN } else { i64::MAX })
}

/// What rounding adds: `2^(s-1)`, or 0 for `s = 0`.
pub(crate) fn half(shift: u32) -> i64 {
    if shift == 0 { 0 } else { 1 << (shift.min(62) - 1) }
}

/// The interval of quotients of an interval.
pub(crate) fn quotients(x: &Bounded, shift: u32) -> (i128, i128) {
    let half = i128::from(half(shift));
    ((x.lo() + half) >> shift, (x.hi() + half) >> shift)
}

pub(crate) fn check_shift(operation: &'static str, shift: u32) -> Result<(), BuildError> {
    if shift <= MAX_SHIFT {
        return Ok(());
    }
    Err(BuildError::Bits { operation, bits: shift, min: 0, max: MAX_SHIFT })
}

/// `floor((x + 2^(shift-1)) / 2^shift)`.
pub fn constrain(b: &mut Builder, x: &Bounded, shift: u32) -> Result<Bounded, BuildError> {
    check_shift("division by a power of two", shift)?;
    if shift == 0 {
        return Ok(x.clone());
    }
    let (lowest, highest) = quotients(x, shift);
    let overflow = BuildError::Overflow { operation: "division by a power of two", lo: lowest, hi: highest };
    let (Ok(base), Ok(span)) = (i64::try_from(lowest), i64::try_from(highest - lowest)) else {
        return Err(overflow);
    };
    if span == 0 {
        return Bounded::constant(base);
    }
    let v = x.add_const(half(shift))?.add_const(-(base << shift))?;
    let k = bit_length(i128::from(span));
    b.scope("div_pow2", |b| {
        let low = high_bits(b, &v, 1, shift - 1, "remainder bit")?;
        let narrow = u8::try_from(shift).map_err(|_| overflow)?;
        b.instruct(Instruction::Quotient { shift: narrow }, &[&v])?;
        let quotient = Bounded::proven_wire(b.integer_wire()?, span);
        let high = high_bits(b, &v, shift + 1, k - 1, "quotient bit")?;
        // bit 0 of Q = Q - sum_{i>=1} 2^i * q_i
        b.enforce_bit("quotient bit 0 completes the quotient", &remainder(&quotient, &high, 1)?.to_lc())?;
        // bit 0 of R = v - 2^s * Q - sum_{i>=1} 2^i * r_i
        let rest = Bounded::combine("division by a power of two", &[(&v, 1), (&quotient, -(1 << shift))], 0)?;
        b.enforce_bit("remainder bit 0 completes the sum", &remainder(&rest, &low, 1)?.to_lc())?;
        quotient.add_const(base)
    })
}
