//! Constraints that a layer will cost, without building it: what the search minimizes.
//!
//! The formulas are those of `assay_circuits::gadgets::clamp` and `layers::argmax`; a test compares them with built
//! circuits.

use super::graph::{QuantGraph, QuantLayer, Rounding, Step};
use super::interval::{Interval, LayerIntervals};
use crate::model::{Groups, Window};

/// Constraints of a graph without its statement.
pub(crate) fn of_graph(graph: &QuantGraph, intervals: &[LayerIntervals]) -> u64 {
    let inputs = graph.inputs.iter().map(|input| input.elements() as u64 * u64::from(input.bits));
    let layers = graph.layers.iter().zip(intervals).map(|(layer, intervals)| of_layer(layer, intervals));
    inputs.chain(layers).sum()
}

fn of_layer(layer: &QuantLayer, intervals: &LayerIntervals) -> u64 {
    let pooled = &intervals.pooled;
    let Some(rounding) = layer.step.rounding() else {
        let pooling = layer.pool.map_or(0, |window| maxima(&window, &intervals.accumulators));
        return pooling
            + match &layer.step {
                Step::ArgMax(groups) => of_groups(*groups, pooled, argmax),
                _ => 0,
            };
    };
    let rounded = match layer.pool {
        None => roundings(rounding, pooled),
        Some(window) => {
            let (before, behind) = poolings(rounding, &window, intervals);
            before.min(behind)
        }
    };
    let arguments = || rounded_intervals(rounding, pooled);
    rounded
        + match &layer.step {
            Step::Table { .. } => arguments().iter().map(|&argument| multiplex(argument)).sum(),
            Step::Softmax { groups, softmax, .. } => {
                let table = Interval::new(softmax.exponential().lo(), softmax.exponential().hi());
                of_groups(*groups, &arguments(), |values| {
                    let scale = u64::from(2 * layer.scale.unsigned_abs());
                    largest(values) + values.len() as u64 * (multiplex(table) + scale) + 4 * scale
                })
            }
            Step::LayerNorm { groups, normalization, .. } => {
                // Two products a value; the root, and the rounding of the variance.
                let once = 3 * 40 + 2 * 60 + u64::from(normalization.variance_shift);
                groups.count() as u64 * (2 * groups.length as u64 + once)
            }
            _ => 0,
        }
}

fn of_groups(groups: Groups, values: &[Interval], cost: impl Fn(&[Interval]) -> u64) -> u64 {
    let group = |group: &mut dyn Iterator<Item = usize>| {
        let values: Vec<Interval> = group.filter_map(|at| values.get(at).copied()).collect();
        cost(&values)
    };
    groups.positions().map(|mut positions| group(&mut positions)).sum()
}

/// Rounding of each accumulator. Neighbours often have one interval and one shift.
fn roundings(rounding: &Rounding, accumulators: &[Interval]) -> u64 {
    let count = accumulators.len();
    let mut last: Option<(Interval, u32, u64)> = None;
    let mut total = 0;
    for (i, &acc) in accumulators.iter().enumerate() {
        let p = rounding.of(i, count);
        let cost = match last {
            Some((interval, shift, cost)) if interval == acc && shift == p.shift => cost,
            _ => clamp(acc, p.shift, p.lo.into(), p.hi.into()),
        };
        last = Some((acc, p.shift, cost));
        total += cost;
    }
    total
}

/// The intervals behind a rounding.
fn rounded_intervals(rounding: &Rounding, accumulators: &[Interval]) -> Vec<Interval> {
    let round = |(i, acc): (usize, &Interval)| {
        let p = rounding.of(i, accumulators.len());
        let half = (1i128 << p.shift) >> 1;
        let end = |value: i128| ((value + half) >> p.shift).clamp(p.lo.into(), p.hi.into());
        Interval { lo: end(acc.lo), hi: end(acc.hi) }
    };
    accumulators.iter().enumerate().map(round).collect()
}

/// Constraints of a pooling and a rounding: pooling first, and rounding first. The results are the same.
fn poolings(rounding: &Rounding, window: &Window, intervals: &LayerIntervals) -> (u64, u64) {
    let accumulators = &intervals.accumulators;
    let pool_first = maxima(window, accumulators) + roundings(rounding, &intervals.pooled);
    let rounded = rounded_intervals(rounding, accumulators);
    (pool_first, roundings(rounding, accumulators) + maxima(window, &rounded))
}

/// Whether a layer pools its accumulators before it rounds them, which is the same and may cost less.
pub(crate) fn pools_first(layer: &QuantLayer, intervals: &LayerIntervals) -> bool {
    match (layer.pool, layer.step.rounding()) {
        (Some(window), Some(rounding)) => {
            let (first, last) = poolings(rounding, &window, intervals);
            first <= last
        }
        _ => true,
    }
}

/// Maxima of all windows; the values of a channel have one interval, or nearly.
fn maxima(window: &Window, values: &[Interval]) -> u64 {
    let (height, width) = window.output();
    let area = (window.height.input * window.width.input).max(1);
    let taps = |axis: crate::model::Axis| -> usize {
        (0..axis.output()).map(|o| (0..axis.kernel).filter(|&k| axis.position(o, k).is_some()).count()).sum()
    };
    let seen = taps(window.height) * taps(window.width);
    let comparisons = seen.saturating_sub(height * width) as u64;
    let channel = |values: &[Interval]| {
        let all = values.iter().copied().reduce(Interval::union).unwrap_or(Interval::new(0, 0));
        comparisons * maximum(all)
    };
    values.chunks_exact(area).map(channel).sum()
}

/// The larger of two values of one interval: a comparison and a selection.
fn maximum(values: Interval) -> u64 {
    let span = values.hi - values.lo;
    if span == 0 { 0 } else { signed(Interval { lo: -span, hi: span }) + 1 }
}

/// The largest of some values.
fn largest(values: &[Interval]) -> u64 {
    let all = values.iter().copied().reduce(Interval::union).unwrap_or(Interval::new(0, 0));
    (values.len() as u64).saturating_sub(1) * maximum(all)
}

/// A value of a table by the bits of its argument, about: see `assay_circuits::gadgets::multiplex`.
fn multiplex(argument: Interval) -> u64 {
    let n = bit_length(argument.hi - argument.lo);
    let (high, low) = (n / 2, n - n / 2);
    n + (1u64 << low.min(32)).saturating_sub(low + 1) + (2u64 << high.min(32)).saturating_sub(high + 1)
}

fn bit_length(value: i128) -> u64 {
    u64::from(i128::BITS - value.max(0).leading_zeros())
}

/// Bits of a value with its sign.
fn signed(v: Interval) -> u64 {
    bit_length(v.hi).max(bit_length(-v.lo - 1)) + 1
}

/// Rounding by `shift` bits and clamping to `[min, max]`.
fn clamp(acc: Interval, shift: u32, min: i128, max: i128) -> u64 {
    let half = if shift == 0 { 0 } else { 1i128 << (shift - 1) };
    let (lowest, highest) = ((acc.lo + half) >> shift, (acc.hi + half) >> shift);
    if highest <= min || lowest >= max || min == max {
        return 0;
    }
    let offset = half - (min << shift);
    let v = Interval { lo: acc.lo + offset, hi: acc.hi + offset };
    match (lowest < min, highest > max) {
        (false, false) if shift == 0 || lowest == highest => 0,
        (false, false) => u64::from(shift) + bit_length(highest - lowest),
        (true, false) => signed(v) + 1,
        (false, true) => {
            let top = ((max + 1) << shift) - 1 - half;
            signed(Interval { lo: top - acc.hi, hi: top - acc.lo }) + 1
        }
        (true, true) => {
            let span = max - min;
            if (span + 1) & span != 0 {
                let above = v.hi >> shift;
                return signed(v) + 1 + signed(Interval { lo: span - above, hi: span }) + 1;
            }
            let k = u64::from(shift) + bit_length(span);
            let tail =
                (0..60).find(|&j| v.lo >= -(1i128 << (k + j)) && v.hi < (1i128 << (k + j)) + (1i128 << k));
            let tail = tail.unwrap_or(60);
            k + tail + 3 + u64::from(tail > 0)
        }
    }
}

/// A running maximum with its index. The index costs a constraint from the second open comparison on: before, it is
/// one of two constants.
fn argmax(scores: &[Interval]) -> u64 {
    let Some((first, rest)) = scores.split_first() else { return 0 };
    let mut best = *first;
    let (mut cost, mut open) = (0, 0u64);
    for (i, candidate) in rest.iter().enumerate() {
        let difference = Interval { lo: candidate.lo - best.hi - 1, hi: candidate.hi - best.lo - 1 };
        if difference.hi < 0 {
            // Never larger: nothing changes.
            continue;
        }
        if difference.lo >= 0 {
            // Always larger: the index is a constant again.
            open = 0;
        } else {
            let is_last = i + 1 == rest.len();
            cost += signed(difference) + u64::from(open > 0) + u64::from(!is_last);
            open += 1;
        }
        best = Interval { lo: best.lo.max(candidate.lo), hi: best.hi.max(candidate.hi) };
    }
    cost
}

/// Whether all results of a layer keep the terms of their accumulators: nothing is rounded, or it costs nothing.
pub(crate) fn is_free(layer: &QuantLayer, intervals: &LayerIntervals) -> bool {
    match &layer.step {
        Step::Accumulate => layer.pool.is_none(),
        Step::Requantize(rounding) => layer.pool.is_none() && roundings(rounding, &intervals.pooled) == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_circuits::layers::{argmax as argmax_layer, requantize};
    use assay_circuits::{Bounded, Builder};
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    /// `w · x + bias` over one input of `bits` bits, and its interval.
    fn accumulator(b: &mut Builder, bits: u8, w: i64, bias: i64) -> (Bounded, Interval) {
        let x = b.input("x", 1, bits).unwrap().remove(0);
        let acc = x.mul_const(w).unwrap().add_const(bias).unwrap();
        let interval = Interval { lo: acc.lo(), hi: acc.hi() };
        (acc, interval)
    }

    proptest! {
        #![proptest_config(Config { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() })]

        #[test]
        fn clamp_costs_what_the_gadget_costs(
            bits in 2u8..14,
            w in -300i64..300,
            bias in -2000i64..2000,
            shift in 0u32..10,
            lo in prop::sample::select(vec![0i64, -128, -8, 3, -1]),
            span in prop::sample::select(vec![0i64, 1, 7, 255, 200, 1 << 20]),
        ) {
            let mut b = Builder::new();
            let (acc, interval) = accumulator(&mut b, bits, w, bias);
            let before = b.num_constraints();
            let p = requantize::Requantize { shift, lo, hi: lo + span };
            requantize::constrain_one(&mut b, &acc, p).unwrap();
            let built = (b.num_constraints() - before) as u64;
            prop_assert_eq!(clamp(interval, shift, lo.into(), (lo + span).into()), built);
        }

        #[test]
        fn argmax_costs_what_the_layer_costs(
            scores in prop::collection::vec((2u8..10, -50i64..50, -500i64..500), 1..6),
        ) {
            let mut b = Builder::new();
            let scores: Vec<_> =
                scores.into_iter().map(|(bits, w, bias)| accumulator(&mut b, bits, w, bias)).collect();
            let (values, intervals): (Vec<_>, Vec<_>) = scores.into_iter().unzip();
            let before = b.num_constraints();
            argmax_layer::constrain(&mut b, &values).unwrap();
            prop_assert_eq!(argmax(&intervals), (b.num_constraints() - before) as u64);
        }
    }
}
