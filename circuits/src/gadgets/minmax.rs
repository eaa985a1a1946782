//! Minimum and maximum of two values: a comparison and a selection.
//!
//! Cost: `n + 1` constraints, `n` the bits of the signed difference; none where the intervals decide.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::{Interval, Tally, difference};
use crate::error::BuildError;
use crate::gadgets::{compare, select};

/// Integer reference: (minimum, maximum).
pub fn reference(x: i64, y: i64) -> (i64, i64) {
    (x.min(y), x.max(y))
}

/// The larger of `x` and `y`.
pub fn max(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    let result = b.scope("max", |b| {
        let x_wins = compare::at_least(b, x, y)?;
        select::constrain(b, &x_wins, x, y)
    })?;
    // At least as large as both, and one of them.
    Ok(result.proven(x.lo().max(y.lo()), x.hi().max(y.hi())))
}

/// The smaller of `x` and `y`.
pub fn min(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    let result = b.scope("min", |b| {
        let x_wins = compare::at_most(b, x, y)?;
        select::constrain(b, &x_wins, x, y)
    })?;
    Ok(result.proven(x.lo().min(y.lo()), x.hi().min(y.hi())))
}

/// Adds what [`max`] costs for values of these intervals; returns that of the result.
pub fn cost(t: &mut Tally, x: Interval, y: Interval) -> Interval {
    if compare::cost(t, difference(x, y)).is_none() {
        select::cost(t, x, y);
    }
    (x.0.max(y.0), x.1.max(y.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all_pairs, assert_no_constraint_is_idle, check, check_values, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;

    fn both(b: &mut Builder, v: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![min(b, &v[0], &v[1])?, max(b, &v[0], &v[1])?])
    }

    fn expected(v: &[i64]) -> Vec<i64> {
        let (min, max) = reference(v[0], v[1]);
        vec![min, max]
    }

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for bits in 1..=5 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, both)?;
            check(&circuit, &bounds, all_pairs(bits), expected);
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        check_values(&gadget(2, 8, both)?, all_pairs(8), expected);
        Ok(())
    }

    #[test]
    fn no_constraint_is_idle() -> Result<(), BuildError> {
        assert_no_constraint_is_idle(&gadget(2, 4, both)?, &[vec![-3, 5], vec![5, -3], vec![2, 2]]);
        Ok(())
    }

    #[test]
    fn intervals_decide_for_free() -> Result<(), BuildError> {
        let (circuit, bounds) =
            gadget_with_bounds(2, 4, |b, v| Ok(vec![max(b, &v[0], &v[1].add_const(16)?)?]))?;
        assert_eq!((circuit.stats().constraints, bounds), (8, vec![(8, 23)]));
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(x in any::<i32>(), y in any::<i32>()) {
            let (circuit, bounds) = gadget_with_bounds(2, 32, both)?;
            check(&circuit, &bounds, [vec![x.into(), y.into()], vec![x.into(), x.into()]], expected);
        }
    }
}
