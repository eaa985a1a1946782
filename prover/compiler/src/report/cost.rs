//! What the circuit costs the prover, by part, by layer, and either way to prove ranges.

use assay_circuits::cost::Size;
use assay_circuits::{Kinds, Part, Ranges};

use super::{Evidence, KindReport, LayerReport, PartReport, RangesReport, WayReport};
use crate::compiled::CompiledModel;
use crate::lower::scope;
use crate::number::pow2;
use crate::options::Strategy;
use crate::quantize::graph::{QuantLayer, Rounding, Step};
use crate::quantize::interval::Interval;
use crate::strategy::{self, Estimate};

/// The word of reports for a way to prove ranges.
pub(super) fn ranges_name(ranges: Ranges) -> &'static str {
    match ranges {
        Ranges::Bits => "bits",
        Ranges::Lookup => "lookups",
    }
}

/// Both ways to prove the ranges of the same integers, and why one was taken.
pub(super) fn ranges(compiled: &CompiledModel, evidence: &Evidence<'_>) -> RangesReport {
    let taken = compiled.ranges();
    let estimate = |ranges| {
        if ranges == taken {
            return Estimate::new(Size::of(&compiled.circuit), &compiled.schema, ranges);
        }
        strategy::estimate(&compiled.graph, &evidence.realized.intervals, &compiled.schema, ranges)
    };
    let (bits, lookups) = (estimate(Ranges::Bits), estimate(Ranges::Lookup));
    let saved = 100.0 * (1.0 - lookups.proving_ms / bits.proving_ms);
    let (plain, committed) = (bits.verify_compute_units, lookups.verify_compute_units);
    let added = 100.0 * (committed as f64 / plain as f64 - 1.0);
    let of_lookups = match saved >= 0.0 {
        true => format!("lookups save {saved:.0}% of the time to prove"),
        false => format!("lookups take {:.0}% more time to prove", -saved),
    };
    let why = match evidence.options.ranges {
        Strategy::Auto => "",
        Strategy::Bits | Strategy::Lookup => "by option; ",
    };
    let reason = format!("{why}{of_lookups} and add {added:.0}% to the cost on chain");
    let way = |estimate: Estimate| WayReport {
        constraints: estimate.constraints,
        proving_ms: estimate.proving_ms,
        verify_compute_units: estimate.verify_compute_units,
    };
    RangesReport { chosen: ranges_name(taken), reason, bits: way(bits), lookups: way(lookups) }
}

/// Constraints by kind, the most first.
pub(super) fn kinds(kinds: &Kinds) -> Vec<KindReport> {
    kinds.most_first().into_iter().map(|(kind, constraints)| KindReport { kind, constraints }).collect()
}

/// Constraints by part, in the order of the circuit.
pub(super) fn parts(parts: &[Part<'_>]) -> Vec<PartReport> {
    let report = |part: &Part<'_>| PartReport {
        part: part.name.to_owned(),
        constraints: part.kinds.total(),
        kinds: kinds(&part.kinds),
    };
    parts.iter().map(report).collect()
}

pub(super) fn layers(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    parts: &[Part<'_>],
) -> Vec<LayerReport> {
    let layers = compiled.graph.layers.iter().zip(&evidence.realized.intervals).enumerate();
    layers
        .map(|(position, (layer, intervals))| {
            let part = scope(position, layer);
            let widest = |intervals: &[Interval]| intervals.iter().copied().reduce(Interval::union);
            let results = widest(&intervals.results).unwrap_or(Interval::new(0, 0));
            let exponents = evidence.exponents.get(position).map(Vec::as_slice).unwrap_or_default();
            let calibrated = evidence.profile.ranges.get(position).map(Vec::as_slice).unwrap_or_default();
            let unit = pow2(-i32::from(layer.scale));
            let proven: Vec<(f64, f64)> = intervals
                .results
                .iter()
                .map(|range| (range.lo as f64 * unit, range.hi as f64 * unit))
                .collect();
            LayerReport {
                name: layer.name.clone(),
                rows: layer.len(),
                columns: layer.map.columns(),
                step: step_name(layer),
                parameters: layer.map.weights().count(),
                weight_bits: layer
                    .map
                    .weights()
                    .map(|w| Interval::new(w.min(0), w.max(0)).signed_bits())
                    .max()
                    .unwrap_or(0),
                accumulator_bits: intervals
                    .accumulators
                    .iter()
                    .map(|acc| acc.signed_bits())
                    .max()
                    .unwrap_or(0),
                bits: results.signed_bits(),
                scale: layer.scale,
                saturates: saturates(layer, &intervals.accumulators),
                calibrated: union(calibrated, exponents),
                proven: union(&proven, exponents),
                constraints: parts
                    .iter()
                    .filter(|known| known.name == part)
                    .map(|known| known.kinds.total())
                    .sum(),
            }
        })
        .collect()
}

/// The range of all rows, each in the units it had before equalization.
fn union(rows: &[(f64, f64)], exponents: &[i32]) -> (f64, f64) {
    let factors = exponents.iter().map(|&exponent| pow2(-exponent)).chain(std::iter::repeat(1.0));
    let scaled = rows.iter().zip(factors).map(|(&(lo, hi), factor)| (lo * factor, hi * factor));
    scaled.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default()
}

fn step_name(layer: &QuantLayer) -> String {
    let step = match &layer.step {
        Step::Accumulate => "accumulate",
        Step::Requantize(Rounding { lo: 0, hi, .. }) if hi.count_ones() == hi.trailing_ones() => "relu",
        Step::Requantize(Rounding { lo, hi, .. }) if *lo == -*hi - 1 => "requantize",
        Step::Requantize(_) => "clip",
        Step::Table { activation, .. } => activation.name(),
        Step::ArgMax(_) => "argmax",
        Step::Softmax { .. } => "softmax",
        Step::LayerNorm { .. } => "layer norm",
    };
    match layer.pool {
        Some(_) => format!("max pool, {step}"),
        None => step.to_owned(),
    }
}

/// Whether an accumulator can exceed the upper bound, or the lower bound of a signed result.
fn saturates(layer: &QuantLayer, accumulators: &[Interval]) -> bool {
    let Some(rounding) = layer.step.rounding() else { return false };
    accumulators.iter().enumerate().any(|(i, acc)| {
        let p = rounding.of(i, accumulators.len());
        let half = (1i128 << p.shift) >> 1;
        let rounded = |value: i128| (value + half) >> p.shift;
        rounded(acc.hi) > i128::from(p.hi) || (p.lo != 0 && rounded(acc.lo) < i128::from(p.lo))
    })
}
