//! The `k` largest (or smallest) values of groups, in order, with their indices: ONNX `TopK`, sorted. Of equal values the one with
//! the lower index comes first.
//!
//! `k` passes of bubble sort, each from the right: neighbours change places only where the right one is strictly larger, so
//! the sort is stable, and pass `j` brings the `j`-th to its place.
//!
//! ```text
//! swap = [right > left]        top = swap ? right : left        bottom = left + right - top
//! ```
//!
//! and the same for indices. *Soundness*: every step is determined by the one before; nothing is advice but the bits of the
//! comparisons.
//!
//! Cost for groups of `n`: `k * (2 n - k - 1) / 2` steps of a comparison and a selection for values; two for indices, which
//! need the values but for the last step. For `k = 1` that is an argmax. (A claimed subset with a proof that no other value exceeds it takes `n + k` comparisons and `2 k n` bits and products,
//! so it wins from about three values on; but its uniqueness rests on an argument about all values at once, which
//! the audits of this crate cannot follow.)
//!
//! Results are values or indices, group by group. Whoever wants both takes both, and pays for both.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, at, at_mut};
use crate::gadgets::{compare, select};
use crate::integer::{Interval, difference, hull, sum, times};
use crate::layers::extremum::{Extremum, groups};

/// What is asked of the values that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranked {
    /// The values.
    Values,
    /// Their indices.
    Indices,
}

/// Parameters of a top-k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK {
    /// Values of a group.
    pub len: u32,
    /// How many are taken, at least one.
    pub k: u32,
    /// The largest or the smallest.
    pub of: Extremum,
    /// What is asked of them.
    pub ranked: Ranked,
}

const OPERATION: &str = "top-k";

impl TopK {
    fn groups<'a, T>(&self, x: &'a [T]) -> Result<std::slice::ChunksExact<'a, T>, BuildError> {
        if self.k == 0 || self.k > self.len {
            let (index, inputs) = (self.k as usize, self.len as usize);
            return Err(BuildError::Index { operation: OPERATION, index, inputs });
        }
        groups(OPERATION, x, self.len)
    }

    fn sign(&self) -> i64 {
        match self.of {
            Extremum::Maximum => 1,
            Extremum::Minimum => -1,
        }
    }

    /// The position of the left neighbour in each step, pass by pass, and whether the step is the last that compares its top.
    fn steps(&self) -> impl Iterator<Item = (usize, bool)> + use<> {
        let (len, k) = (self.len as usize, self.k as usize);
        let pass =
            move |pass| (pass..len.saturating_sub(1)).rev().map(move |i| (i, pass + 1 == k && i == pass));
        (0..k).flat_map(pass)
    }
}

/// Integer reference, group by group.
pub fn reference(x: &[i64], p: &TopK) -> Result<Vec<i64>, BuildError> {
    let mut results = Vec::new();
    for group in p.groups(x)? {
        let mut ranked: Vec<(i64, i64)> = (0..).zip(group.iter().copied()).collect();
        match p.of {
            Extremum::Maximum => ranked.sort_by_key(|&(index, value)| (std::cmp::Reverse(value), index)),
            Extremum::Minimum => ranked.sort_by_key(|&(index, value)| (value, index)),
        }
        results.extend(ranked.into_iter().take(p.k as usize).map(|(index, value)| match p.ranked {
            Ranked::Values => value,
            Ranked::Indices => index,
        }));
    }
    Ok(results)
}

/// The values or the indices, group by group.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &TopK) -> Result<Vec<Bounded>, BuildError> {
    let groups = p.groups(x)?;
    let mut results = Vec::new();
    b.scope("top_k", |b| {
        for group in groups {
            let mut v = group.iter().map(|x| x.mul_const(p.sign())).collect::<Result<Vec<_>, _>>()?;
            let mut order = (0..i64::from(p.len)).map(Bounded::constant).collect::<Result<Vec<_>, _>>()?;
            for (i, is_last) in p.steps() {
                let (left, right) = (at("values", &v, i)?.clone(), at("values", &v, i + 1)?.clone());
                let swap = compare::greater_than(b, &right, &left)?;
                if p.ranked == Ranked::Values || !is_last {
                    let (top, bottom) = exchange(b, &swap, &left, &right)?;
                    let (most, least) = (
                        larger(left.interval(), right.interval()),
                        smaller(left.interval(), right.interval()),
                    );
                    *at_mut("values", &mut v, i)? = top.proven(most.0, most.1);
                    *at_mut("values", &mut v, i + 1)? = bottom.proven(least.0, least.1);
                }
                if p.ranked == Ranked::Indices {
                    let (left, right) =
                        (at("indices", &order, i)?.clone(), at("indices", &order, i + 1)?.clone());
                    let (top, bottom) = exchange(b, &swap, &left, &right)?;
                    *at_mut("indices", &mut order, i)? = top;
                    *at_mut("indices", &mut order, i + 1)? = bottom;
                }
            }
            match p.ranked {
                Ranked::Values => {
                    for value in v.iter().take(p.k as usize) {
                        results.push(value.mul_const(p.sign())?);
                    }
                }
                Ranked::Indices => results.extend(order.into_iter().take(p.k as usize)),
            }
        }
        Ok::<_, BuildError>(())
    })?;
    Ok(results)
}

/// The interval of the larger of two values.
fn larger(x: Interval, y: Interval) -> Interval {
    (x.0.max(y.0), x.1.max(y.1))
}

/// The interval of the smaller of two values.
fn smaller(x: Interval, y: Interval) -> Interval {
    (x.0.min(y.0), x.1.min(y.1))
}

/// `(right, left)` where `swap` is 1, else `(left, right)`.
fn exchange(
    b: &mut Builder,
    swap: &Bounded,
    left: &Bounded,
    right: &Bounded,
) -> Result<(Bounded, Bounded), BuildError> {
    let top = select::constrain(b, swap, right, left)?;
    let bottom = match swap.as_constant() {
        Some(0) => right.clone(),
        Some(_) => left.clone(),
        None => {
            let both = hull(left.interval(), right.interval());
            Bounded::combine(OPERATION, &[(left, 1), (right, 1), (&top, -1)], 0)?.proven(both.0, both.1)
        }
    };
    Ok((top, bottom))
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &TopK) -> Result<Vec<Interval>, BuildError> {
    let mut results = Vec::new();
    for group in p.groups(x)? {
        let mut v: Vec<Interval> = group.iter().map(|&x| times(x, p.sign().into())).collect();
        let mut order: Vec<Interval> = (0..i128::from(p.len)).map(|i| (i, i)).collect();
        for (i, is_last) in p.steps() {
            let (left, right) = (*at("values", &v, i)?, *at("values", &v, i + 1)?);
            let swap = compare::cost(t, sum(difference(right, left), (-1, -1)));
            if p.ranked == Ranked::Values || !is_last {
                let (top, bottom) = match swap {
                    Some(true) => (right, left),
                    Some(false) => (left, right),
                    None => {
                        select::cost(t, right, left);
                        (larger(left, right), smaller(left, right))
                    }
                };
                *at_mut("values", &mut v, i)? = top;
                *at_mut("values", &mut v, i + 1)? = bottom;
            }
            if p.ranked == Ranked::Indices {
                let (left, right) = (*at("indices", &order, i)?, *at("indices", &order, i + 1)?);
                let (top, bottom) = match swap {
                    Some(true) => (right, left),
                    Some(false) => (left, right),
                    None => {
                        select::cost(t, right, left);
                        (hull(left, right), hull(left, right))
                    }
                };
                *at_mut("indices", &mut order, i)? = top;
                *at_mut("indices", &mut order, i + 1)? = bottom;
            }
        }
        let taken = |all: Vec<Interval>| all.into_iter().take(p.k as usize);
        match p.ranked {
            Ranked::Values => results.extend(taken(v).map(|x| times(x, p.sign().into()))),
            Ranked::Indices => results.extend(taken(order)),
        }
    }
    Ok(results)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("largest 2 of 4 values, 8 bits", 4, 8, |b, x| {
        constrain(b, x, &TopK { len: 4, k: 2, of: Extremum::Maximum, ranked: Ranked::Values })
    }),
    Case::new("indices of the smallest 2 of 4 values, 8 bits", 4, 8, |b, x| {
        constrain(b, x, &TopK { len: 4, k: 2, of: Extremum::Minimum, ranked: Ranked::Indices })
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget,
        gadget_with_bounds,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const RANKED: [Ranked; 2] = [Ranked::Values, Ranked::Indices];
    const ENDS: [Extremum; 2] = [Extremum::Maximum, Extremum::Minimum];

    fn top(len: u32, k: u32, of: Extremum, ranked: Ranked) -> TopK {
        TopK { len, k, of, ranked }
    }

    fn expected(p: TopK) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, &p).unwrap_or_default()
    }

    #[test]
    fn ties_go_to_the_lower_index() -> Result<(), BuildError> {
        let both = |x: &[i64], len, k, of| RANKED.map(|ranked| expected(top(len, k, of, ranked))(x));
        assert_eq!(both(&[1, 3, 3, 2], 4, 3, Extremum::Maximum), [[3, 3, 2], [1, 2, 3]]);
        assert_eq!(both(&[3, 1, 1, 3], 4, 3, Extremum::Minimum), [[1, 1, 3], [1, 2, 0]]);
        assert_eq!(both(&[3, 1, 1, 3], 2, 1, Extremum::Minimum), [[1, 1], [1, 0]]);
        Ok(())
    }

    #[test]
    fn all_pairs_triples_and_bits() -> Result<(), BuildError> {
        for (of, ranked) in ENDS.into_iter().flat_map(|of| RANKED.map(|ranked| (of, ranked))) {
            for k in 1..=2 {
                let p = top(2, k, of, ranked);
                let (circuit, bounds) = gadget_with_bounds(2, 3, |b, x| constrain(b, x, &p))?;
                check(&circuit, &bounds, all_pairs(3), expected(p));
            }
            for k in 1..=3 {
                let p = top(3, k, of, ranked);
                let (circuit, bounds) = gadget_with_bounds(3, 2, |b, x| constrain(b, x, &p))?;
                let triples = all(2).flat_map(|z| all_pairs(2).map(move |xy| vec![xy[0], xy[1], z]));
                check(&circuit, &bounds, triples, expected(p));
            }
            for k in 1..=5 {
                let p = top(5, k, of, ranked);
                let (circuit, bounds) = gadget_with_bounds(5, 1, |b, x| constrain(b, x, &p))?;
                let fives = (0..32).map(|bits| (0..5).map(|i| -((bits >> i) & 1)).collect());
                check(&circuit, &bounds, fives, expected(p));
            }
        }
        Ok(())
    }

    #[test]
    fn groups_and_intervals_that_decide() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(31);
        for p in [
            top(5, 2, Extremum::Maximum, Ranked::Values),
            top(5, 2, Extremum::Maximum, Ranked::Indices),
            top(5, 5, Extremum::Minimum, Ranked::Indices),
            top(10, 3, Extremum::Minimum, Ranked::Values),
        ] {
            let offsets: Vec<i64> = (0..10).map(|_| rng.gen_range(-40..40)).collect();
            let build = |b: &mut Builder, x: &[Bounded]| {
                let shifted = x.iter().zip(&offsets).map(|(x, &by)| x.add_const(by));
                constrain(b, &shifted.collect::<Result<Vec<_>, _>>()?, &p)
            };
            let inputs: Vec<Vec<i64>> =
                (0..40).map(|i| (0..10).map(|_| rng.gen_range(-32..32i64) >> (i % 6)).collect()).collect();
            let shifted =
                |x: &[i64]| expected(p)(&x.iter().zip(&offsets).map(|(x, by)| x + by).collect::<Vec<_>>());
            check_both(10, 6, build, inputs, shifted)?;
            let (_, built) = gadget_with_bounds(10, 6, build)?;
            assert_costs(10, 6, build, |t, x| {
                let shifted = x.iter().zip(&offsets).map(|(&x, &by)| sum(x, (by.into(), by.into())));
                assert_eq!(cost(t, &shifted.collect::<Vec<_>>(), &p), Ok(built.clone()));
            })?;
        }
        Ok(())
    }

    #[test]
    fn cost_and_necessity() -> Result<(), BuildError> {
        // Steps: 3 and 2. Differences of 4-bit values have 5 bits with their sign. In the first step both indices are
        // constants, and behind the last one no value is compared.
        for (ranked, constraints) in [(Ranked::Values, 5 * (5 + 1)), (Ranked::Indices, 5 * (5 + 2) - 1)] {
            let p = top(4, 2, Extremum::Maximum, ranked);
            let circuit = gadget(4, 4, |b, x| constrain(b, x, &p))?;
            let last = usize::from(ranked == Ranked::Indices);
            assert_eq!(circuit.stats().constraints - 4 * 4, constraints - last);
            let inputs =
                [vec![1, 2, 3, 4], vec![4, 3, 2, 1], vec![5, 5, 5, 5], vec![-8, 7, -8, 7], vec![0, 7, 1, 7]];
            assert_every_constraint_is_needed(&circuit, &inputs);
        }
        Ok(())
    }

    #[test]
    fn more_than_there_are_is_refused() {
        for k in [0, 4] {
            let refused = reference(&[1, 2, 3], &top(3, k, Extremum::Maximum, Ranked::Values));
            assert_eq!(
                refused,
                Err(BuildError::Index { operation: OPERATION, index: k as usize, inputs: 3 })
            );
        }
    }
}
