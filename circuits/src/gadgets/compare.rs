//! Signed comparison: a bit that says whether `d >= 0`.
//!
//! With `d` in `[-2^(n-1), 2^(n-1))` by its interval, `u = d + 2^(n-1)` is in `[0, 2^n)`, and its top bit
//! is the answer. Cost: `n` constraints and `n - 1` wires; by lookup, 1 and a query for each digit of
//! `n - 1` bits. None if the interval decides, or if `d` can only be -1 or 0.
//!
//! Zero has one sign: `d = 0` gives `u = 2^(n-1)`, whose top bit is 1 in its only decomposition.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::lookup::digits::sign;
use crate::integer::{Interval, magnitude};
use crate::lookups::Ranges;

/// Integer reference of [`is_non_negative`].
pub fn reference(d: i64) -> i64 {
    i64::from(d >= 0)
}

/// 1 where `d >= 0`, else 0.
pub fn is_non_negative(b: &mut Builder, d: &Bounded) -> Result<Bounded, BuildError> {
    if d.lo() >= 0 {
        return Bounded::constant(1);
    }
    if d.hi() < 0 {
        return Bounded::constant(0);
    }
    if d.is_within(-1, 0) {
        return d.add_const(1);
    }
    b.scope("compare", |b| sign(b, d))
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

/// Adds what [`is_non_negative`] costs for a value of an interval; returns the answer where the interval decides.
pub fn cost(t: &mut Tally, d: Interval) -> Option<bool> {
    if d.0 >= 0 || d.1 < 0 {
        return Some(d.0 >= 0);
    }
    if d != (-1, 0) {
        sign_cost(t, d);
    }
    None
}

/// Adds what a sign costs that no interval decides.
pub(crate) fn sign_cost(t: &mut Tally, d: Interval) {
    match (t.ranges(), magnitude(d)) {
        (Ranges::Bits, 0) => {}
        (Ranges::Bits, bits) => t.add(bits as usize + 1),
        (Ranges::Lookup, bits) => {
            t.add(1);
            t.integer(bits.max(1));
        }
    }
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("less than of 16 bits", 2, 16, |b, x| Ok(vec![less_than(b, &x[0], &x[1])?]))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all_pairs, assert_every_constraint_is_needed, check, check_values, forge, gadget, gadget_with_bounds,
        one, wires_of,
    };
    use ark_ff::Zero;
    use proptest::prelude::*;

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for bits in 1..=5u8 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, |b, x| {
                let (x, y) = (&x[0], &x[1]);
                [less_than, at_most, greater_than, at_least]
                    .into_iter()
                    .map(|compare| compare(b, x, y))
                    .collect()
            })?;
            check(&circuit, &bounds, all_pairs(bits), |v| {
                [v[0] < v[1], v[0] <= v[1], v[0] > v[1], v[0] >= v[1]].map(i64::from).into()
            });
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        let circuit = gadget(2, 8, |b, x| Ok(vec![less_than(b, &x[0], &x[1])?]))?;
        check_values(&circuit, all_pairs(8), |v| vec![i64::from(v[0] < v[1])]);
        Ok(())
    }

    #[test]
    fn all_signs_of_eight_bits() -> Result<(), BuildError> {
        for offset in [-128, -127, -100, -1, 0, 1, 100, 127, 128] {
            let (circuit, bounds) =
                gadget_with_bounds(1, 8, |b, x| Ok(vec![is_non_negative(b, &x[0].add_const(offset)?)?]))?;
            let all = crate::testing::all(8).map(|x| vec![x]);
            check(&circuit, &bounds, all, |x| vec![reference(x[0] + offset)]);
        }
        Ok(())
    }

    #[test]
    fn the_interval_decides_for_free() -> Result<(), BuildError> {
        let free = |offset| {
            gadget_with_bounds(1, 8, |b, x| Ok(vec![is_non_negative(b, &x[0].add_const(offset)?)?]))
                .map(|(circuit, bounds)| (circuit.stats().constraints, bounds[0]))
        };
        assert_eq!(free(128)?, (8, (1, 1)));
        assert_eq!(free(-128)?, (8, (0, 0)));
        assert_eq!(free(0)?, (16, (0, 1)));
        Ok(())
    }

    #[test]
    fn zero_is_not_negative() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, |b, x| Ok(vec![is_non_negative(b, &x[0])?]))?;
        assert_every_constraint_is_needed(&circuit, &[vec![0], vec![-1], vec![127], vec![-128]]);
        let bits = wires_of(&circuit, "compare/bit");
        let (&sign, lower) = bits.split_last().ok_or(BuildError::Empty { operation: "test" })?;
        // "Negative zero": sign 0, and all that the lower bits can make up for it.
        let negative_zero: Vec<_> =
            lower.iter().map(|&w| (w, one())).chain([(sign, ark_bn254::Fr::zero())]).collect();
        assert_eq!(forge(&circuit, &[0], &negative_zero), "compare/bit 0 completes the sum");
        assert_eq!(forge(&circuit, &[-1], &[(sign, one())]), "compare/bit 0 completes the sum");
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(
            x in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX)],
            y in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX), -1..=1],
        ) {
            let (circuit, bounds) = gadget_with_bounds(2, 32, |b, v| {
                let wide = v[0].mul_const(1 << 27)?.add(&v[1])?;
                Ok(vec![less_than(b, &v[0], &v[1])?, is_non_negative(b, &wide)?])
            })?;
            let (x, y) = (i64::from(x), i64::from(y));
            for v in [vec![x, y], vec![x, x], vec![y, x], vec![0, y]] {
                check(&circuit, &bounds, [v], |v| vec![i64::from(v[0] < v[1]), reference((v[0] << 27) + v[1])]);
            }
        }
    }
}
