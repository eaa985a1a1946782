//! Comparisons of two variables, element by element: 1 where the relation holds, else 0.
//!
//! Both arguments are integers at one scale, so a comparison is exact: a value on the threshold is on it. The inputs are all left
//! sides, then all right sides.
//!
//! Cost, for differences of `n` bits with their sign: `n` for an order, 3 for equality ([`crate::gadgets::zero`]), 1 for equality
//! of truth values. None where the intervals decide.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, zero};
use crate::integer::{Interval, difference, sum};
use crate::layers::logic::halves;

/// A relation between two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `x < y`.
    Less,
    /// `x <= y`.
    LessOrEqual,
    /// `x > y`.
    Greater,
    /// `x >= y`.
    GreaterOrEqual,
    /// `x = y`.
    Equal,
    /// `x != y`.
    NotEqual,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual, Self::Equal, Self::NotEqual];

    /// Whether it holds.
    pub fn holds<T: PartialOrd>(self, x: &T, y: &T) -> bool {
        match self {
            Self::Less => x < y,
            Self::LessOrEqual => x <= y,
            Self::Greater => x > y,
            Self::GreaterOrEqual => x >= y,
            Self::Equal => x == y,
            Self::NotEqual => x != y,
        }
    }
}

const OPERATION: &str = "comparison";

/// Integer reference. Fails on an odd number of values.
pub fn reference(x: &[i64], relation: Relation) -> Result<Vec<i64>, BuildError> {
    let (left, right) = halves(OPERATION, x)?;
    Ok(left.iter().zip(right).map(|(x, y)| i64::from(relation.holds(x, y))).collect())
}

/// The truth values.
pub fn constrain(b: &mut Builder, x: &[Bounded], relation: Relation) -> Result<Vec<Bounded>, BuildError> {
    let (left, right) = halves(OPERATION, x)?;
    let one = |b: &mut Builder, x: &Bounded, y: &Bounded| match relation {
        Relation::Less => compare::less_than(b, x, y),
        Relation::LessOrEqual => compare::at_most(b, x, y),
        Relation::Greater => compare::greater_than(b, x, y),
        Relation::GreaterOrEqual => compare::at_least(b, x, y),
        Relation::Equal => zero::is_equal(b, x, y),
        Relation::NotEqual => zero::is_equal(b, x, y)?.sub_from_const(1),
    };
    b.scope("comparison", |b| left.iter().zip(right).map(|(x, y)| one(b, x, y)).collect())
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], relation: Relation) -> Result<Vec<Interval>, BuildError> {
    let (left, right) = halves(OPERATION, x)?;
    let sign = |t: &mut Tally, d: Interval| {
        let decided = compare::cost(t, d);
        decided.map_or((0, 1), |is| (i128::from(is), i128::from(is)))
    };
    let one = |(&x, &y): (&Interval, &Interval)| match relation {
        Relation::Less => sign(t, sum(difference(y, x), (-1, -1))),
        Relation::LessOrEqual => sign(t, difference(y, x)),
        Relation::Greater => sign(t, sum(difference(x, y), (-1, -1))),
        Relation::GreaterOrEqual => sign(t, difference(x, y)),
        Relation::Equal => zero::cost(t, difference(x, y)),
        Relation::NotEqual => difference((1, 1), zero::cost(t, difference(x, y))),
    };
    Ok(left.iter().zip(right).map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("x < y, 12 bits", 2, 12, |b, x| constrain(b, x, Relation::Less)),
    Case::new("x >= y, 12 bits", 2, 12, |b, x| constrain(b, x, Relation::GreaterOrEqual)),
    Case::new("x = y, 3 pairs of 12 bits", 6, 12, |b, x| constrain(b, x, Relation::Equal)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, forge, gadget,
        gadget_with_bounds, one,
    };
    use proptest::prelude::*;

    fn expected(relation: Relation) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, relation).unwrap_or_default()
    }

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for relation in Relation::ALL {
            for bits in 1..=5u8 {
                // Beside each other, and where intervals decide some or all.
                for offset in [0, 1, 7, 40, -40] {
                    let build = |b: &mut Builder, x: &[Bounded]| {
                        constrain(b, &[x[0].clone(), x[1].add_const(offset)?], relation)
                    };
                    let (circuit, bounds) = gadget_with_bounds(2, bits, build)?;
                    let shifted = |x: &[i64]| expected(relation)(&[x[0], x[1] + offset]);
                    check(&circuit, &bounds, all_pairs(bits).step_by(if bits > 3 { 3 } else { 1 }), shifted);
                    assert_costs(2, bits, build, |t, x| {
                        let y = sum(x[1], (offset.into(), offset.into()));
                        assert_eq!(
                            cost(t, &[x[0], y], relation),
                            Ok(bounds.clone()),
                            "{relation:?} {offset}"
                        );
                    })?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        for relation in Relation::ALL {
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, relation);
            check_both(2, 8, build, all_pairs(8).step_by(3).collect::<Vec<_>>(), expected(relation))?;
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed_and_a_wrong_answer_is_caught() -> Result<(), BuildError> {
        for relation in Relation::ALL {
            let circuit = gadget(2, 3, |b, x| constrain(b, x, relation))?;
            assert_every_constraint_is_needed(&circuit, &all_pairs(3).collect::<Vec<_>>());
        }
        let circuit = gadget(2, 3, |b, x| constrain(b, x, Relation::Equal))?;
        let zero = crate::linear::Wire(circuit.r1cs.num_wires() as u32 - 2);
        assert_eq!(forge(&circuit, &[1, 2], &[(zero, one())]), "comparison/is_zero/inverse * x = 1 - z");
        Ok(())
    }

    #[test]
    fn an_odd_number_of_values_is_refused() {
        let refused = reference(&[1, 2, 3], Relation::Less);
        assert!(matches!(refused, Err(BuildError::Length { operation: OPERATION, .. })));
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(x in any::<i32>(), y in prop_oneof![any::<i32>(), -1..=1]) {
            let (x, y) = (i64::from(x), i64::from(y));
            for relation in Relation::ALL {
                let (circuit, bounds) = gadget_with_bounds(2, 32, |b, x| constrain(b, x, relation))?;
                for pair in [[x, y], [y, x], [x, x], [x, x.saturating_sub(1).max(i64::from(i32::MIN))]] {
                    check(&circuit, &bounds, [pair.to_vec()], expected(relation));
                }
            }
        }
    }
}
