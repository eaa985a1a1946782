//! ONNX `Where`, element by element: `condition ? x : y = y + condition * (x - y)`.
//!
//! The inputs are all conditions, proven bits, then all `x`, then all `y`, these two at one scale. Cost: 1 constraint; none where
//! the condition or `x - y` is a constant, so that choosing between two constants is free.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::select;
use crate::integer::{Interval, hull};

const OPERATION: &str = "selection";

fn thirds<T>(x: &[T]) -> Result<impl Iterator<Item = (&T, &T, &T)>, BuildError> {
    let (n, found) = (x.len() / 3, x.len());
    if n * 3 != found {
        let expected = (n + 1) * 3;
        return Err(BuildError::Length { operation: OPERATION, what: "values", expected, found });
    }
    let (condition, rest) = x.split_at(n);
    let (x, y) = rest.split_at(n);
    Ok(condition.iter().zip(x.iter().zip(y)).map(|(condition, (x, y))| (condition, x, y)))
}

/// Integer reference: 0 is false. Fails where the number of values is no multiple of three.
pub fn reference(x: &[i64]) -> Result<Vec<i64>, BuildError> {
    Ok(thirds(x)?.map(|(&condition, &x, &y)| if condition == 0 { y } else { x }).collect())
}

/// What is chosen.
pub fn constrain(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    let chosen = thirds(x)?;
    b.scope("where", |b| chosen.map(|(condition, x, y)| select::constrain(b, condition, x, y)).collect())
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
    let one = |(&condition, &x, &y): (&Interval, &Interval, &Interval)| match condition {
        (0, 0) => y,
        (1, 1) => x,
        _ => {
            select::cost(t, x, y);
            hull(x, y)
        }
    };
    Ok(thirds(x)?.map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("where of 2 conditions, 8 bits", 6, 8, |b, x| {
    let mut values = Vec::with_capacity(x.len());
    for (place, x) in x.iter().enumerate() {
        values.push(if place < 2 { crate::gadgets::compare::is_non_negative(b, x)? } else { x.clone() });
    }
    constrain(b, &values)
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::compare;
    use crate::testing::{
        all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_values, gadget,
        gadget_with_bounds,
    };

    /// `x < 0 ? x : y`, `x < 0 ? 5 : 2`, `1 ? x : y`, `0 ? x : y`.
    fn build(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let negative = compare::less_than(b, &x[0], &Bounded::constant(0)?)?;
        let constant = Bounded::constant;
        let (x, y) = (&x[0], &x[1]);
        let conditions = [negative.clone(), negative, constant(1)?, constant(0)?];
        let left = [x.clone(), constant(5)?, x.clone(), x.clone()];
        let right = [y.clone(), constant(2)?, y.clone(), y.clone()];
        constrain(b, &[conditions, left, right].concat())
    }

    fn expected(x: &[i64]) -> Vec<i64> {
        let c = i64::from(x[0] < 0);
        reference(&[c, c, 1, 0, x[0], 5, x[0], x[0], x[1], 2, x[1], x[1]]).unwrap_or_default()
    }

    #[test]
    fn all_pairs_of_two_to_eight_bits() -> Result<(), BuildError> {
        assert_eq!(expected(&[-3, 4]), [-3, 5, -3, 4]);
        assert_eq!(expected(&[3, 4]), [4, 2, 3, 4]);
        for bits in 2..=5 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, build)?;
            check(&circuit, &bounds, all_pairs(bits), expected);
            // A sign, and one selection of four.
            assert_eq!(circuit.stats().constraints, 2 * usize::from(bits) + usize::from(bits) + 1);
            assert_costs(2, bits, build, |t, x| {
                compare::cost(t, (-x[0].1 - 1, -x[0].0 - 1));
                let (c, five, two) = ((0, 1), (5, 5), (2, 2));
                let all = [c, c, (1, 1), (0, 0), x[0], five, x[0], x[0], x[1], two, x[1], x[1]];
                assert_eq!(cost(t, &all), Ok(bounds.clone()));
            })?;
        }
        check_values(&gadget(2, 8, build)?, all_pairs(8).step_by(3), expected);
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed_and_other_inputs_are_refused() -> Result<(), BuildError> {
        let circuit = gadget(2, 3, build)?;
        assert_every_constraint_is_needed(&circuit, &all_pairs(3).collect::<Vec<_>>());
        let no_bit = gadget(3, 3, constrain).map(|_| ());
        assert!(matches!(no_bit, Err(BuildError::NotProven { operation: "select", .. })));
        for x in [&[1][..], &[1, 2], &[1, 2, 3, 4]] {
            assert!(matches!(reference(x), Err(BuildError::Length { operation: OPERATION, .. })));
        }
        Ok(())
    }
}
