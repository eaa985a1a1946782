//! The larger of two values: a comparison and a selection.
//!
//! Cost: `n + 1` constraints, `n` the bits of the signed difference; none where the intervals decide.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, select};
use crate::integer::{Interval, difference};

/// Integer reference.
pub fn reference(x: i64, y: i64) -> i64 {
    x.max(y)
}

/// The larger of `x` and `y`.
pub fn constrain(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    let result = b.scope("max", |b| {
        let x_wins = compare::at_least(b, x, y)?;
        select::constrain(b, &x_wins, x, y)
    })?;
    // At least as large as both, and one of them.
    Ok(result.proven(x.lo().max(y.lo()), x.hi().max(y.hi())))
}

/// Adds what [`constrain`] costs for values of these intervals; returns that of the result.
pub fn cost(t: &mut Tally, x: Interval, y: Interval) -> Interval {
    if compare::cost(t, difference(x, y)).is_none() {
        select::cost(t, x, y);
    }
    (x.0.max(y.0), x.1.max(y.1))
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("max of 16 bits", 2, 16, |b, x| Ok(vec![constrain(b, &x[0], &x[1])?]))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all_pairs, assert_every_constraint_is_needed, check, check_values, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;

    fn build(b: &mut Builder, v: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![constrain(b, &v[0], &v[1])?])
    }

    fn expected(v: &[i64]) -> Vec<i64> {
        vec![reference(v[0], v[1])]
    }

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for bits in 1..=5 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, build)?;
            check(&circuit, &bounds, all_pairs(bits), expected);
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        check_values(&gadget(2, 8, build)?, all_pairs(8), expected);
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        assert_every_constraint_is_needed(&gadget(2, 4, build)?, &[vec![-3, 5], vec![5, -3], vec![2, 2]]);
        Ok(())
    }

    #[test]
    fn intervals_decide_for_free() -> Result<(), BuildError> {
        let (circuit, bounds) =
            gadget_with_bounds(2, 4, |b, v| Ok(vec![constrain(b, &v[0], &v[1].add_const(16)?)?]))?;
        assert_eq!((circuit.stats().constraints, bounds), (8, vec![(8, 23)]));
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(x in any::<i32>(), y in any::<i32>()) {
            let (circuit, bounds) = gadget_with_bounds(2, 32, build)?;
            check(&circuit, &bounds, [vec![x.into(), y.into()], vec![x.into(), x.into()]], expected);
        }
    }
}
