//! Constraints that a layer will cost, without building it: what the search minimizes.
//!
//! The formulas are those of `assay_circuits::gadgets::clamp` and `layers::argmax`; a test compares them with built
//! circuits.

use super::graph::{QuantGraph, QuantLayer, Step};
use super::interval::{Interval, LayerIntervals};
use crate::model::argmax_groups;

/// Constraints of a graph without its statement.
pub(crate) fn of_graph(graph: &QuantGraph, intervals: &[LayerIntervals]) -> u64 {
    let inputs = graph.inputs.iter().map(|input| input.elements() as u64 * u64::from(input.bits));
    let layers = graph.layers.iter().zip(intervals).map(|(layer, intervals)| of_layer(layer, intervals));
    inputs.chain(layers).sum()
}

fn of_layer(layer: &QuantLayer, intervals: &LayerIntervals) -> u64 {
    match &layer.step {
        Step::Accumulate => 0,
        Step::Requantize { shifts, lo, hi } => intervals
            .accumulators
            .iter()
            .zip(shifts)
            .map(|(&acc, &shift)| clamp(acc, u32::from(shift), (*lo).into(), (*hi).into()))
            .sum(),
        &Step::ArgMax { outer, length, inner } => {
            argmax_groups(outer as usize, length as usize, inner as usize)
                .map(|group| {
                    let scores: Vec<Interval> =
                        group.filter_map(|at| intervals.accumulators.get(at).copied()).collect();
                    argmax(&scores)
                })
                .sum()
        }
    }
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

/// Whether a row's result keeps the terms of its accumulator: its requantization costs nothing.
pub(crate) fn is_free_row(layer: &QuantLayer, intervals: &LayerIntervals, row: usize) -> bool {
    match &layer.step {
        Step::Accumulate => true,
        Step::Requantize { shifts, lo, hi } => match (intervals.accumulators.get(row), shifts.get(row)) {
            (Some(&acc), Some(&shift)) => clamp(acc, u32::from(shift), (*lo).into(), (*hi).into()) == 0,
            _ => true,
        },
        Step::ArgMax { .. } => false,
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
