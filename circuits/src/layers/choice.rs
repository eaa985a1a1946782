//! One of several values, by its number: ONNX `Gather` and `GatherElements` of variables by variables.
//!
//! ```text
//! y = x_u        u in [0, n - 1],  x of n values
//! ```
//!
//! *Assumes* that `u` is proven to be the number of a value ([`crate::layers::index`] proves it). Its bits choose between neighbours,
//! between the two that are left of each four, and so on ([`select`]); where a neighbour lies beyond the last value, no bit of a
//! number below `n` asks for it, and what is left passes.
//!
//! Cost a number: its bits, and `n - 1` selections a column; none between constants.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, Missing};
use crate::gadgets::bits::{decompose, require};
use crate::gadgets::select;
use crate::integer::{Interval, bit_length, hull};

const OPERATION: &str = "choice by number";

/// Sizes of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Values that a number chooses of.
    pub length: usize,
    /// Columns of values that it chooses in.
    pub width: usize,
}

impl Choice {
    /// Each number, with the columns of its values.
    fn columns<'a, T>(
        &self,
        u: &'a [T],
        x: &'a [T],
    ) -> Result<impl Iterator<Item = (&'a T, std::slice::ChunksExact<'a, T>)>, BuildError> {
        let Choice { length, width } = *self;
        let (each, found) = (length.saturating_mul(width), x.len());
        if each == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        let expected = each.saturating_mul(u.len());
        if expected != found {
            return Err(BuildError::Length { operation: OPERATION, what: "values", expected, found });
        }
        Ok(u.iter().zip(x.chunks_exact(each)).map(move |(u, x)| (u, x.chunks_exact(length))))
    }
}

/// Integer reference: of each number in turn, what it chooses of each of its columns. Fails for a number that there is no
/// value for.
pub fn reference(u: &[i64], x: &[i64], p: Choice) -> Result<Vec<i64>, BuildError> {
    let mut chosen = Vec::with_capacity(u.len().saturating_mul(p.width));
    for (&u, columns) in p.columns(u, x)? {
        for column in columns {
            let (lo, max) = (i128::from(u), p.length as i128 - 1);
            let value = usize::try_from(u).ok().and_then(|u| column.get(u));
            chosen.push(*value.ok_or(BuildError::Unsatisfiable { lo, hi: lo, min: 0, max })?);
        }
    }
    Ok(chosen)
}

/// What is chosen.
pub fn constrain(
    b: &mut Builder,
    u: &[Bounded],
    x: &[Bounded],
    p: Choice,
) -> Result<Vec<Bounded>, BuildError> {
    let mut chosen = Vec::with_capacity(u.len().saturating_mul(p.width));
    let all = p.columns(u, x)?;
    b.scope("choice", |b| {
        for (u, columns) in all {
            require(u, 0, p.length as i128 - 1, OPERATION)?;
            let bits = decompose(b, u)?;
            for column in columns {
                chosen.push(one(column, reached(u.hi()), bits.iter(), |bit, x, y| {
                    select::constrain(b, bit, x, y)
                })?);
            }
        }
        Ok::<_, BuildError>(())
    })?;
    Ok(chosen)
}

/// How many values a number up to `hi` reaches.
fn reached(hi: i128) -> usize {
    usize::try_from(hi).unwrap_or(usize::MAX).saturating_add(1)
}

/// The one of the first `reached` values that the bits say, by `select(bit, where it is 1, where it is 0)`.
fn one<T: Clone, B>(
    values: &[T],
    reached: usize,
    bits: impl Iterator<Item = B>,
    mut select: impl FnMut(&B, &T, &T) -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    let mut left: Vec<T> = values.iter().take(reached).cloned().collect();
    for bit in bits {
        let pair = |pair: &[T]| match pair {
            [even, odd] => select(&bit, odd, even),
            [last] => Ok(last.clone()),
            _ => Err(BuildError::Empty { operation: OPERATION }),
        };
        left = left.chunks(2).map(pair).collect::<Result<_, _>>()?;
    }
    let missing = || BuildError::from(Missing { what: "values that are left", index: 0, len: 0 });
    left.first().cloned().ok_or_else(missing)
}

/// Adds what [`constrain`] costs for numbers and values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, u: &[Interval], x: &[Interval], p: Choice) -> Result<Vec<Interval>, BuildError> {
    let mut chosen = Vec::with_capacity(u.len().saturating_mul(p.width));
    for (&u, columns) in p.columns(u, x)? {
        let max = p.length as i128 - 1;
        if u.0 < 0 || u.1 > max {
            let (lo, hi) = u;
            return Err(BuildError::NotProven { operation: OPERATION, index: 0, lo, hi, min: 0, max });
        }
        let n = bit_length(u.1);
        let known = (u.0 == u.1).then_some(u.0);
        t.add(if n < 2 || known.is_some() { 0 } else { n as usize });
        for column in columns {
            chosen.push(one(column, reached(u.1), 0..n, |&bit, &x, &y| {
                Ok(match known.map(|u| (u >> bit) & 1) {
                    Some(1) => x,
                    Some(_) => y,
                    None => {
                        select::cost(t, x, y);
                        hull(x, y)
                    }
                })
            })?);
        }
    }
    Ok(chosen)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("choice of 5 values of 8 bits", 6, 8, |b, x| {
    let (Some(number), Some(values)) = (x.first(), x.get(1..)) else {
        return Err(BuildError::Empty { operation: OPERATION });
    };
    // 0 to 4: of the sign, and half of it as often.
    let sign = crate::gadgets::compare::is_non_negative(b, number)?;
    let second = crate::gadgets::compare::is_non_negative(b, &number.add_const(-50)?)?;
    let u = Bounded::weighted_sum(&[sign, second], &[1, 3], 0)?;
    constrain(b, &[u], values, Choice { length: 5, width: 1 })
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::range;
    use crate::testing::{
        assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };

    /// Numbers below `length`, and values.
    fn inputs(length: usize, values: usize) -> Vec<Vec<i64>> {
        let value = |u: usize, i: usize| ((u * 5 + i * 3) % 16) as i64 - 8;
        (0..length)
            .map(|u| std::iter::once(u as i64).chain((0..values).map(|i| value(u, i))).collect())
            .collect()
    }

    #[test]
    fn all_numbers_of_choices_of_every_length() -> Result<(), BuildError> {
        for length in 1..=8usize {
            for width in [1, 2] {
                let p = Choice { length, width };
                let build = |b: &mut Builder, x: &[Bounded]| {
                    let u = range::constrain(b, &x[0], 0, length as i64 - 1)?;
                    constrain(b, &[u], &x[1..], p)
                };
                let count = 1 + length * width;
                let (circuit, bounds) = gadget_with_bounds(count, 4, build)?;
                let expected = |x: &[i64]| reference(&x[..1], &x[1..], p).unwrap_or_default();
                check(&circuit, &bounds, inputs(length, count - 1), expected);
                check_both(count, 4, build, inputs(length, count - 1), expected)?;
                assert_costs(count, 4, build, |t, x| {
                    let u = range::cost(t, x[0], 0, length as i64 - 1);
                    assert_eq!(cost(t, &[u], &x[1..], p), Ok(bounds.clone()), "{p:?}");
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        let p = Choice { length: 4, width: 2 };
        let circuit = gadget(9, 2, |b, x| constrain(b, &[x[0].add_const(2)?], &x[1..], p))?;
        let values = [-2, -1, 0, 1, 1, 0, -1, -2];
        let inputs = (-2..2).map(|u| std::iter::once(u).chain(values).collect::<Vec<i64>>());
        assert_every_constraint_is_needed(&circuit, &inputs.collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn known_numbers_and_constants_cost_nothing() -> Result<(), BuildError> {
        let p = Choice { length: 3, width: 1 };
        let build = |b: &mut Builder, x: &[Bounded]| {
            let constants = [4, -7, 9].map(Bounded::constant).into_iter().collect::<Result<Vec<_>, _>>()?;
            let of_values = constrain(b, &[Bounded::constant(2)?], x, p)?;
            // The first two of three.
            let u = range::constrain(b, &x[0], 0, 1)?;
            Ok([of_values, constrain(b, &[u], &constants, p)?].concat())
        };
        let (circuit, bounds) = gadget_with_bounds(3, 4, build)?;
        assert_eq!(bounds, [(-8, 7), (-7, 4)]);
        let inputs = [0, 1].map(|x| vec![x, 3, -5]);
        check(&circuit, &bounds, inputs, |x| vec![-5, if x[0] == 0 { 4 } else { -7 }]);
        assert_costs(3, 4, build, |t, x| {
            let constants = [(4, 4), (-7, -7), (9, 9)];
            assert_eq!(cost(t, &[(2, 2)], x, p), Ok(vec![(-8, 7)]));
            let u = range::cost(t, x[0], 0, 1);
            assert_eq!(cost(t, &[u], &constants, p), Ok(vec![(-7, 4)]));
        })
    }

    #[test]
    fn other_numbers_and_sizes_are_refused() {
        let p = Choice { length: 3, width: 1 };
        assert!(matches!(reference(&[3], &[1, 2, 3], p), Err(BuildError::Unsatisfiable { .. })));
        assert!(matches!(reference(&[-1], &[1, 2, 3], p), Err(BuildError::Unsatisfiable { .. })));
        assert!(matches!(reference(&[0], &[1, 2], p), Err(BuildError::Length { .. })));
        let none = Choice { length: 0, width: 1 };
        assert!(matches!(reference(&[0], &[], none), Err(BuildError::Empty { .. })));
        let refused = gadget(4, 3, |b, x| constrain(b, &x[..1], &x[1..], p)).map(|_| ());
        assert!(matches!(refused, Err(BuildError::NotProven { .. })), "{refused:?}");
    }
}
