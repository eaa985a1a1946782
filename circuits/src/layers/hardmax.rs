//! One-hot of the largest value of each group; of equal ones the first: ONNX `Hardmax`.
//!
//! ```text
//! w_i = [x_i > max(x_0, ..., x_(i-1))]        the running maximum, as in crate::layers::argmax
//! s_i = w_i * q_i,  q_(i-1) = q_i - s_i       q_i: no later value wins; q_(n-1) = 1
//! s_0 = q_0
//! ```
//!
//! The last `i` with `w_i = 1` is where the maximum stands first. Every wire is determined by those before, and the results sum
//! to 1 by their definition.
//!
//! Cost for `n` values whose differences have `m` bits with their sign: `(n - 1) * m + 2 * (n - 2)`.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, select};
use crate::integer::{Interval, difference, sum};
use crate::layers::extremum::groups;

const OPERATION: &str = "hardmax";

/// Integer reference, of groups of `len` values.
pub fn reference(x: &[i64], len: u32) -> Result<Vec<i64>, BuildError> {
    let mut results = Vec::with_capacity(x.len());
    for group in groups(OPERATION, x, len)? {
        let first = crate::layers::argmax::reference(group);
        results.extend((0..group.len()).map(|i| i64::from(Some(i) == first)));
    }
    Ok(results)
}

/// 1 at the first maximum of each group of `len` values, 0 elsewhere.
pub fn constrain(b: &mut Builder, x: &[Bounded], len: u32) -> Result<Vec<Bounded>, BuildError> {
    let groups = groups(OPERATION, x, len)?;
    let mut results = Vec::with_capacity(x.len());
    b.scope("hardmax", |b| groups.into_iter().try_for_each(|group| one_hot(b, group, &mut results)))?;
    Ok(results)
}

fn one_hot(b: &mut Builder, x: &[Bounded], results: &mut Vec<Bounded>) -> Result<(), BuildError> {
    let Some((first, rest)) = x.split_first() else {
        return Err(BuildError::Empty { operation: OPERATION });
    };
    let mut best = first.clone();
    let mut wins = Vec::with_capacity(rest.len());
    for (i, candidate) in rest.iter().enumerate() {
        let win = compare::greater_than(b, candidate, &best)?;
        if i + 1 < rest.len() {
            let (lo, hi) = (best.lo().max(candidate.lo()), best.hi().max(candidate.hi()));
            // The larger of the two.
            best = select::constrain(b, &win, candidate, &best)?.proven(lo, hi);
        }
        wins.push(win);
    }
    let mut none_later = Bounded::constant(1)?;
    let mut hot = Vec::with_capacity(x.len());
    for win in wins.iter().rev() {
        let is_it = match (win.as_constant(), none_later.as_constant()) {
            (Some(0), _) | (_, Some(0)) => Bounded::constant(0)?,
            (Some(_), _) => none_later.clone(),
            (_, Some(_)) => win.clone(),
            (None, None) => {
                b.product_wire("wins * none later", win, &none_later, &Bounded::constant(0)?, 1)?
            }
        };
        // 0 or 1: it is 1 only where the other is.
        none_later = match win.as_constant() {
            Some(1) => Bounded::constant(0)?,
            _ => none_later.sub(&is_it)?.proven(0, 1),
        };
        hot.push(is_it);
    }
    hot.push(none_later);
    results.extend(hot.into_iter().rev());
    Ok(())
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], len: u32) -> Result<Vec<Interval>, BuildError> {
    let mut results = Vec::with_capacity(x.len());
    for group in groups(OPERATION, x, len)? {
        let Some((&first, rest)) = group.split_first() else { continue };
        let mut best = first;
        let mut wins = Vec::with_capacity(rest.len());
        for (i, &candidate) in rest.iter().enumerate() {
            let win = compare::cost(t, sum(difference(candidate, best), (-1, -1)));
            if win.is_none() && i + 1 < rest.len() {
                select::cost(t, candidate, best);
            }
            best = (best.0.max(candidate.0), best.1.max(candidate.1));
            wins.push(win);
        }
        // Whether no later value wins, while intervals decide it.
        let mut none_later = Some(true);
        let interval = |decided: Option<bool>| decided.map_or((0, 1), |is| (i128::from(is), i128::from(is)));
        let mut hot = Vec::with_capacity(group.len());
        for win in wins.into_iter().rev() {
            let is_it = match (win, none_later) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), other) | (other, Some(true)) => other,
                (None, None) => {
                    t.add(1);
                    None
                }
            };
            none_later = match (win, none_later) {
                (Some(true), _) | (_, Some(false)) => Some(false),
                (Some(false), other) => other,
                (None, _) => None,
            };
            hot.push(interval(is_it));
        }
        hot.push(interval(none_later));
        results.extend(hot.into_iter().rev());
    }
    Ok(results)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("hardmax of 2 groups of 4 values, 6 bits", 8, 6, |b, x| constrain(b, x, 4))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::times;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget,
        gadget_with_bounds,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn expected(len: u32) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, len).unwrap_or_default()
    }

    #[test]
    fn ties_go_to_the_first() -> Result<(), BuildError> {
        assert_eq!(reference(&[1, 3, 3, 2, 2, 2], 3)?, [0, 1, 0, 1, 0, 0]);
        assert_eq!(reference(&[5], 1)?, [1]);
        Ok(())
    }

    #[test]
    fn all_pairs_triples_and_bits() -> Result<(), BuildError> {
        let (circuit, bounds) = gadget_with_bounds(2, 4, |b, x| constrain(b, x, 2))?;
        check(&circuit, &bounds, all_pairs(4), expected(2));
        let (circuit, bounds) = gadget_with_bounds(3, 3, |b, x| constrain(b, x, 3))?;
        let triples = all(3).flat_map(|z| all_pairs(3).map(move |xy| vec![xy[0], xy[1], z]));
        check(&circuit, &bounds, triples, expected(3));
        let (circuit, bounds) = gadget_with_bounds(5, 1, |b, x| constrain(b, x, 5))?;
        let fives = (0..32).map(|bits| (0..5).map(|i| -((bits >> i) & 1)).collect());
        check(&circuit, &bounds, fives, expected(5));
        Ok(())
    }

    #[test]
    fn costs_what_the_formula_says() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(32);
        for len in [1, 2, 3, 5, 10usize] {
            for _ in 0..8 {
                // Intervals that decide some comparisons, and some that do not.
                let maps: Vec<(i64, i64)> =
                    (0..len).map(|_| (rng.gen_range(0..4), rng.gen_range(-20..20))).collect();
                let build = |b: &mut Builder, x: &[Bounded]| {
                    let mapped = x.iter().zip(&maps).map(|(x, &(w, c))| x.mul_const(w)?.add_const(c));
                    constrain(b, &mapped.collect::<Result<Vec<_>, _>>()?, len as u32)
                };
                let (_, built) = gadget_with_bounds(len, 4, build)?;
                assert_costs(len, 4, build, |t, x| {
                    let map = |(&x, &(w, c)): (&Interval, &(i64, i64))| {
                        sum(times(x, w.into()), (c.into(), c.into()))
                    };
                    let mapped: Vec<Interval> = x.iter().zip(&maps).map(map).collect();
                    assert_eq!(cost(t, &mapped, len as u32), Ok(built.clone()));
                })?;
                let inputs: Vec<Vec<i64>> =
                    (0..5).map(|_| (0..len).map(|_| rng.gen_range(-8..8)).collect()).collect();
                check_both(len, 4, build, inputs, |x| {
                    let mapped: Vec<i64> = x.iter().zip(&maps).map(|(x, (w, c))| x * w + c).collect();
                    reference(&mapped, len as u32).unwrap_or_default()
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn cost_and_necessity() -> Result<(), BuildError> {
        let circuit = gadget(4, 5, |b, x| constrain(b, x, 4))?;
        // Differences of 5-bit values have 6 bits with their sign.
        assert_eq!(circuit.stats().constraints - 4 * 5, 3 * 6 + 2 * 2);
        let inputs = [vec![1, 2, 3, 4], vec![4, 3, 2, 1], vec![5, 5, 5, 5], vec![-16, 15, -16, 15]];
        assert_every_constraint_is_needed(&circuit, &inputs);
        let refused = reference(&[1, 2, 3], 2);
        assert!(matches!(refused, Err(BuildError::Length { operation: OPERATION, .. })));
        Ok(())
    }
}
