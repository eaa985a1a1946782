//! What the circuit costs the prover, by part, by layer, and either way to prove ranges.

use assay_circuits::cost::Size;
use assay_circuits::{Kinds, Part, Ranges};

use super::contents::{
    KindReport, LayerReport, PartReport, ProvingTime, RangesReport, WayReport, WeightsReport, word,
};
use super::evidence::Evidence;
use crate::compiled::CompiledModel;
use crate::internal::{Expected, InternalError};
use crate::lower::scope;
use crate::number::pow2;
use crate::options::Strategy;
use crate::quantize::bounds::LayerIntervals;
use crate::quantize::committed::wires::values;
use crate::quantize::graph::{QuantLayer, Rounding, Step};
use crate::quantize::interval::Interval;
use crate::quantize::moved::Moved;
use crate::strategy::{self, Estimate};

/// Both ways to prove the ranges of the same integers, and why one was taken.
pub(super) fn ranges(compiled: &CompiledModel, evidence: &Evidence<'_>) -> RangesReport {
    let taken = compiled.ranges();
    let estimate = |ranges| {
        if ranges == taken {
            return Estimate::new(Size::of(&compiled.circuit), &compiled.schema, ranges);
        }
        strategy::estimate(&compiled.graph, &evidence.found.realized.intervals, &compiled.schema, ranges)
    };
    let (bits, lookups) = (estimate(Ranges::Bits), estimate(Ranges::Lookup));
    let saved = 100.0 * (1.0 - lookups.with_ifma_ms / bits.with_ifma_ms);
    let (plain, committed) = (bits.compute_units.verify_by_cpi, lookups.compute_units.verify_by_cpi);
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
        proving: ProvingTime::Typical {
            with_ifma_ms: estimate.with_ifma_ms,
            without_ifma_ms: estimate.without_ifma_ms,
        },
        compute_units: estimate.compute_units,
    };
    RangesReport { chosen: word(taken), reason, bits: way(bits), lookups: way(lookups) }
}

/// What committing to the weights takes, where that is done.
pub(super) fn weights(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
) -> Result<Option<WeightsReport>, InternalError> {
    let Some(fixed_constraints) = evidence.fixed else { return Ok(None) };
    let (count, constraints) = (values(&compiled.graph)?.len(), compiled.circuit.r1cs.num_constraints());
    Ok(Some(WeightsReport { count, constraints, fixed_constraints }))
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
) -> Result<Vec<LayerReport>, InternalError> {
    let layers = compiled.graph.layers.iter().zip(&evidence.found.realized.intervals).enumerate();
    layers
        .map(|(position, (layer, intervals))| describe(evidence, parts, position, layer, intervals))
        .collect()
}

fn describe(
    evidence: &Evidence<'_>,
    parts: &[Part<'_>],
    position: usize,
    layer: &QuantLayer,
    intervals: &LayerIntervals,
) -> Result<LayerReport, InternalError> {
    let part = scope(position, layer);
    let union_of = |intervals: &[Interval]| intervals.iter().copied().reduce(Interval::union);
    let moved = evidence.results.get(position).expected("what a layer's results became")?;
    let calibrated = evidence.profile.ranges.get(position).expected("the ranges of a layer")?;
    let unit = pow2(-i32::from(layer.scale));
    let real = |range: &Interval| (range.lo as f64 * unit, range.hi as f64 * unit);
    let proven: Vec<(f64, f64)> = intervals.results.iter().map(real).collect();
    let weights = layer.map.weights().map(|w| Interval::new(w.min(0), w.max(0)));
    Ok(LayerReport {
        name: layer.name.clone(),
        rows: layer.len(),
        columns: layer.map.columns(),
        step: layer.kind(),
        parameters: layer.map.weights().count(),
        // A layer of constants has no weights.
        weight_bits: weights.reduce(Interval::union).map_or(0, Interval::signed_bits),
        accumulator_bits: union_of(&intervals.accumulators).expected("an accumulator")?.signed_bits(),
        bits: union_of(&intervals.results).expected("a result")?.signed_bits(),
        scale: layer.scale,
        saturates: saturates(layer, &intervals.accumulators)?,
        calibrated: union(calibrated, moved).expected("the range of a layer")?,
        proven: union(&proven, moved).expected("the range of a layer")?,
        constraints: parts.iter().filter(|known| known.name == part).map(|known| known.kinds.total()).sum(),
    })
}

/// The range of all rows, each in the units it had before equalization.
fn union(rows: &[(f64, f64)], moved: &[Moved]) -> Option<(f64, f64)> {
    let moved = moved.iter().copied().chain(std::iter::repeat(Moved::SAME));
    let original = rows.iter().zip(moved).map(|(&(lo, hi), moved)| (moved.original(lo), moved.original(hi)));
    original.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Whether an accumulator can exceed the upper bound, or the lower bound of a signed result.
fn saturates(layer: &QuantLayer, accumulators: &[Interval]) -> Result<bool, InternalError> {
    let parts: Vec<(&Rounding, &[Interval])> = match &layer.step {
        Step::Accumulate => Vec::new(),
        Step::Requantize(rounding) => vec![(rounding, accumulators)],
        Step::Operator { arguments, .. } => match arguments.as_slice() {
            // The one argument may be pooled first.
            [argument] => argument.rounding.iter().map(|rounding| (rounding, accumulators)).collect(),
            arguments => {
                let parts =
                    Step::split(arguments, accumulators).ok().expected("the accumulators of an argument")?;
                parts
                    .into_iter()
                    .filter_map(|(argument, part)| Some((argument.rounding.as_ref()?, part)))
                    .collect()
            }
        },
    };
    for (rounding, accumulators) in parts {
        let each = rounding.of_each(accumulators.len()).ok().expected("accumulators for each shift")?;
        let saturates = accumulators.iter().zip(each).any(|(acc, p)| {
            let half = (1i128 << p.shift) >> 1;
            let rounded = |value: i128| (value + half) >> p.shift;
            rounded(acc.hi) > i128::from(p.hi) || (p.lo != 0 && rounded(acc.lo) < i128::from(p.lo))
        });
        if saturates {
            return Ok(true);
        }
    }
    Ok(false)
}
