//! Indices into axes, as ONNX counts them: those below zero from the end, and no others than `[-n, n)`.
//!
//! ```text
//! x in [-n, n - 1]        u = x + n * [x < 0]        result = sum stride_k * u_k
//! ```
//!
//! for a tuple of indices, one an axis, and the strides of an array of those axes: the place of an element. The first line is an
//! *assertion*: an index beyond its axis has no witness, so nothing is proven of it. After it, sign and place are determined.
//!
//! Cost an index: what its interval leaves open of the range ([`range`]), and the sign of one that may be negative.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, range};
use crate::integer::{Interval, meet, sum, times};

const OPERATION: &str = "index";

/// Most elements of the axes together.
pub const MAX_ELEMENTS: i64 = 1 << 32;

/// The size of each axis with its stride.
fn strides(sizes: &[u32]) -> Result<Vec<(i64, i64)>, BuildError> {
    let mut all = Vec::with_capacity(sizes.len());
    let mut stride = 1i64;
    for &size in sizes.iter().rev() {
        let size = i64::from(size);
        if size == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        all.push((size, stride));
        stride = stride.saturating_mul(size);
        if stride > MAX_ELEMENTS {
            return Err(BuildError::TooLarge { what: "elements of indexed axes" });
        }
    }
    all.reverse();
    Ok(all)
}

/// The tuples.
fn tuples<'a, T>(x: &'a [T], sizes: &[u32]) -> Result<std::slice::ChunksExact<'a, T>, BuildError> {
    let (width, found) = (sizes.len(), x.len());
    if width == 0 || !found.is_multiple_of(width) {
        let expected = found.next_multiple_of(width.max(1)).max(width);
        return Err(BuildError::Length { operation: OPERATION, what: "indices of tuples", expected, found });
    }
    Ok(x.chunks_exact(width))
}

/// Integer reference: the place of each tuple's element. Fails for an index beyond its axis.
pub fn reference(x: &[i64], sizes: &[u32]) -> Result<Vec<i64>, BuildError> {
    let axes = strides(sizes)?;
    let place = |tuple: &[i64]| {
        tuple.iter().zip(&axes).try_fold(0, |place, (&x, &(size, stride))| {
            if !(-size..size).contains(&x) {
                let (min, max) = (i128::from(-size), i128::from(size - 1));
                return Err(BuildError::Unsatisfiable { lo: x.into(), hi: x.into(), min, max });
            }
            Ok(place + stride * x.rem_euclid(size))
        })
    };
    tuples(x, sizes)?.map(place).collect()
}

/// The places, proven to be below the product of the sizes.
pub fn constrain(b: &mut Builder, x: &[Bounded], sizes: &[u32]) -> Result<Vec<Bounded>, BuildError> {
    let axes = strides(sizes)?;
    let mut places = Vec::with_capacity(x.len() / sizes.len().max(1));
    b.scope("index", |b| {
        for tuple in tuples(x, sizes)? {
            let mut place = Bounded::constant(0)?;
            for (x, &(size, stride)) in tuple.iter().zip(&axes) {
                place = place.add(&wrapped(b, x, size)?.mul_const(stride)?)?;
            }
            places.push(place);
        }
        Ok::<_, BuildError>(())
    })?;
    Ok(places)
}

/// One index, counted from the start.
fn wrapped(b: &mut Builder, x: &Bounded, size: i64) -> Result<Bounded, BuildError> {
    let x = range::constrain(b, x, -size, size - 1)?;
    match x.interval() {
        (0.., _) => Ok(x),
        (_, ..0) => x.add_const(size),
        _ => {
            let non_negative = compare::is_non_negative(b, &x)?;
            let u = Bounded::combine(OPERATION, &[(&x, 1), (&non_negative, -size)], size)?;
            // Negative ones come to lie in [size + lo, size), others stay.
            Ok(u.proven(0, from_start(x.interval(), size).1))
        }
    }
}

/// The interval of indices of `x`, which is within `[-size, size)`, counted from the start.
fn from_start((lo, hi): Interval, size: i64) -> Interval {
    let size = i128::from(size);
    match (lo, hi) {
        (0.., _) => (lo, hi),
        (_, ..0) => (lo + size, hi + size),
        _ => (0, size - 1),
    }
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], sizes: &[u32]) -> Result<Vec<Interval>, BuildError> {
    let axes = strides(sizes)?;
    let mut places = Vec::with_capacity(x.len() / sizes.len().max(1));
    for tuple in tuples(x, sizes)? {
        let mut place = (0, 0);
        for (&x, &(size, stride)) in tuple.iter().zip(&axes) {
            let (min, max) = (i128::from(-size), i128::from(size - 1));
            if x.1 < min || x.0 > max {
                return Err(BuildError::Unsatisfiable { lo: x.0, hi: x.1, min, max });
            }
            range::cost(t, x, -size, size - 1);
            let x = meet(x, (min, max));
            if x.0 < 0 && x.1 >= 0 {
                compare::cost(t, x);
            }
            place = sum(place, times(from_start(x, size), stride.into()));
        }
        places.push(place);
    }
    Ok(places)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("index of 16 bits into 10", 1, 16, |b, x| constrain(b, x, &[10])).within(-10, 9),
    Case::new("pair of indices of 12 bits into 4 x 5", 2, 12, |b, x| constrain(b, x, &[4, 5])).within(-4, 3),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, all_pairs, assert_costs, assert_every_constraint_is_needed, assign, check, gadget,
        gadget_with_bounds,
    };

    #[test]
    fn negative_indices_count_from_the_end() -> Result<(), BuildError> {
        assert_eq!(reference(&[0, 4, -1, -5], &[5])?, [0, 4, 4, 0]);
        assert_eq!(reference(&[1, -1, -3, 0], &[3, 4])?, [7, 0]);
        for beyond in [5, -6, i64::MAX, i64::MIN] {
            assert!(matches!(reference(&[beyond], &[5]), Err(BuildError::Unsatisfiable { .. })));
        }
        assert!(matches!(reference(&[0; 3], &[2, 2]), Err(BuildError::Length { .. })));
        assert!(matches!(reference(&[0], &[0]), Err(BuildError::Empty { .. })));
        assert!(matches!(reference(&[0; 2], &[u32::MAX, 3]), Err(BuildError::TooLarge { .. })));
        Ok(())
    }

    /// What is within has one witness, what is beyond has none that any constraint accepts.
    #[test]
    fn all_indices_of_six_bits() -> Result<(), BuildError> {
        for size in [1u32, 2, 3, 5, 8, 13, 31, 32, 40] {
            for offset in [0, 32, -32, 20] {
                let build =
                    |b: &mut Builder, x: &[Bounded]| constrain(b, &[x[0].add_const(offset)?], &[size]);
                let meets = offset - 32 < i64::from(size) && offset + 31 >= -i64::from(size);
                let Ok((circuit, bounds)) = gadget_with_bounds(1, 6, build) else {
                    assert!(!meets);
                    continue;
                };
                let is_within = |x: i64| (-i64::from(size)..i64::from(size)).contains(&(x + offset));
                let within = all(6).filter(|&x| is_within(x));
                check(&circuit, &bounds, within.map(|x| vec![x]), |x| {
                    reference(&[x[0] + offset], &[size]).unwrap_or_default()
                });
                for x in all(6).filter(|&x| !is_within(x)) {
                    let refused = circuit
                        .solve(&assign(&[x]))
                        .map_or(true, |witness| circuit.r1cs.first_violation(&witness).is_some());
                    assert!(refused, "{x} + {offset} of {size}");
                }
                assert_costs(1, 6, build, |t, x| {
                    let x = sum(x[0], (offset.into(), offset.into()));
                    assert_eq!(cost(t, &[x], &[size]), Ok(bounds.clone()), "{size}, {offset}");
                })?;
            }
        }
        Ok(())
    }

    #[test]
    fn places_of_tuples() -> Result<(), BuildError> {
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &[3, 4]);
        let (circuit, bounds) = gadget_with_bounds(2, 4, build)?;
        assert_eq!(bounds, [(0, 11)]);
        let is_within = |x: &Vec<i64>| (-3..3).contains(&x[0]) && (-4..4).contains(&x[1]);
        let within: Vec<Vec<i64>> = all_pairs(4).filter(is_within).collect();
        check(&circuit, &bounds, within.clone(), |x| reference(x, &[3, 4]).unwrap_or_default());
        let circuit = gadget(2, 3, |b, x| constrain(b, x, &[4, 4]))?;
        assert_every_constraint_is_needed(&circuit, &all_pairs(3).collect::<Vec<_>>());
        assert_costs(2, 4, build, |t, x| assert_eq!(cost(t, x, &[3, 4]), Ok(vec![(0, 11)])))?;
        let beyond = gadget(1, 3, |b, x| constrain(b, &[x[0].add_const(20)?], &[5])).map(|_| ());
        assert!(matches!(beyond, Err(BuildError::Unsatisfiable { .. })));
        Ok(())
    }
}
