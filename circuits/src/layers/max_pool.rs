//! Max pooling of `[channels, height, width]`: the largest value of each window, padding left out.
//!
//! Cost: for a window of `k` values, `k - 1` maxima of two ([`crate::gadgets::larger`]), each a comparison and a product: a
//! tournament of pairs, so that differences stay as narrow as their operands. By lookup, all at once where that is cheaper
//! ([`crate::gadgets::maximum`]). Values that intervals decide cost nothing.
//!
//! Rounding, clamping and ReLU are monotonic, so they commute with the maximum, bit for bit. Pooling the accumulators
//! and requantizing the result takes one requantization a window and wide comparisons; requantizing first
//! takes `k` requantizations and narrow comparisons. For small windows, the former is mostly cheaper.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, at, gather};
use crate::gadgets::{larger, maximum};
use crate::integer::Interval;
use crate::window::{Axis, Window};

/// Integer reference: `[channels, height, width]`. Fails on a wrong length.
pub fn reference(x: &[i64], window: &Window) -> Result<Vec<i64>, BuildError> {
    pool(x, window, |values| {
        let largest = values.iter().map(|&&x| x).max();
        largest.ok_or(BuildError::Empty { operation: "maximum" })
    })
}

/// The largest value of each window.
pub fn constrain(b: &mut Builder, x: &[Bounded], window: &Window) -> Result<Vec<Bounded>, BuildError> {
    b.scope("max_pool", |b| {
        pool(x, window, |values| largest(b, &values.iter().copied().cloned().collect::<Vec<_>>()))
    })
}

/// The largest of some values, at least one.
pub fn largest(b: &mut Builder, values: &[Bounded]) -> Result<Bounded, BuildError> {
    let intervals: Vec<Interval> = values.iter().map(|x| (x.lo(), x.hi())).collect();
    let reached = candidates(&intervals);
    if reached.len() < values.len() {
        let values = gather("values", values, reached)?;
        return largest(b, &values);
    }
    if maximum::is_cheaper(b.ranges(), &intervals) {
        return maximum::constrain(b, values);
    }
    match values {
        [] => Err(BuildError::Empty { operation: "maximum" }),
        [value] => Ok(value.clone()),
        _ => {
            let (left, right) = values.split_at(values.len() / 2);
            let (left, right) = (largest(b, left)?, largest(b, right)?);
            larger::constrain(b, &left, &right)
        }
    }
}

/// The positions of values that can be the largest, given their intervals; of several that can only be equal, the first.
fn candidates(x: &[Interval]) -> Vec<usize> {
    let Some((surest, &(least, _))) = x.iter().enumerate().rev().max_by_key(|(_, x)| x.0) else {
        return Vec::new();
    };
    x.iter().enumerate().filter(|&(i, x)| i == surest || x.1 > least).map(|(i, _)| i).collect()
}

/// Adds what [`largest`] costs for values of these intervals; returns that of the result.
pub fn cost_of_largest(t: &mut Tally, x: &[Interval]) -> Interval {
    let reached = candidates(x);
    if reached.len() < x.len() {
        let x: Vec<Interval> = reached.into_iter().map(|i| x[i]).collect();
        return cost_of_largest(t, &x);
    }
    if maximum::is_cheaper(t.ranges(), x) {
        return maximum::cost(t, x);
    }
    match x {
        [] => (0, 0),
        &[x] => x,
        _ => {
            let (left, right) = x.split_at(x.len() / 2);
            let (left, right) = (cost_of_largest(t, left), cost_of_largest(t, right));
            larger::cost(t, left, right)
        }
    }
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], window: &Window) -> Result<Vec<Interval>, BuildError> {
    pool(x, window, |values| Ok(cost_of_largest(t, &values.iter().map(|&&x| x).collect::<Vec<_>>())))
}

/// The windows in output order, each reduced to one value.
pub(crate) fn pool<T, U>(
    x: &[T],
    window: &Window,
    mut reduce: impl FnMut(&[&T]) -> Result<U, BuildError>,
) -> Result<Vec<U>, BuildError> {
    window.check_pool("pooling", x.len())?;
    let (height, width) = window.output();
    let size = window.height.input * window.width.input;
    let mut results = Vec::with_capacity(window.channels * height * width);
    for channel in x.chunks_exact(size) {
        for position in 0..height * width {
            let seen = window.positions(position / width, position % width);
            let values =
                seen.map(|(_, index)| at("channel", channel, index)).collect::<Result<Vec<&T>, _>>()?;
            results.push(reduce(&values)?);
        }
    }
    Ok(results)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("max pool of 4x4 by 2x2, 8 bits", 16, 8, |b, x| {
    let axis = Axis::new(4, 2).stride(2);
    constrain(b, x, &Window { channels: 1, height: axis, width: axis })
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::requantize::{self, Requantize};
    use crate::testing::{
        all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, forge, gadget,
        gadget_with_bounds,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn square(channels: usize, axis: Axis) -> Window {
        Window { channels, height: axis, width: axis }
    }

    #[test]
    fn padding_is_left_out() -> Result<(), BuildError> {
        let window = square(1, Axis::new(3, 2).stride(2).pad(1));
        assert_eq!(reference(&[-1, -2, -3, -4, -5, -6, -7, -8, -9], &window)?, [-1, -2, -4, -5]);
        Ok(())
    }

    #[test]
    fn all_pairs_and_random_windows() -> Result<(), BuildError> {
        let pair = Window::line(1, Axis::new(2, 2));
        let (circuit, bounds) = gadget_with_bounds(2, 5, |b, x| constrain(b, x, &pair))?;
        check(&circuit, &bounds, all_pairs(5), |x| vec![x[0].max(x[1])]);
        let mut rng = ChaCha8Rng::seed_from_u64(10);
        for window in [
            square(2, Axis::new(4, 2).stride(2)),
            square(1, Axis::new(5, 3).stride(2).pad(1)),
            square(1, Axis::new(5, 2).dilation(2)),
            Window::line(3, Axis::new(7, 3)),
        ] {
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &window);
            let (circuit, bounds) = gadget_with_bounds(window.inputs(), 6, build)?;
            assert_costs(window.inputs(), 6, build, |t, x| {
                let results = cost(t, x, &window).unwrap_or_default();
                assert_eq!(results, bounds);
            })?;
            let cases: Vec<Vec<i64>> = (0..6)
                .map(|i| (0..window.inputs()).map(|_| rng.gen_range(-32..32i64) >> i).collect())
                .collect();
            let expected = |x: &[i64]| reference(x, &window).unwrap_or_default();
            check(&circuit, &bounds, cases.clone(), expected);
            check_both(window.inputs(), 6, build, cases, expected)?;
        }
        Ok(())
    }

    #[test]
    fn commutes_with_requantization() -> Result<(), BuildError> {
        let window = square(1, Axis::new(4, 2).stride(2));
        let p = Requantize::signed(3, 4).relu();
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for _ in 0..100 {
            let x: Vec<i64> = (0..16).map(|_| rng.gen_range(-200..200)).collect();
            let round = |x: Vec<i64>| x.into_iter().map(|x| requantize::reference(x, p)).collect::<Vec<_>>();
            assert_eq!(round(reference(&x, &window)?), reference(&round(x), &window)?);
        }
        Ok(())
    }

    #[test]
    fn costs_and_a_smaller_value_is_caught() -> Result<(), BuildError> {
        let window = square(1, Axis::new(2, 2));
        let circuit = gadget(4, 6, |b, x| constrain(b, x, &window))?;
        // Three maxima of differences of 7 bits with their sign.
        assert_eq!(circuit.stats().constraints - 4 * 6, 3 * (7 + 1));
        assert_every_constraint_is_needed(
            &circuit,
            &[vec![1, 2, 3, 4], vec![9, -9, 9, -9], vec![-32, 31, 5, 5]],
        );
        let y = crate::linear::Wire(circuit.r1cs.num_wires() as u32 - 1);
        let forged = forge(&circuit, &[1, 2, 3, 4], &[(y, crate::testing::one())]);
        assert_eq!(forged, "max_pool/max/select/condition * (x - y) = result - y");
        Ok(())
    }

    #[test]
    fn windows_of_padding_are_refused() {
        let refused = reference(&[1], &Window::line(1, Axis::new(1, 1).pad(1)));
        assert!(matches!(refused, Err(BuildError::OnlyPadding { operation: "pooling", window: 0 })));
        let refused = reference(&[1, 2], &Window::line(1, Axis::new(1, 1)));
        assert!(matches!(refused, Err(BuildError::Length { .. })));
    }
}
