//! Zero test and equality: `z = [x = 0]`.
//!
//! ```text
//! inverse * x = 1 - z
//! z * x = 0
//! inverse * z = 0
//! ```
//!
//! `x != 0` forces `z = 0`, then `inverse = 1/x`; `x = 0` forces `z = 1`, then `inverse = 0`. The third equation
//! is there for uniqueness only: without it `inverse` is free where `x = 0`. The field has no zero divisors, so this holds of
//! field elements, whatever the interval of `x`; that `x` is an integer within ±2^60 makes zero in the field zero.
//!
//! Cost: 3 constraints, 2 wires (one full-size), either way to prove ranges: two comparisons take as many as `x` has bits, twice.
//! 1 where `x` is in `[-1, 1]`: `z = 1 - x * x`. None where `x` is a bit, or the interval decides.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::instruction::Instruction;
use crate::integer::Interval;
use crate::linear::Lc;
use ark_bn254::Fr;
use ark_ff::One;

/// Integer reference.
pub fn reference(x: i64) -> i64 {
    i64::from(x == 0)
}

/// 1 where `x = 0`, else 0.
pub fn is_zero(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    match x.interval() {
        (0, 0) => Bounded::constant(1),
        (lo, hi) if lo > 0 || hi < 0 => Bounded::constant(0),
        (0, 1) => x.sub_from_const(1),
        (-1, 0) => x.add_const(1),
        (-1, 1) => b.scope("is_zero", |b| {
            let square = b.product_wire("x * x = 1 - z", x, x, &Bounded::constant(0)?, 1)?;
            square.sub_from_const(1)
        }),
        _ => b.scope("is_zero", |b| {
            b.instruct(Instruction::IsZero, &[x])?;
            let zero = b.bounded_wire(1)?;
            let (x, z, inverse) = (x.to_lc(), zero.to_lc(), Lc::wire(b.element_wire()?));
            b.enforce("inverse * x = 1 - z", &inverse, &x, &Lc::constant(Fr::one()).minus(&z))?;
            b.enforce("z * x = 0", &z, &x, &Lc::zero())?;
            b.enforce("inverse * z = 0", &inverse, &z, &Lc::zero())?;
            Ok(zero)
        }),
    }
}

/// 1 where `x = y`, else 0.
pub fn is_equal(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    is_zero(b, &x.sub(y)?)
}

/// Adds what [`is_zero`] costs for a value of an interval; returns that of the answer.
pub fn cost(t: &mut Tally, x: Interval) -> Interval {
    match x {
        (0, 0) => return (1, 1),
        (lo, hi) if lo > 0 || hi < 0 => return (0, 0),
        (0, 1) | (-1, 0) => {}
        (-1, 1) => t.add(1),
        _ => t.add(3),
    }
    (0, 1)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("equality of 16 bits", 2, 16, |b, x| Ok(vec![is_equal(b, &x[0], &x[1])?]))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Wire;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_values, forge, gadget,
        gadget_with_bounds, one, wires_of,
    };
    use ark_ff::Zero;
    use proptest::prelude::*;

    fn test_zero(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![is_zero(b, &x[0])?])
    }

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for bits in 1..=8u8 {
            for offset in [-1, 0, 1, 127, 300] {
                let build = |b: &mut Builder, x: &[Bounded]| test_zero(b, &[x[0].add_const(offset)?]);
                let (circuit, bounds) = gadget_with_bounds(1, bits, build)?;
                check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| vec![reference(x[0] + offset)]);
                assert_costs(1, bits, build, |t, x| {
                    let by = i128::from(offset);
                    assert_eq!(vec![cost(t, (x[0].0 + by, x[0].1 + by))], bounds);
                })?;
            }
        }
        let (circuit, bounds) = gadget_with_bounds(2, 4, |b, x| Ok(vec![is_equal(b, &x[0], &x[1])?]))?;
        check(&circuit, &bounds, all_pairs(4), |x| vec![i64::from(x[0] == x[1])]);
        Ok(())
    }

    /// Two bits are equal by one product.
    #[test]
    fn bits_take_one_constraint() -> Result<(), BuildError> {
        let build = |b: &mut Builder, x: &[Bounded]| Ok(vec![is_equal(b, &x[0], &x[1])?]);
        let (circuit, bounds) = gadget_with_bounds(2, 1, build)?;
        assert_eq!((circuit.stats().constraints, bounds.clone()), (3, vec![(0, 1)]));
        check(&circuit, &bounds, all_pairs(1), |x| vec![i64::from(x[0] == x[1])]);
        assert_every_constraint_is_needed(&circuit, &[vec![0, 0], vec![-1, 0]]);
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        let circuit = gadget(2, 8, |b, x| Ok(vec![is_equal(b, &x[0], &x[1])?]))?;
        check_values(&circuit, all_pairs(8), |x| vec![i64::from(x[0] == x[1])]);
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed_and_wrong_answers_are_caught() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, test_zero)?;
        assert_every_constraint_is_needed(&circuit, &[vec![0], vec![1], vec![-128]]);
        let inverse = wires_of(&circuit, "inverse * z = 0")[0];
        let zero = Wire(inverse.0 - 1);
        assert_eq!(forge(&circuit, &[5], &[(zero, one()), (inverse, Fr::zero())]), "is_zero/z * x = 0");
        assert_eq!(forge(&circuit, &[0], &[(zero, Fr::zero())]), "is_zero/inverse * x = 1 - z");
        assert_eq!(forge(&circuit, &[0], &[(inverse, one())]), "is_zero/inverse * z = 0");
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(x in any::<i32>(), y in prop_oneof![any::<i32>(), Just(0)]) {
            let (circuit, bounds) = gadget_with_bounds(2, 32, |b, v| {
                let wide = v[0].mul_const(1 << 27)?.add(&v[1])?;
                Ok(vec![is_zero(b, &wide)?, is_equal(b, &v[0], &v[1])?])
            })?;
            let (x, y) = (i64::from(x), i64::from(y));
            for v in [vec![x, y], vec![x, x], vec![0, 0], vec![0, y]] {
                let expected = |v: &[i64]| vec![reference((v[0] << 27) + v[1]), i64::from(v[0] == v[1])];
                check(&circuit, &bounds, [v], expected);
            }
        }
    }
}
