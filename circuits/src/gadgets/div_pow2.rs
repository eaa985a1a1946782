//! Division by a power of two with rounding: `q = floor((x + 2^(s-1)) / 2^s)`; ties go up, also for
//! negative `x`. `s = 0` leaves `x` as it is.
//!
//! With `v = x + 2^(s-1) - q_lo * 2^s`, where `q_lo` is the smallest quotient that the interval of `x`
//! allows, the constraints are `v = 2^s * Q + R`, `R` in `[0, 2^s)` and `Q` in `[0, 2^k)`. `Q` needs its
//! range proof as much as `R` does: over the field, some `Q` fits any `R`.
//!
//! Cost: `s + k` constraints and wires less one, `k` the bits of the quotient's interval: one for
//! each bit of `v`. Bit 0 of `R` and of `Q` are linear combinations, not wires. By lookup: a query a digit, of `R` in
//! `[0, 2^s)` and of `Q >= 0`, whose upper end follows from that of `v`: see [`crate::gadgets::lookup::digits`].
//!
//! No wrap-around: `2^s * Q + R` stays below 2^62.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::{high_bits, remainder};
use crate::gadgets::lookup::digits::{assert_integer_width, assert_loose};
use crate::instruction::Instruction;
use crate::integer::{Interval, bit_length, half, quotients};
use crate::lookups::Ranges;

/// Largest shift.
pub const MAX_SHIFT: u32 = 58;

/// Integer reference.
pub fn reference(x: i64, shift: u32) -> i64 {
    let shift = shift.min(MAX_SHIFT);
    // Half of a bit that is dropped: where there is one, the shift keeps the result within i64; else it is x.
    ((i128::from(x) + i128::from(half(shift))) >> shift) as i64
}

/// Fails on a shift that is too large.
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
    let (lowest, highest) = quotients(x.interval(), shift);
    let overflow = BuildError::Overflow { operation: "division by a power of two", lo: lowest, hi: highest };
    let (Ok(base), Ok(span)) = (i64::try_from(lowest), i64::try_from(highest - lowest)) else {
        return Err(overflow);
    };
    if span == 0 {
        return Bounded::constant(base);
    }
    let v = x.add_const(half(shift))?.add_const(-(base << shift))?;
    let k = bit_length(i128::from(span));
    if b.ranges() == Ranges::Lookup {
        return b.scope("div_pow2", |b| {
            let quotient = divide(b, &v, shift, span)?;
            assert_loose(b, &quotient, k)?;
            quotient.add_const(base)
        });
    }
    b.scope("div_pow2", |b| {
        let low = high_bits(b, &v, 1, shift - 1, "remainder bit")?;
        let narrow = u8::try_from(shift).map_err(|_| overflow)?;
        b.instruct(Instruction::Quotient { shift: narrow }, &[&v])?;
        let quotient = b.bounded_wire(span)?;
        let high = high_bits(b, &v, shift + 1, k - 1, "quotient bit")?;
        // bit 0 of Q = Q - sum_{i>=1} 2^i * q_i
        b.enforce_bit("quotient bit 0 completes the quotient", &remainder(&quotient, &high, 1)?.to_lc())?;
        // bit 0 of R = v - 2^s * Q - sum_{i>=1} 2^i * r_i
        let rest = Bounded::combine("division by a power of two", &[(&v, 1), (&quotient, -(1 << shift))], 0)?;
        b.enforce_bit("remainder bit 0 completes the sum", &remainder(&rest, &low, 1)?.to_lc())?;
        quotient.add_const(base)
    })
}

/// A wire `Q` with `v - 2^shift * Q` in `[0, 2^shift)`, by lookup; `floor(v / 2^shift)` is in `[0, span]`
/// by the interval of `v`. The caller must prove that `Q` is a small integer: with that, it is the
/// quotient, hence at most `span`.
pub(crate) fn divide(b: &mut Builder, v: &Bounded, shift: u32, span: i64) -> Result<Bounded, BuildError> {
    let narrow = u8::try_from(shift).map_err(|_| BuildError::TooLarge { what: "bits of a shift" })?;
    b.instruct(Instruction::Quotient { shift: narrow }, &[v])?;
    let quotient = b.bounded_wire(span)?;
    let rest = Bounded::combine("division by a power of two", &[(v, 1), (&quotient, -(1 << shift))], 0)?;
    assert_integer_width(b, &rest, shift)?;
    Ok(quotient)
}

/// `x = 2^shift * a + r` with `0 <= r < 2^shift`: a division that is rounded down, and what it leaves. The shift is at least 1.
pub(crate) fn split(b: &mut Builder, x: &Bounded, shift: u32) -> Result<(Bounded, Bounded), BuildError> {
    let a = constrain(b, &x.add_const(-half(shift))?, shift)?;
    let r = Bounded::combine("remainder of a division by a power of two", &[(x, 1), (&a, -(1 << shift))], 0)?;
    // The division proves it.
    Ok((a, r.proven(0, (1 << shift) - 1)))
}

/// Adds what [`split`] costs for a value of this interval; returns those of both.
pub(crate) fn split_cost(t: &mut Tally, (lo, hi): Interval, shift: u32) -> (Interval, Interval) {
    let half = i128::from(half(shift));
    let a = cost(t, (lo - half, hi - half), shift);
    (a, ((lo - (a.1 << shift)).max(0), (hi - (a.0 << shift)).min((1 << shift) - 1)))
}

/// Adds what [`constrain`] costs for a value of an interval; returns the interval of the quotients.
pub fn cost(t: &mut Tally, x: Interval, shift: u32) -> Interval {
    if shift == 0 {
        return x;
    }
    let quotients = quotients(x, shift);
    if quotients.0 != quotients.1 {
        t.integer(shift);
        t.loose(bit_length(quotients.1 - quotients.0));
    }
    quotients
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("div_pow2 of 24 bits by 2^8", 1, 24, |b, x| Ok(vec![constrain(b, &x[0], 8)?]))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, forge, gadget, gadget_with_bounds, one,
        wires_of,
    };
    use ark_bn254::Fr;
    use ark_ff::{Field, Zero};
    use proptest::prelude::*;

    #[test]
    fn the_reference_rounds_half_up() {
        let cases =
            [(5, 1, 3), (-5, 1, -2), (-6, 2, -1), (6, 2, 2), (-7, 2, -2), (7, 0, 7), (-1, 1, 0), (-3, 1, -1)];
        for (x, shift, expected) in cases {
            assert_eq!(reference(x, shift), expected, "{x} / 2^{shift}");
            assert_eq!(reference(x, shift), (x as f64 / f64::from(1 << shift) + 0.5).floor() as i64);
        }
    }

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for bits in 1..=8u8 {
            for shift in 0..=u32::from(bits) + 1 {
                let (circuit, bounds) =
                    gadget_with_bounds(1, bits, |b, x| Ok(vec![constrain(b, &x[0], shift)?]))?;
                check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| vec![reference(x[0], shift)]);
                assert_costs(
                    1,
                    bits,
                    |b, x| Ok(vec![constrain(b, &x[0], shift)?]),
                    |t, x| {
                        let quotients = cost(t, x[0], shift);
                        assert_eq!([quotients], bounds[..]);
                    },
                )?;
            }
        }
        Ok(())
    }

    fn by_eight(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![constrain(b, &x[0], 3)?])
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, by_eight)?;
        // v = x + 4 + 16 * 8 has 9 bits: 3 of the remainder, 6 of the quotient.
        assert_eq!(circuit.stats().constraints, 8 + 9);
        assert_every_constraint_is_needed(&circuit, &[vec![0], vec![127], vec![-128], vec![3], vec![4]]);
        Ok(())
    }

    #[test]
    fn a_wrong_quotient_has_no_remainder() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, by_eight)?;
        let quotient = wires_of(&circuit, "quotient bit 0 completes the quotient")[0];
        let low = wires_of(&circuit, "remainder bit");
        let high = wires_of(&circuit, "quotient bit");
        // x = 0: v = 4 + 128, quotient 16, remainder 4.
        // One more, with all its bits right, leaves the remainder -4.
        let sum = "div_pow2/remainder bit 0 completes the sum";
        let bits = |q: u64| (1..).zip(&high).map(move |(i, &w)| (w, Fr::from((q >> i) & 1)));
        let changes: Vec<_> = bits(17).chain([(quotient, Fr::from(17u64))]).collect();
        assert_eq!(forge(&circuit, &[0], &changes), sum);
        // One less leaves 12, which three bits do not hold.
        let changes: Vec<_> = bits(15).chain([(quotient, Fr::from(15u64))]).collect();
        assert_eq!(forge(&circuit, &[0], &changes), sum);
        // The remainder 2 with the field's quotient (v - 2) / 8, which is no small integer.
        let fraction = Fr::from(130u64) * Fr::from(8u64).inverse().unwrap_or_default();
        let changes = [(quotient, fraction), (low[1], Fr::zero()), (low[0], one())];
        assert_eq!(forge(&circuit, &[0], &changes), "div_pow2/quotient bit 0 completes the quotient");
        Ok(())
    }

    #[test]
    fn a_shift_beyond_the_limit_is_refused() {
        let wide = gadget(1, 8, |b, x| Ok(vec![constrain(b, &x[0], MAX_SHIFT + 1)?]));
        assert!(matches!(wide, Err(BuildError::Bits { bits: 59, max: MAX_SHIFT, .. })), "{wide:?}");
        let all_gone = gadget_with_bounds(1, 8, |b, x| Ok(vec![constrain(b, &x[0], MAX_SHIFT)?]));
        assert!(matches!(all_gone.map(|(_, bounds)| bounds), Ok(bounds) if bounds == [(0, 0)]));
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(
            x in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX), -2..2i32],
            factor in prop_oneof![1i64..1 << 26, Just(1 << 26)],
            shift in 0..=MAX_SHIFT,
        ) {
            let (circuit, bounds) =
                gadget_with_bounds(1, 32, |b, v| Ok(vec![constrain(b, &v[0].mul_const(factor)?, shift)?]))?;
            check(&circuit, &bounds, [vec![x.into()]], |x| vec![reference(x[0] * factor, shift)]);
        }
    }
}
