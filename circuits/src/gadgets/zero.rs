//! Zero test and equality: `z = [x = 0]`.
//!
//! ```text
//! x * inverse = 1 - z
//! x * z = 0
//! inverse * z = 0
//! ```
//!
//! `x != 0` forces `z = 0`, then `inverse = 1/x`; `x = 0` forces `z = 1`, then `inverse = 0`. The third equation
//! is there for uniqueness only: without it `inverse` is free where `x = 0`, and two constraints
//! cannot pin both (they would leave a conic with one rational point, and no such conic has the
//! form `A * B = C`).
//!
//! Cost: 3 constraints, 2 wires (one full-size); none where `x` is a bit or the interval decides.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::linear::Lc;
use crate::program::Instruction;
use ark_bn254::Fr;
use ark_ff::One;

/// Integer reference.
pub fn reference(x: i64) -> i64 {
    i64::from(x == 0)
}

/// 1 where `x = 0`, else 0.
pub fn is_zero(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    match (x.lo(), x.hi()) {
        (0, 0) => Bounded::constant(1),
        (lo, hi) if lo > 0 || hi < 0 => Bounded::constant(0),
        (0, 1) => x.sub_from_const(1),
        (-1, 0) => x.add_const(1),
        _ => b.scope("is_zero", |b| {
            b.instruct(Instruction::IsZero, &[x])?;
            let zero = b.bounded_wire(1)?;
            let (x, z, inverse) = (x.to_lc(), zero.to_lc(), Lc::wire(b.element_wire()?));
            b.enforce("x * inverse = 1 - z", &x, &inverse, &Lc::constant(Fr::one()).minus(&z))?;
            b.enforce("x * z = 0", &x, &z, &Lc::zero())?;
            b.enforce("inverse * z = 0", &inverse, &z, &Lc::zero())?;
            Ok(zero)
        }),
    }
}

/// 1 where `x = y`, else 0.
pub fn is_equal(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    is_zero(b, &x.sub(y)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, all_pairs, assert_no_constraint_is_idle, check, check_values, forge, gadget, gadget_with_bounds,
        one, wires_of,
    };
    use ark_ff::Zero;
    use proptest::prelude::*;

    fn test_zero(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![is_zero(b, &x[0])?])
    }

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for bits in 1..=8u8 {
            for offset in [-1, 0, 1, 127] {
                let (circuit, bounds) =
                    gadget_with_bounds(1, bits, |b, x| Ok(vec![is_zero(b, &x[0].add_const(offset)?)?]))?;
                check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| vec![reference(x[0] + offset)]);
            }
        }
        let (circuit, bounds) = gadget_with_bounds(2, 4, |b, x| Ok(vec![is_equal(b, &x[0], &x[1])?]))?;
        check(&circuit, &bounds, all_pairs(4), |x| vec![i64::from(x[0] == x[1])]);
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        let circuit = gadget(2, 8, |b, x| Ok(vec![is_equal(b, &x[0], &x[1])?]))?;
        check_values(&circuit, all_pairs(8), |x| vec![i64::from(x[0] == x[1])]);
        Ok(())
    }

    #[test]
    fn no_constraint_is_idle() -> Result<(), BuildError> {
        assert_no_constraint_is_idle(&gadget(1, 8, test_zero)?, &[vec![0], vec![1], vec![-128]]);
        Ok(())
    }

    #[test]
    fn wrong_answers_are_caught() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, test_zero)?;
        let inverse = wires_of(&circuit, "inverse * z = 0")[0];
        let zero = Wire(inverse.0 - 1);
        assert_eq!(forge(&circuit, &[5], &[(zero, one()), (inverse, Fr::zero())]), "is_zero/x * z = 0");
        assert_eq!(forge(&circuit, &[0], &[(zero, Fr::zero())]), "is_zero/x * inverse = 1 - z");
        assert_eq!(forge(&circuit, &[0], &[(inverse, one())]), "is_zero/inverse * z = 0");
        Ok(())
    }

    use crate::linear::Wire;

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
