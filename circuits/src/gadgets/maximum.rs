//! The maximum of several values at once, by lookup: `m >= x_i` for all `i`, and `m = x_i` for some `i`.
//!
//! ```text
//! m - x_i >= 0                    for each i: the digits of a loose range
//! prod (m - x_i) = 0              n - 1 products of two: two chains of half of the factors each, then chain * chain = 0
//! ```
//!
//! *Soundness.* Digits make each `m - x_i` a small non-negative integer, and `x_i` is one by its interval; so `m`, a field element
//! until then, is an integer, and not below any of them. The product is taken in the field, which has no zero divisors: it is zero
//! only if a factor is zero, whether or not the products are small. So `m` is the maximum, and unique. How loose the ranges are does not
//! matter: they are only needed for the sign.
//!
//! *Cost* for `n` values whose differences have `k` digits: `n * k + n - 1`. A tournament of pairs ([`crate::gadgets::larger`]) has
//! `(n - 1) * (k + 2)`, with fewer digits: `n - 1 - k` constraints are saved for `k` more wires of full size. It pays if that
//! is more than `k` ([`is_cheaper`]): for four values, if one digit is enough; 7 constraints in place of 9. By bits it never does.
//!
//! The witness computes the products as 64-bit integers, so each chain's largest value must stay within 2^60.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::lookup::digits::assert_loose;
use crate::instruction::Instruction;
use crate::integer::{Interval, LIMIT_BITS, bit_length};
use crate::linear::Lc;
use crate::lookups::Ranges;

/// Digits that the choice of a method counts with; the width of the range table is not known yet.
const WIDTH: u32 = 8;

/// Most values at once.
pub const MAX_VALUES: usize = 64;

/// Integer reference; `None` for no values.
pub fn reference(x: &[i64]) -> Option<i64> {
    x.iter().copied().max()
}

/// Whether [`constrain`] takes these values, and costs less than a tournament.
pub fn is_cheaper(ranges: Ranges, x: &[Interval]) -> bool {
    let n = x.len();
    if ranges == Ranges::Bits || !(3..=MAX_VALUES).contains(&n) {
        return false;
    }
    let digits = bits(x).map(|bits| bits.div_ceil(WIDTH) as usize).max().unwrap_or(0);
    let (left, right) = x.split_at(n / 2);
    let fits = |part: &[Interval]| chain(x, part).is_some_and(|most| most <= 1 << LIMIT_BITS);
    n - 1 > 2 * digits && fits(left) && fits(right)
}

/// The largest of the values. [`is_cheaper`] must say so.
pub fn constrain(b: &mut Builder, x: &[Bounded]) -> Result<Bounded, BuildError> {
    const OPERATION: &str = "maximum";
    let intervals: Vec<Interval> = x.iter().map(|x| (x.lo(), x.hi())).collect();
    let Some((lo, hi)) = ends(&intervals) else { return Err(BuildError::Empty { operation: OPERATION }) };
    let overflow = BuildError::Overflow { operation: OPERATION, lo, hi };
    let (Ok(base), Ok(span)) = (i64::try_from(lo), i64::try_from(hi - lo)) else { return Err(overflow) };
    let count = u8::try_from(x.len()).map_err(|_| BuildError::TooLarge { what: "values of a maximum" })?;
    b.scope("maximum", |b| {
        let shifted = x.iter().map(|x| x.add_const(-base)).collect::<Result<Vec<_>, _>>()?;
        b.instruct(Instruction::Maximum { count }, &shifted.iter().collect::<Vec<_>>())?;
        let largest = b.bounded_wire(span)?.add_const(base)?;
        let mut distances = Vec::with_capacity(x.len());
        for (x, bits) in x.iter().zip(bits(&intervals)) {
            let distance = largest.sub(x)?;
            assert_loose(b, &distance, bits)?;
            distances.push(distance.proven(0, i128::MAX));
        }
        let (left, right) = distances.split_at(x.len() / 2);
        let (left, right) = (product(b, left, &overflow)?, product(b, right, &overflow)?);
        b.enforce("product of distances = 0", &left.to_lc(), &right.to_lc(), &Lc::zero())?;
        Ok(largest)
    })
}

/// The product of some distances, from left to right.
fn product(b: &mut Builder, factors: &[Bounded], overflow: &BuildError) -> Result<Bounded, BuildError> {
    let zero = Bounded::constant(0)?;
    let mut factors = factors.iter();
    let first = factors.next().ok_or(BuildError::Empty { operation: "maximum" })?;
    factors.try_fold(first.clone(), |product, factor| {
        let most = product.hi().checked_mul(factor.hi()).and_then(|most| i64::try_from(most).ok());
        let most = most.ok_or_else(|| overflow.clone())?;
        b.product_wire("product of distances", &product, factor, &zero, most)
    })
}

/// The interval of the maximum.
fn ends(x: &[Interval]) -> Option<Interval> {
    x.iter().copied().reduce(|x, y| (x.0.max(y.0), x.1.max(y.1)))
}

/// Bits of the distance of each value from the maximum.
fn bits(x: &[Interval]) -> impl Iterator<Item = u32> {
    let most = ends(x).map_or(0, |(_, hi)| hi);
    x.iter().map(move |x| bit_length(most - x.0))
}

/// The largest product of the distances of some of the values.
fn chain(x: &[Interval], part: &[Interval]) -> Option<i128> {
    let most = ends(x)?.1;
    part.iter().try_fold(1i128, |product, x| product.checked_mul(most - x.0))
}

/// Adds what [`constrain`] costs for values of these intervals; returns that of the result.
pub fn cost(t: &mut Tally, x: &[Interval]) -> Interval {
    bits(x).for_each(|bits| t.loose(bits));
    t.add(x.len().saturating_sub(1));
    // Of no values there is no maximum, and no circuit that this could be the cost of.
    ends(x).unwrap_or((0, 0))
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("maximum of 4 values, 6 bits", 4, 6, |b, x| Ok(vec![constrain(b, x)?]))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::circuit::Circuit;
    use crate::gadgets::lookup::cost as lookup;
    use crate::linear::Wire;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, assign, check, gadget_with_bounds_by,
    };
    use ark_bn254::Fr;
    use ark_ff::{Field, One};

    fn by_lookup(len: usize, bits: u8) -> Result<(Circuit, Vec<Interval>), BuildError> {
        gadget_with_bounds_by(Ranges::Lookup, len, bits, |b, x| Ok(vec![constrain(b, x)?]))
    }

    #[test]
    fn all_values_of_three_and_four() -> Result<(), BuildError> {
        let (circuit, bounds) = by_lookup(3, 2)?;
        let triples = all(2).flat_map(|z| all_pairs(2).map(move |xy| vec![xy[0], xy[1], z]));
        check(&circuit, &bounds, triples, |x| reference(x).into_iter().collect());
        let (circuit, bounds) = by_lookup(4, 3)?;
        let fours = all_pairs(3).flat_map(|x| all_pairs(3).step_by(5).map(move |y| [x.clone(), y].concat()));
        check(&circuit, &bounds, fours, |x| reference(x).into_iter().collect());
        Ok(())
    }

    #[test]
    fn many_values_of_unlike_intervals() -> Result<(), BuildError> {
        let build = |b: &mut Builder, x: &[Bounded]| {
            let x = (0i64..).zip(x).map(|(i, x)| x.mul_const(1 + i % 3)?.add_const(5 * i - 20));
            Ok(vec![constrain(b, &x.collect::<Result<Vec<_>, _>>()?)?])
        };
        let (circuit, bounds) = gadget_with_bounds_by(Ranges::Lookup, 9, 4, build)?;
        let expected =
            |x: &[i64]| (0..).zip(x).map(|(i, x)| x * (1 + i % 3) + 5 * i - 20).max().into_iter().collect();
        let inputs = [vec![0; 9], vec![7; 9], vec![-8; 9], vec![7, 7, 7, 7, 7, -8, -8, -8, -8]];
        check(&circuit, &bounds, inputs, expected);
        Ok(())
    }

    #[test]
    fn costs_and_necessity() -> Result<(), BuildError> {
        assert_costs(
            4,
            6,
            |b, x| constrain(b, x).map(|y| vec![y]),
            |t, x| {
                cost(t, x);
            },
        )?;
        // Four values of one digit: 7 and not 9, but for the table and the inputs' proofs.
        let intervals = [(-128, 127); 4];
        assert!(is_cheaper(Ranges::Lookup, &intervals) && !is_cheaper(Ranges::Bits, &intervals));
        let pair = crate::gadgets::larger::cost;
        let direct = |t: &mut Tally, x: &[Interval]| cost(t, x);
        let tournament = |t: &mut Tally, x: &[Interval]| {
            let (left, right) = (pair(t, x[0], x[1]), pair(t, x[2], x[3]));
            pair(t, left, right)
        };
        let spent = |cost: &dyn Fn(&mut Tally, &[Interval]) -> Interval| {
            let mut t = Tally::new(Ranges::Lookup);
            cost(&mut t, &intervals);
            let (all, width) = (t.constraints(), t.demand().best_width());
            let fixed = all - t.demand().constraints(width) - lookup::MASK;
            fixed + t.demand().queries(WIDTH)
        };
        assert_eq!((spent(&direct), spent(&tournament)), (7, 9));
        // Two digits each save nothing, and a chain must fit its integers.
        assert!(!is_cheaper(Ranges::Lookup, &[(-129, 128); 4]));
        assert!(is_cheaper(Ranges::Lookup, &[(0, 255); 14]) && !is_cheaper(Ranges::Lookup, &[(0, 255); 16]));
        let (circuit, _) = by_lookup(4, 3)?;
        assert_every_constraint_is_needed(
            &circuit,
            &[vec![3, 1, 0, 2], vec![0, 3, 1, 2], vec![0, 1, 3, 2], vec![0, 1, 2, 3]],
        );
        Ok(())
    }

    /// Any other maximum, with products to match: too small, too large, no integer.
    #[test]
    fn no_other_maximum_passes() -> Result<(), BuildError> {
        let (circuit, _) = by_lookup(4, 4)?;
        let x = [3, -2, 5, 5];
        let honest = audit::solve(&circuit, &assign(&x)).unwrap_or_else(|e| panic!("{e}"));
        let maximum = circuit.r1cs.num_instance + 4;
        let products = [maximum + 1, maximum + 2];
        assert_eq!(honest.values[maximum], Fr::from(5u64 + 8));
        let half = Fr::from(2u64).inverse().unwrap_or_default();
        let lies = (-8i64..=40).filter(|&lie| lie != 5).map(Fr::from);
        // Roots of the product modulo nothing: fractions near the values.
        for lie in lies.chain([half, Fr::from(11u64) * half, -half]) {
            let distance = |i: usize| lie - Fr::from(x[i]);
            let changes = [
                (Wire(maximum as u32), lie + Fr::from(8u64)),
                (Wire(products[0] as u32), distance(0) * distance(1)),
                (Wire(products[1] as u32), distance(2) * distance(3)),
            ];
            let mut witness = circuit.solve(&assign(&x)).unwrap_or_else(|e| panic!("{e}"));
            changes.iter().for_each(|&(wire, value)| witness.values[wire.index()] = value);
            witness.positions.clear();
            let forged = circuit.complete(witness, Fr::one(), Fr::from(123_456_789u64).pow([5]));
            let violation = circuit.r1cs.first_violation(&forged.unwrap_or_else(|e| panic!("{e}")));
            let block = violation.map(|violation| violation.block).unwrap_or_default();
            // Between the values the product stops it; at a smaller value, the digits of what is larger.
            let is_a_value = x.iter().any(|&x| lie == Fr::from(x));
            let expected = if is_a_value {
                "fractions of entries = fractions of queries"
            } else {
                "product of distances = 0"
            };
            assert!(block.ends_with(expected), "{lie}: {block:?}");
        }
        Ok(())
    }
}
