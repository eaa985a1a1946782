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
    b.scope("relu", |b| clamp::constrain_all(b, x, 0, 0, NO_BOUND))
}

/// Intervals stay within ±2^60, so no value is above this bound.
const NO_BOUND: i64 = 1 << crate::bounded::LIMIT_BITS;

/// Applies ReLU to one value.
pub fn constrain_one(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    if x.lo() >= 0 {
        return Ok(x.clone());
    }
    clamp::constrain(b, x, 0, 0, NO_BOUND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_no_constraint_is_idle, check, forge, gadget, gadget_with_bounds};
    use proptest::prelude::*;

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for bits in 1..=8 {
            for offset in [-1, 0, 1] {
                let (circuit, bounds) =
                    gadget_with_bounds(1, bits, |b, x| constrain(b, &[x[0].add_const(offset)?]))?;
                check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| vec![reference(x[0] + offset)]);
            }
        }
        Ok(())
    }

    #[test]
    fn costs_one_more_than_the_sign() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, constrain)?;
        assert_eq!(circuit.stats().constraints, 8 + 8 + 1);
        assert_no_constraint_is_idle(&circuit, &[vec![0], vec![-1], vec![127]]);
        let y = crate::linear::Wire(circuit.r1cs.num_wires() as u32 - 1);
        assert_eq!(forge(&circuit, &[-1], &[(y, crate::testing::one())]), "relu/clamp/sign * quotient = y");
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(x in prop_oneof![any::<i32>(), -2..2i32], factor in 1i64..1 << 27) {
            let (circuit, bounds) = gadget_with_bounds(1, 32, |b, x| constrain(b, &[x[0].mul_const(factor)?]))?;
            check(&circuit, &bounds, [vec![x.into()]], |x| vec![reference(x[0] * factor)]);
        }
    }
}
