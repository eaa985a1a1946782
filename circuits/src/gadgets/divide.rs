//! Division with the remainder constrained: `a = q * d + r`, `0 <= r < d`, so `q = floor(a / d)`.
//!
//! The quotient's bits are the advice, found from the top as on paper; what proves them is only the last line:
//!
//! ```text
//! q_i * q_i = q_i          q = sum 2^i * q_i
//! q_i * d = p_i            r = a - sum 2^i * p_i
//! r in [0, 2^n)            d - 1 - r in [0, 2^n)            n the bits of the largest d
//! ```
//!
//! Both range checks are needed: the first alone admits smaller quotients, the second larger ones. Euclid's
//! division has one solution over the integers, and no side leaves ±2^60, so none wraps around the field. For that, the largest
//! quotient times the largest divisor must stay below 2^59 or so: a dividend and a divisor that both vary widely do not.
//!
//! Dividends of either sign: with the smallest quotient `q_0` that intervals allow, the bits are those of `q - q_0`, and
//! `r = a - q_0 * d - sum 2^i * p_i`. Nothing else changes: the last line has one solution for any integer `a`.
//!
//! Cost, `k` the bits of the largest quotient (of the difference to the smallest, where it is negative): `2 * k` and two range checks of `n` bits. By a constant the products are
//! linear: `k` and two range checks, [`by_constant`]; by a power of two, [`div_pow2`].

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::{high_bits, recompose, require};
use crate::gadgets::{div_pow2, range};
use crate::integer::{Interval, bit_length, difference, half, sum, times};

/// Quotient and remainder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotient {
    /// `floor(a / d)`.
    pub quotient: Bounded,
    /// `a - quotient * d`, in `[0, d)`.
    pub remainder: Bounded,
}

/// Integer reference: quotient, rounded down, and remainder; `d` is positive.
pub fn reference(a: i64, d: i64) -> (i64, i64) {
    (a.div_euclid(d.max(1)), a.rem_euclid(d.max(1)))
}

const OPERATION: &str = "division";

/// `floor(a / d)` for `d >= 1`, proven.
pub fn constrain(b: &mut Builder, a: &Bounded, d: &Bounded) -> Result<Quotient, BuildError> {
    require(d, 1, d.hi().max(1), OPERATION)?;
    constrain_within(b, a, d, quotients(a.interval(), d.interval()))
}

/// As [`constrain`], where the caller knows that all quotients lie within `ends`: the interval of a dividend that was chosen
/// by a comparison with the divisor does not say so. The bits prove no more than `[ends.0, ends.0 + 2^k)`, whatever the
/// caller knows.
pub(crate) fn constrain_within(
    b: &mut Builder,
    a: &Bounded,
    d: &Bounded,
    ends: Interval,
) -> Result<Quotient, BuildError> {
    require(d, 1, d.hi().max(1), OPERATION)?;
    if let Some(divisor) = d.as_constant() {
        let overflow = BuildError::Overflow { operation: OPERATION, lo: divisor, hi: divisor };
        return by_constant(b, a, i64::try_from(divisor).map_err(|_| overflow)?);
    }
    let base = narrow(OPERATION, ends.0.min(0))?;
    b.scope("divide", |b| {
        let mut rest = Bounded::combine(OPERATION, &[(a, 1), (d, -base)], 0)?;
        let mut bits = Vec::new();
        for i in (0..bit_length(ends.1 - i128::from(base))).rev() {
            let bit = quotient_bit(b, &rest, &d.mul_const(1 << i)?)?;
            let hi = narrow(OPERATION, d.hi())?;
            let product = b.product_wire("bit * divisor", &bit, d, &Bounded::constant(0)?, hi)?;
            rest = rest.sub(&product.mul_const(1 << i)?)?;
            bits.push(bit);
        }
        bits.reverse();
        let remainder = below(b, &rest, d)?;
        let quotient = recompose(&bits)?.add_const(base)?.proven(ends.0, ends.1);
        Ok(Quotient { quotient, remainder })
    })
}

/// The interval of `floor(a / d)`, `d` positive.
pub(crate) fn quotients(a: Interval, d: Interval) -> Interval {
    let (least, most) = (d.0.max(1), d.1.max(1));
    (a.0.div_euclid(if a.0 < 0 { least } else { most }), a.1.div_euclid(if a.1 < 0 { most } else { least }))
}

/// `floor(a / d)` for a constant `d >= 1` and any `a`.
pub fn by_constant(b: &mut Builder, a: &Bounded, d: i64) -> Result<Quotient, BuildError> {
    const OPERATION: &str = "division by a constant";
    if d < 1 {
        let d = i128::from(d);
        return Err(BuildError::NotProven {
            operation: OPERATION,
            index: 0,
            lo: d,
            hi: d,
            min: 1,
            max: i64::MAX.into(),
        });
    }
    let divisor = i128::from(d);
    let (lowest, highest) = (a.lo().div_euclid(divisor), a.hi().div_euclid(divisor));
    let base = narrow(OPERATION, lowest)?;
    let quotient = if lowest == highest {
        Bounded::constant(base)?
    } else if d.count_ones() == 1 {
        // div_pow2 rounds to the nearest: take that back.
        let shift = d.trailing_zeros();
        div_pow2::constrain(b, &a.add_const(-half(shift))?, shift)?
    } else {
        b.scope("divide", |b| {
            let mut rest = a.add_const(narrow(OPERATION, -lowest * divisor)?)?;
            let mut bits = Vec::new();
            for i in (0..bit_length(highest - lowest)).rev() {
                let weight = narrow(OPERATION, divisor << i)?;
                let bit = quotient_bit(b, &rest, &Bounded::constant(weight)?)?;
                rest = Bounded::combine(OPERATION, &[(&rest, 1), (&bit, -weight)], 0)?;
                bits.push(bit);
            }
            bits.reverse();
            below(b, &rest, &Bounded::constant(d)?)?;
            recompose(&bits)?.proven(0, highest - lowest).add_const(base)
        })?
    };
    let remainder = Bounded::combine(OPERATION, &[(a, 1), (&quotient, -d)], 0)?.proven(0, divisor - 1);
    Ok(Quotient { quotient, remainder })
}

/// Advice: 1 where `rest >= weight`. Nothing ties it to them but what the caller proves of the remainder.
fn quotient_bit(b: &mut Builder, rest: &Bounded, weight: &Bounded) -> Result<Bounded, BuildError> {
    // The sign of `weight - 1 - rest`.
    let bits = high_bits(b, &weight.sub(rest)?.add_const(-1)?, SIGN, 1, "quotient bit")?;
    bits.into_iter().next().ok_or(BuildError::Empty { operation: OPERATION })
}

/// The sign of a 64-bit integer within ±2^60.
pub(crate) const SIGN: u32 = 63;

/// Proves `0 <= r < d`.
fn below(b: &mut Builder, r: &Bounded, d: &Bounded) -> Result<Bounded, BuildError> {
    let limit = (1i64 << bit_length(d.hi() - 1)) - 1;
    let r = range::constrain(b, r, 0, limit)?;
    let gap = d.sub(&r)?.add_const(-1)?;
    range::constrain(b, &gap, 0, narrow(OPERATION, d.hi())?)?;
    Ok(r.proven(0, d.hi() - 1))
}

/// Adds what [`constrain`] costs for a dividend and a divisor of these intervals; returns that of the quotient.
pub fn cost(t: &mut Tally, a: Interval, d: Interval) -> Interval {
    if d.0 == d.1 {
        return cost_by_constant(t, a, d.0);
    }
    let ends = quotients(a, d);
    cost_within(t, a, d, ends);
    ends
}

/// Adds what [`constrain_within`] costs for a divisor that is no constant.
pub(crate) fn cost_within(t: &mut Tally, a: Interval, d: Interval, ends: Interval) {
    let base = ends.0.min(0);
    let bits = bit_length(ends.1.saturating_sub(base));
    t.add(2 * bits as usize);
    let most = times(d, (1i128 << bits.min(120)) - 1).1;
    let rest = difference(a, times(d, base));
    below_cost(t, (rest.0.saturating_sub(most), rest.1), d);
}

/// Adds what [`by_constant`] costs for a dividend of an interval; returns that of the quotient.
pub fn cost_by_constant(t: &mut Tally, a: Interval, d: i128) -> Interval {
    let d = d.max(1);
    let (lowest, highest) = (a.0.div_euclid(d), a.1.div_euclid(d));
    if lowest == highest {
        return (lowest, highest);
    }
    if d.count_ones() == 1 {
        let half = i128::from(half(d.trailing_zeros()));
        return div_pow2::cost(t, sum(a, (-half, -half)), d.trailing_zeros());
    }
    let bits = bit_length(highest - lowest);
    t.add(bits as usize);
    let most = d.saturating_mul((1i128 << bits.min(120)) - 1);
    below_cost(t, (a.0 - lowest * d - most, a.1 - lowest * d), (d, d));
    (lowest, highest)
}

/// Adds what [`below`] costs.
fn below_cost(t: &mut Tally, r: Interval, d: Interval) {
    let limit = (1i64 << bit_length(d.1 - 1).min(62)) - 1;
    let r = range::cost(t, r, 0, limit);
    let gap = sum(difference(d, r), (-1, -1));
    range::cost(t, gap, 0, i64::try_from(d.1).unwrap_or(i64::MAX));
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("division of 12 bits by 8 bits", 2, 12, |b, x| {
        let divisor = div_pow2::constrain(b, &x[1], 4)?.add_const(129)?;
        let result = constrain(b, &x[0].add_const(1 << 11)?, &divisor)?;
        Ok(vec![result.quotient, result.remainder])
    }),
    Case::new("division of signed 10 bits by 6 bits", 2, 10, |b, x| {
        let divisor = div_pow2::constrain(b, &x[1], 4)?.add_const(33)?;
        let result = constrain(b, &x[0], &divisor)?;
        Ok(vec![result.quotient, result.remainder])
    }),
    Case::new("division of 16 bits by 25", 1, 16, |b, x| {
        by_constant(b, &x[0], 25).map(|result| vec![result.quotient, result.remainder])
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Wire;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, check_values,
        forge, gadget, gadget_with_bounds, wires_of,
    };
    use ark_bn254::Fr;
    use proptest::prelude::*;

    /// Quotient and remainder of `x + 2^(bits-1)` by `y + 2^(bits-1) + 1`.
    fn both(bits: u8) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        move |b, x| {
            let half = 1i64 << (bits - 1);
            let result = constrain(b, &x[0].add_const(half)?, &x[1].add_const(half + 1)?)?;
            Ok(vec![result.quotient, result.remainder])
        }
    }

    fn expected(bits: u8) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| {
            let half = 1i64 << (bits - 1);
            let (q, r) = reference(x[0] + half, x[1] + half + 1);
            vec![q, r]
        }
    }

    #[test]
    fn all_pairs_of_one_to_seven_bits() -> Result<(), BuildError> {
        for bits in 1..=4 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, both(bits))?;
            check(&circuit, &bounds, all_pairs(bits), expected(bits));
        }
        check_both(2, 7, both(7), all_pairs(7).collect::<Vec<_>>(), expected(7))
    }

    /// Quotient and remainder of `x` by `y + 2^(bits-1) + 1`: the dividend is signed.
    fn signed(bits: u8) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        move |b, x| {
            let result = constrain(b, &x[0], &x[1].add_const((1 << (bits - 1)) + 1)?)?;
            Ok(vec![result.quotient, result.remainder])
        }
    }

    #[test]
    fn all_signed_dividends_of_one_to_seven_bits() -> Result<(), BuildError> {
        let expected = |bits: u8| {
            move |x: &[i64]| {
                let (q, r) = reference(x[0], x[1] + (1 << (bits - 1)) + 1);
                vec![q, r]
            }
        };
        for bits in 1..=4 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, signed(bits))?;
            check(&circuit, &bounds, all_pairs(bits), expected(bits));
            assert_costs(2, bits, signed(bits), |t, x| {
                let by = (1i128 << (bits - 1)) + 1;
                assert_eq!(cost(t, x[0], sum(x[1], (by, by))), bounds[0]);
            })?;
        }
        assert_every_constraint_is_needed(&gadget(2, 3, signed(3))?, &all_pairs(3).collect::<Vec<_>>());
        check_both(2, 7, signed(7), all_pairs(7).collect::<Vec<_>>(), expected(7))
    }

    fn halves(d: i64) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        move |b, x| {
            let result = by_constant(b, &x[0], d)?;
            Ok(vec![result.quotient, result.remainder])
        }
    }

    #[test]
    fn all_values_by_small_constants() -> Result<(), BuildError> {
        for d in (1..=20).chain([127, 128, 255, 256, 300]) {
            let (circuit, bounds) = gadget_with_bounds(1, 8, halves(d))?;
            let expected = |x: &[i64]| {
                let (q, r) = reference(x[0], d);
                vec![q, r]
            };
            check_both(1, 8, halves(d), all(8).map(|x| vec![x]), expected)?;
            check(&circuit, &bounds, [-128, -1, 0, 1, 19, 127].map(|x| vec![x]), expected);
        }
        Ok(())
    }

    #[test]
    fn costs_what_the_formula_says() -> Result<(), BuildError> {
        for bits in [2, 4, 7, 12] {
            let shifted = |x: &[Interval]| {
                let half = 1i128 << (bits - 1);
                (sum(x[0], (half, half)), sum(x[1], (half + 1, half + 1)))
            };
            assert_costs(2, bits, both(bits), |t, x| {
                let (a, d) = shifted(x);
                cost(t, a, d);
            })?;
            for d in [1, 2, 3, 5, 8, 25, 300] {
                assert_costs(1, bits, halves(d), |t, x| {
                    cost_by_constant(t, x[0], d.into());
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn costs_and_necessity() -> Result<(), BuildError> {
        let circuit = gadget(2, 4, both(4))?;
        // Quotients of 4 bits with a product each, remainders and gaps of 4.
        assert_eq!(circuit.stats().constraints - 2 * 4, 2 * 4 + 2 * 4);
        assert_every_constraint_is_needed(&circuit, &all_pairs(4).collect::<Vec<_>>());
        let circuit = gadget(1, 6, halves(5))?;
        // Quotients from -7 to 6, remainders and gaps of 3 bits.
        assert_eq!(circuit.stats().constraints - 6, 4 + 2 * 3);
        assert_every_constraint_is_needed(&circuit, &all(6).map(|x| vec![x]).collect::<Vec<_>>());
        Ok(())
    }

    /// The constraint that stops a prover who claims quotient `q`, with everything else to match.
    fn claim(a: u64, d: u64, q: u64) -> String {
        let circuit = gadget(2, 8, both(8)).unwrap_or_else(|e| panic!("{e}"));
        let bits = wires_of(&circuit, "quotient bit");
        let top = bits.len() - 1;
        let mut changes = Vec::new();
        for (i, wire) in bits.into_iter().enumerate() {
            let bit = (q >> (top - i)) & 1;
            changes.extend([(wire, Fr::from(bit)), (Wire(wire.0 + 1), Fr::from(bit * d))]);
        }
        // Digits of the remainder and of the gap, modulo 2^8 where they have none.
        let r = a.wrapping_sub(q * d);
        let digits = wires_of(&circuit, "divide/range/bit");
        let (remainder, gap) = digits.split_at(digits.len() / 2);
        for (value, wires) in [(r, remainder), ((d - 1).wrapping_sub(r), gap)] {
            changes.extend((1..).zip(wires).map(|(i, &wire)| (wire, Fr::from((value >> i) & 1))));
        }
        forge(&circuit, &[a as i64 - 128, d as i64 - 129], &changes)
    }

    #[test]
    fn no_other_quotient_passes() {
        for (a, d) in [(100, 7), (98, 7), (0, 3), (255, 1), (255, 256), (200, 199)] {
            for q in 0..256 {
                let verdict = claim(a, d, q);
                if q == a / d {
                    assert_eq!(verdict, "accepted", "{a} / {d}");
                } else {
                    assert_eq!(verdict, "divide/range/bit 0 completes the sum", "{a} / {d} = {q}");
                }
            }
        }
    }

    #[test]
    fn impossible_divisors_are_refused() {
        let refused = gadget(2, 4, |b, x| Ok(vec![constrain(b, &x[0].add_const(8)?, &x[1])?.quotient]));
        assert!(matches!(refused, Err(BuildError::NotProven { operation: "division", lo: -8, min: 1, .. })));
        let refused = gadget(1, 4, |b, x| Ok(vec![by_constant(b, &x[0], 0)?.quotient]));
        assert!(matches!(refused, Err(BuildError::NotProven { operation: "division by a constant", .. })));
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(a in any::<i32>(), d in prop_oneof![any::<i32>(), 0..4i32], c in 1i64..1 << 20) {
            let circuit = gadget(2, 32, |b, x| {
                let a = x[0].add_const(1 << 31)?;
                let d = x[1].add_const((1 << 31) + (1 << 22))?;
                let by_value = constrain(b, &a.mul_const(1 << 10)?, &d)?;
                let by_constant = by_constant(b, &x[0].mul_const(1 << 10)?, c)?;
                Ok(vec![by_value.quotient, by_value.remainder, by_constant.quotient, by_constant.remainder])
            })?;
            check_values(&circuit, [vec![a.into(), d.into()]], |x| {
                let (a, d) = ((x[0] + (1 << 31)) << 10, x[1] + (1 << 31) + (1 << 22));
                let ((q, r), (s, t)) = (reference(a, d), reference(x[0] << 10, c));
                vec![q, r, s, t]
            });
        }
    }
}
