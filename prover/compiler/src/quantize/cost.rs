//! Constraints that a graph will cost, without building it: what the search minimizes, and what decides between the two
//! ways to prove ranges.
//!
//! The formulas are those of `assay_circuits`; a test compares them with built circuits. Softmax and layer normalization
//! are counted about right only.

use assay_circuits::Ranges;

use super::graph::{QuantGraph, QuantLayer, Rounding, Step};
use super::interval::{Interval, LayerIntervals};
use super::tally::Tally;
use crate::model::{Groups, Window};

/// Terms up to which an accumulator stays a linear combination; a longer one gets a wire.
const MAX_TERMS: u128 = assay_circuits::gadgets::accumulate::MAX_TERMS as u128;

/// Constraints of a graph without its statement.
pub(crate) fn of_graph(graph: &QuantGraph, intervals: &[LayerIntervals], ranges: Ranges) -> u64 {
    let mut tally = Tally::new(ranges);
    for input in &graph.inputs {
        tally.exact(input.bits.into(), input.elements());
    }
    for (layer, intervals) in graph.layers.iter().zip(intervals) {
        of_layer(layer, intervals, ranges, &mut tally);
    }
    tally.constraints()
}

fn of_layer(layer: &QuantLayer, intervals: &LayerIntervals, ranges: Ranges, tally: &mut Tally) {
    let rows = layer.map.rows() as u128;
    if layer.map.terms() > MAX_TERMS * rows {
        tally.add(rows as u64);
    }
    let pooled = &intervals.pooled;
    let Some(rounding) = layer.step.rounding() else {
        if let Some(window) = layer.pool {
            maxima(&window, &intervals.accumulators, tally);
        }
        if let Step::ArgMax(groups) = &layer.step {
            of_groups(*groups, pooled, |scores| argmax(scores, tally));
        }
        return;
    };
    match layer.pool {
        Some(window) if pools_first(layer, intervals, ranges) => {
            maxima(&window, &intervals.accumulators, tally);
            round(layer, rounding, pooled, tally);
        }
        Some(window) => {
            tally.roundings(rounding, &intervals.accumulators);
            maxima(&window, &rounded(rounding, &intervals.accumulators), tally);
        }
        None => round(layer, rounding, pooled, tally),
    }
    match &layer.step {
        Step::Softmax { groups, softmax, .. } => {
            let table = Interval::new(softmax.exponential().lo(), softmax.exponential().hi());
            let scale = u32::from(layer.scale.unsigned_abs());
            of_groups(*groups, &rounded(rounding, pooled), |values| {
                let all = values.iter().copied().reduce(Interval::union).unwrap_or(Interval::new(0, 0));
                maximum(all, (values.len() as u64).saturating_sub(1), tally);
                tally.queries(table, values.len() as u64);
                tally.add(values.len() as u64);
                tally.exact(2 * scale, values.len() + 4);
            });
        }
        Step::LayerNorm { groups, normalization, .. } => {
            // Two products a value; the root, and the rounding of the variance.
            tally.add(groups.count() as u64 * (2 * groups.length as u64 + 3 * 30));
            tally.exact(normalization.variance_shift, groups.count());
            tally.exact(60, 2 * groups.count());
        }
        _ => {}
    }
}

fn round(layer: &QuantLayer, rounding: &Rounding, values: &[Interval], tally: &mut Tally) {
    match &layer.step {
        Step::Table { .. } => tally.function(rounding, values, &rounded(rounding, values)),
        _ => tally.roundings(rounding, values),
    }
}

fn of_groups(groups: Groups, values: &[Interval], mut cost: impl FnMut(&[Interval])) {
    for group in groups.positions() {
        let values: Vec<Interval> = group.filter_map(|at| values.get(at).copied()).collect();
        cost(&values);
    }
}

/// The intervals behind a rounding.
fn rounded(rounding: &Rounding, accumulators: &[Interval]) -> Vec<Interval> {
    let round = |(i, acc): (usize, &Interval)| {
        let p = rounding.of(i, accumulators.len());
        let half = (1i128 << p.shift) >> 1;
        let end = |value: i128| ((value + half) >> p.shift).clamp(p.lo.into(), p.hi.into());
        Interval { lo: end(acc.lo), hi: end(acc.hi) }
    };
    accumulators.iter().enumerate().map(round).collect()
}

/// Whether a layer pools its accumulators before it rounds them, which is the same and may cost less. Functions are
/// applied to what is pooled.
pub(crate) fn pools_first(layer: &QuantLayer, intervals: &LayerIntervals, ranges: Ranges) -> bool {
    let (Some(window), Step::Requantize(rounding)) = (layer.pool, &layer.step) else { return true };
    let accumulators = &intervals.accumulators;
    let (mut first, mut last) = (Tally::new(ranges), Tally::new(ranges));
    maxima(&window, accumulators, &mut first);
    first.roundings(rounding, &intervals.pooled);
    last.roundings(rounding, accumulators);
    maxima(&window, &rounded(rounding, accumulators), &mut last);
    first.constraints() <= last.constraints()
}

/// Maxima of all windows; the values of a channel have one interval, or nearly.
fn maxima(window: &Window, values: &[Interval], tally: &mut Tally) {
    let (height, width) = window.output();
    let area = (window.height.input * window.width.input).max(1);
    let taps = |axis: crate::model::Axis| -> usize {
        (0..axis.output()).map(|o| (0..axis.kernel).filter(|&k| axis.position(o, k).is_some()).count()).sum()
    };
    let seen = taps(window.height) * taps(window.width);
    let comparisons = seen.saturating_sub(height * width) as u64;
    for channel in values.chunks_exact(area) {
        let all = channel.iter().copied().reduce(Interval::union).unwrap_or(Interval::new(0, 0));
        maximum(all, comparisons, tally);
    }
}

/// The larger of two values of one interval, `count` times: a comparison and a selection.
fn maximum(values: Interval, count: u64, tally: &mut Tally) {
    let span = values.hi - values.lo;
    if span > 0 {
        tally.signs(Interval { lo: -span, hi: span }, count);
        tally.add(count);
    }
}

/// A running maximum with its index. The index costs a constraint from the second open comparison on: before, it is
/// one of two constants.
fn argmax(scores: &[Interval], tally: &mut Tally) {
    let Some((first, rest)) = scores.split_first() else { return };
    let mut best = *first;
    let mut open = 0u64;
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
            tally.signs(difference, 1);
            tally.add(u64::from(open > 0) + u64::from(!is_last));
            open += 1;
        }
        best = Interval { lo: best.lo.max(candidate.lo), hi: best.hi.max(candidate.hi) };
    }
}

/// Whether all results of a layer keep the terms of their accumulators: they are few, and nothing is rounded, or it costs
/// nothing.
pub(crate) fn is_free(layer: &QuantLayer, intervals: &LayerIntervals) -> bool {
    let is_short = layer.map.terms() <= MAX_TERMS * layer.map.rows() as u128;
    match &layer.step {
        _ if layer.pool.is_some() || !is_short => false,
        Step::Accumulate => true,
        Step::Requantize(rounding) => {
            let mut tally = Tally::new(Ranges::Bits);
            tally.roundings(rounding, &intervals.pooled);
            tally.constraints() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantize::tally::clamp;
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
            let mut tally = Tally::new(Ranges::Bits);
            argmax(&intervals, &mut tally);
            prop_assert_eq!(tally.constraints(), (b.num_constraints() - before) as u64);
        }
    }
}
