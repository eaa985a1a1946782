//! Argmax: the index of the largest value; of equal ones the lowest index, as ONNX `ArgMax`.
//!
//! A running maximum: each value replaces it, and the index, only if it is strictly larger.
//!
//! Cost for `k` values whose differences have `n` bits with their sign: `(k - 1) * (n + 2) - 2`
//! (comparison, maximum and index a step; the first index and the last maximum are free).

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, select};
use crate::integer::{Interval, difference, sum};

/// Integer reference; `None` for no values.
pub fn reference(x: &[i64]) -> Option<usize> {
    let max = x.iter().max()?;
    x.iter().position(|v| v == max)
}

/// The index of the largest value, in `[0, k - 1]`.
pub fn constrain(b: &mut Builder, x: &[Bounded]) -> Result<Bounded, BuildError> {
    let Some((first, rest)) = x.split_first() else {
        return Err(BuildError::Empty { operation: "argmax" });
    };
    b.scope("argmax", |b| {
        let mut best = first.clone();
        let mut index = Bounded::constant(0)?;
        for (i, candidate) in (1i64..).zip(rest) {
            let wins = compare::greater_than(b, candidate, &best)?;
            index = select::constrain(b, &wins, &Bounded::constant(i)?, &index)?;
            if usize::try_from(i).is_ok_and(|i| i < rest.len()) {
                let (lo, hi) = (best.lo().max(candidate.lo()), best.hi().max(candidate.hi()));
                // The larger of the two: at least both lower ends.
                best = select::constrain(b, &wins, candidate, &best)?.proven(lo, hi);
            }
        }
        Ok(index)
    })
}

/// Adds what [`constrain`] costs for values of these intervals.
pub fn cost(t: &mut Tally, x: &[Interval]) {
    let Some((&first, rest)) = x.split_first() else { return };
    let mut best = first;
    // The index, while intervals decide it.
    let mut index = Some(0);
    for (i, &candidate) in rest.iter().enumerate() {
        match compare::cost(t, sum(difference(candidate, best), (-1, -1))) {
            Some(true) => index = Some(i + 1),
            Some(false) => {}
            None => {
                t.add(usize::from(index.is_none()));
                index = None;
                if i + 1 < rest.len() {
                    select::cost(t, candidate, best);
                }
            }
        }
        best = (best.0.max(candidate.0), best.1.max(candidate.1));
    }
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("argmax of 10 values, 8 bits", 10, 8, |b, x| Ok(vec![constrain(b, x)?]))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::times;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, gadget, gadget_with_bounds,
    };
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn one(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![constrain(b, x)?])
    }

    fn expected(x: &[i64]) -> Vec<i64> {
        reference(x).and_then(|i| i64::try_from(i).ok()).into_iter().collect()
    }

    #[test]
    fn costs_what_the_formula_says() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for len in [1, 2, 3, 5, 10] {
            for _ in 0..8 {
                // Intervals that decide some comparisons, and some that do not.
                let maps: Vec<(i64, i64)> =
                    (0..len).map(|_| (rng.gen_range(0..4), rng.gen_range(-20..20))).collect();
                let build = |b: &mut Builder, x: &[Bounded]| {
                    let mapped = x.iter().zip(&maps).map(|(x, &(w, c))| x.mul_const(w)?.add_const(c));
                    one(b, &mapped.collect::<Result<Vec<_>, _>>()?)
                };
                assert_costs(len, 4, build, |t, x| {
                    let map = |(&x, &(w, c)): (&Interval, &(i64, i64))| {
                        sum(times(x, w.into()), (c.into(), c.into()))
                    };
                    cost(t, &x.iter().zip(&maps).map(map).collect::<Vec<_>>());
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn ties_go_to_the_lowest_index() {
        assert_eq!(reference(&[1, 3, 3, 2]), Some(1));
        assert_eq!(reference(&[0, 0]), Some(0));
        assert_eq!(reference(&[]), None);
    }

    #[test]
    fn all_pairs_and_triples() -> Result<(), BuildError> {
        let (circuit, bounds) = gadget_with_bounds(2, 4, one)?;
        check(&circuit, &bounds, all_pairs(4), expected);
        let (circuit, bounds) = gadget_with_bounds(3, 3, one)?;
        let triples = all(3).flat_map(|z| all_pairs(3).map(move |xy| vec![xy[0], xy[1], z]));
        check(&circuit, &bounds, triples, expected);
        let (circuit, bounds) = gadget_with_bounds(5, 1, one)?;
        let fives = (0..32).map(|bits| (0..5).map(|i| -((bits >> i) & 1)).collect());
        check(&circuit, &bounds, fives, expected);
        Ok(())
    }

    #[test]
    fn cost_and_necessity() -> Result<(), BuildError> {
        let circuit = gadget(4, 6, one)?;
        // Differences of 6-bit values have 7 bits with their sign.
        assert_eq!(circuit.stats().constraints - 4 * 6, 3 * (7 + 2) - 2);
        let inputs = [vec![1, 2, 3, 4], vec![4, 3, 2, 1], vec![5, 5, 5, 5], vec![-32, 31, -32, 31]];
        assert_every_constraint_is_needed(&circuit, &inputs);
        Ok(())
    }

    #[test]
    fn one_value_is_free_and_none_is_refused() {
        let single =
            gadget_with_bounds(1, 8, one).map(|(circuit, bounds)| (circuit.stats().constraints, bounds));
        assert_eq!(single, Ok((8, vec![(0, 0)])));
        let none = constrain(&mut Builder::new(), &[]);
        assert_eq!(none, Err(BuildError::Empty { operation: "argmax" }));
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(x in prop::collection::vec(prop_oneof![any::<i32>(), 0..2i32], 7)) {
            let (circuit, bounds) = gadget_with_bounds(7, 32, one)?;
            check(&circuit, &bounds, [x.into_iter().map(i64::from).collect()], expected);
        }
    }
}
