//! Truth values, 0 and 1, of two variables: and, or, exclusive or. Negation is linear, `1 - x`, and no layer.
//!
//! ```text
//! x and y = x * y        x or y = x + y - x * y        x xor y = x + y - 2 * x * y
//! ```
//!
//! Inputs are proven bits, so each result is one. All left sides, then all right sides. Cost: 1 constraint, none with a constant.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::require;
use crate::integer::Interval;

/// A connective of two truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connective {
    /// Both.
    And,
    /// At least one.
    Or,
    /// Exactly one.
    Xor,
}

const OPERATION: &str = "logic";

impl Connective {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::And, Self::Or, Self::Xor];

    /// Of two truth values.
    pub fn of(self, x: bool, y: bool) -> bool {
        match self {
            Self::And => x && y,
            Self::Or => x || y,
            Self::Xor => x != y,
        }
    }

    /// What follows from one constant: a constant, or the other value as it is or negated.
    fn with(self, constant: bool) -> Rest {
        match (self, constant) {
            (Self::And, false) => Rest::Constant(0),
            (Self::Or, true) => Rest::Constant(1),
            (Self::And, true) | (Self::Or | Self::Xor, false) => Rest::Other,
            (Self::Xor, true) => Rest::Negated,
        }
    }
}

enum Rest {
    Constant(i64),
    Other,
    Negated,
}

/// The first half and the second half of some values.
pub(crate) fn halves<'a, T>(operation: &'static str, x: &'a [T]) -> Result<(&'a [T], &'a [T]), BuildError> {
    if x.len().is_multiple_of(2) {
        return Ok(x.split_at(x.len() / 2));
    }
    Err(BuildError::Length { operation, what: "values, one more,", expected: x.len() + 1, found: x.len() })
}

/// Integer reference: 0 is false. Fails on an odd number of values.
pub fn reference(x: &[i64], connective: Connective) -> Result<Vec<i64>, BuildError> {
    let (left, right) = halves(OPERATION, x)?;
    Ok(left.iter().zip(right).map(|(&x, &y)| i64::from(connective.of(x != 0, y != 0))).collect())
}

/// The truth values. Inputs must be proven to be bits.
pub fn constrain(b: &mut Builder, x: &[Bounded], connective: Connective) -> Result<Vec<Bounded>, BuildError> {
    let (left, right) = halves(OPERATION, x)?;
    b.scope("logic", |b| left.iter().zip(right).map(|(x, y)| one(b, x, y, connective)).collect())
}

fn one(b: &mut Builder, x: &Bounded, y: &Bounded, connective: Connective) -> Result<Bounded, BuildError> {
    require(x, 0, 1, OPERATION)?;
    require(y, 0, 1, OPERATION)?;
    let known = x.as_constant().map(|x| (x, y)).or(y.as_constant().map(|y| (y, x)));
    if let Some((constant, other)) = known {
        return match connective.with(constant == 1) {
            Rest::Constant(value) => Bounded::constant(value),
            Rest::Other => Ok(other.clone()),
            Rest::Negated => other.sub_from_const(1),
        };
    }
    let both = b.product_wire("x * y = both", x, y, &Bounded::constant(0)?, 1)?;
    let factor = match connective {
        Connective::And => return Ok(both),
        Connective::Or => -1,
        Connective::Xor => -2,
    };
    Ok(Bounded::combine(OPERATION, &[(x, 1), (y, 1), (&both, factor)], 0)?.proven(0, 1))
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], connective: Connective) -> Result<Vec<Interval>, BuildError> {
    let (left, right) = halves(OPERATION, x)?;
    let one = |(&x, &y): (&Interval, &Interval)| {
        let (constant, other) = match (x.0 == x.1, y.0 == y.1) {
            (true, _) => (x.0, y),
            (_, true) => (y.0, x),
            _ => {
                t.add(1);
                return (0, 1);
            }
        };
        match connective.with(constant == 1) {
            Rest::Constant(value) => (value.into(), value.into()),
            Rest::Other => other,
            Rest::Negated => (1 - other.1, 1 - other.0),
        }
    };
    Ok(left.iter().zip(right).map(one).collect())
}

/// Bits of one-bit inputs, which are -1 and 0.
#[cfg(test)]
pub(crate) fn bits(x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    x.iter().map(|x| x.mul_const(-1)).collect()
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("exclusive or of 2 pairs", 4, 1, |b, x| {
    let bits = x.iter().map(|x| x.mul_const(-1)).collect::<Result<Vec<_>, _>>()?;
    constrain(b, &bits, Connective::Xor)
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all_pairs, assert_costs, assert_every_constraint_is_needed, check, gadget, gadget_with_bounds,
    };

    #[test]
    fn truth_tables() -> Result<(), BuildError> {
        let tables = [[0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]];
        for (connective, table) in Connective::ALL.into_iter().zip(tables) {
            for (pair, expected) in [[0, 0], [0, 1], [1, 0], [1, 1]].iter().zip(table) {
                assert_eq!(reference(pair, connective), Ok(vec![expected]));
            }
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, &bits(x)?, connective);
            let (circuit, bounds) = gadget_with_bounds(2, 1, build)?;
            assert_eq!((circuit.stats().constraints, &bounds), (2 + 1, &vec![(0, 1)]));
            check(&circuit, &bounds, all_pairs(1), |x| {
                reference(&[-x[0], -x[1]], connective).unwrap_or_default()
            });
            assert_costs(2, 1, build, |t, _| {
                assert_eq!(cost(t, &[(0, 1), (0, 1)], connective), Ok(vec![(0, 1)]));
            })?;
            assert_every_constraint_is_needed(&circuit, &all_pairs(1).collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn constants_are_free() -> Result<(), BuildError> {
        for connective in Connective::ALL {
            for constant in [0, 1] {
                let build = |b: &mut Builder, x: &[Bounded]| {
                    let (x, c) = (bits(x)?.remove(0), Bounded::constant(constant)?);
                    constrain(b, &[x.clone(), c.clone(), c, x], connective)
                };
                let (circuit, bounds) = gadget_with_bounds(1, 1, build)?;
                assert_eq!(circuit.stats().constraints, 1);
                let by_reference = |x: &[i64]| {
                    reference(&[-x[0], constant, constant, -x[0]], connective).unwrap_or_default()
                };
                check(&circuit, &bounds, [vec![0], vec![-1]], by_reference);
                let c = (constant.into(), constant.into());
                let mut t = Tally::new(crate::Ranges::Bits);
                assert_eq!(cost(&mut t, &[(0, 1), c, c, (0, 1)], connective), Ok(bounds));
                assert_eq!(t.constraints(), 0);
            }
        }
        Ok(())
    }

    #[test]
    fn what_is_no_bit_is_refused() {
        let refused = gadget(2, 2, |b, x| constrain(b, x, Connective::And)).map(|_| ());
        assert!(matches!(refused, Err(BuildError::NotProven { operation: OPERATION, .. })));
        let odd = reference(&[0, 1, 1], Connective::And);
        assert!(matches!(odd, Err(BuildError::Length { operation: OPERATION, .. })));
    }
}
