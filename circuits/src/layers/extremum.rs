//! The largest or the smallest of groups of values, at one scale: ONNX `Max`, `Min`, `ReduceMax`, `ReduceMin`.
//!
//! Groups stand one behind the other. The minimum is `-max(-x)`. Cost of a group of `k`: `k - 1` maxima of two, or all at once, as
//! [`super::max_pool::largest`]; values that intervals decide cost nothing.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::integer::{Interval, times};
use crate::layers::max_pool::{cost_of_largest, largest};

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extremum {
    /// The largest.
    Maximum,
    /// The smallest.
    Minimum,
}

/// Parameters: which end, and how many values a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extrema {
    /// Which end.
    pub of: Extremum,
    /// Values of a group.
    pub len: u32,
}

const OPERATION: &str = "extremum";

impl Extrema {
    fn groups<'a, T>(&self, x: &'a [T]) -> Result<std::slice::ChunksExact<'a, T>, BuildError> {
        groups(OPERATION, x, self.len)
    }

    fn sign(&self) -> i64 {
        match self.of {
            Extremum::Maximum => 1,
            Extremum::Minimum => -1,
        }
    }
}

/// Groups of `len` values, at least one.
pub(crate) fn groups<'a, T>(
    operation: &'static str,
    x: &'a [T],
    len: u32,
) -> Result<std::slice::ChunksExact<'a, T>, BuildError> {
    let len = len as usize;
    if len == 0 || x.is_empty() {
        return Err(BuildError::Empty { operation });
    }
    if !x.len().is_multiple_of(len) {
        let what = "values, or a multiple,";
        return Err(BuildError::Length { operation, what, expected: len, found: x.len() });
    }
    Ok(x.chunks_exact(len))
}

/// Integer reference.
pub fn reference(x: &[i64], p: &Extrema) -> Result<Vec<i64>, BuildError> {
    let end = |group: &[i64]| match p.of {
        Extremum::Maximum => group.iter().copied().max(),
        Extremum::Minimum => group.iter().copied().min(),
    };
    p.groups(x)?.map(|group| end(group).ok_or(BuildError::Empty { operation: OPERATION })).collect()
}

/// The extremum of each group.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Extrema) -> Result<Vec<Bounded>, BuildError> {
    let (groups, sign) = (p.groups(x)?, p.sign());
    b.scope("extremum", |b| {
        groups
            .map(|group| {
                let group = group.iter().map(|x| x.mul_const(sign)).collect::<Result<Vec<_>, _>>()?;
                largest(b, &group)?.mul_const(sign)
            })
            .collect()
    })
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Extrema) -> Result<Vec<Interval>, BuildError> {
    let sign = p.sign().into();
    let one = |group: &[Interval]| {
        let group: Vec<Interval> = group.iter().map(|&x| times(x, sign)).collect();
        times(cost_of_largest(t, &group), sign)
    };
    Ok(p.groups(x)?.map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("minima of 2 groups of 3 values, 8 bits", 6, 8, |b, x| {
    constrain(b, x, &Extrema { of: Extremum::Minimum, len: 3 })
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::sum;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget,
        gadget_with_bounds,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn expected(p: Extrema) -> impl Fn(&[i64]) -> Vec<i64> {
        move |x| reference(x, &p).unwrap_or_default()
    }

    #[test]
    fn all_pairs_and_triples() -> Result<(), BuildError> {
        assert_eq!(reference(&[3, -4, 1, 1], &Extrema { of: Extremum::Minimum, len: 2 })?, [-4, 1]);
        for of in [Extremum::Maximum, Extremum::Minimum] {
            let p = Extrema { of, len: 2 };
            let (circuit, bounds) = gadget_with_bounds(2, 4, |b, x| constrain(b, x, &p))?;
            check(&circuit, &bounds, all_pairs(4), expected(p));
            assert_every_constraint_is_needed(&circuit, &[vec![1, 2], vec![2, 1], vec![-8, 7], vec![3, 3]]);
            let p = Extrema { of, len: 3 };
            let (circuit, bounds) = gadget_with_bounds(3, 3, |b, x| constrain(b, x, &p))?;
            let triples = all(3).flat_map(|z| all_pairs(3).map(move |xy| vec![xy[0], xy[1], z]));
            check(&circuit, &bounds, triples, expected(p));
            let p = Extrema { of, len: 1 };
            let (circuit, bounds) = gadget_with_bounds(2, 3, |b, x| constrain(b, x, &p))?;
            assert_eq!(circuit.stats().constraints, 6);
            check(&circuit, &bounds, all_pairs(3), |x| x.to_vec());
        }
        Ok(())
    }

    #[test]
    fn groups_and_intervals_that_decide() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(30);
        for (of, len) in [(Extremum::Maximum, 5), (Extremum::Minimum, 5), (Extremum::Minimum, 10)] {
            let p = Extrema { of, len };
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
            assert_costs(10, 6, build, |t, x| {
                let x: Vec<Interval> =
                    x.iter().zip(&offsets).map(|(&x, &by)| sum(x, (by.into(), by.into()))).collect();
                let bounds = cost(t, &x, &p).unwrap_or_default();
                let (_, built) = gadget_with_bounds(10, 6, build).unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(bounds, built);
            })?;
        }
        Ok(())
    }

    #[test]
    fn groups_that_do_not_fit_are_refused() {
        let of = Extremum::Maximum;
        assert_eq!(gadget(1, 3, |b, _| constrain(b, &[], &Extrema { of, len: 2 })).map(|_| ()), {
            Err(BuildError::Empty { operation: OPERATION })
        });
        assert_eq!(reference(&[1], &Extrema { of, len: 0 }), Err(BuildError::Empty { operation: OPERATION }));
        let odd = reference(&[1, 2, 3], &Extrema { of, len: 2 });
        assert!(matches!(odd, Err(BuildError::Length { operation: OPERATION, expected: 2, found: 3, .. })));
    }
}
