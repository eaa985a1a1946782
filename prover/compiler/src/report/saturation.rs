//! Where values are clamped for inputs of the declared domain: in which layers, and for what share of them.

use assay_circuits::layers::requantize::{self, Requantize};
use serde::Serialize;

use super::error::ReportError;
use super::evidence::Evidence;
use crate::compiled::CompiledModel;
use crate::feature::Feature;
use crate::model::{Kind, Layer, LayerFunction};
use crate::number::pow2;
use crate::quantize::certify;
use crate::quantize::certify::found::evaluations;
use crate::quantize::graph::{QuantLayer, Rounding, RunError, Step};
use crate::quantize::plan::LayerPlan;
use crate::random::SplitMix64;

/// Values that some input of the domain may clamp, and the share of inputs that do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SaturationReport {
    /// Inputs that were looked at: half of them anywhere in the domain, half at its corners.
    pub inputs: usize,
    /// The part of them for which some layer clamps a value.
    pub share: f64,
    /// The layers of which it is not certain that they clamp nothing.
    pub layers: Vec<SaturatingLayer>,
}

/// A layer that may clamp values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SaturatingLayer {
    /// The layer.
    pub layer: String,
    /// Values that may be clamped for some input of the domain.
    pub values: usize,
    /// The part of the inputs that were looked at for which one is.
    pub share: f64,
}

/// Where values saturate; `None` where it is certain that none does.
pub(super) fn saturation(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
) -> Result<Option<SaturationReport>, ReportError> {
    let (counts, layers) = (&evidence.certified.saturating, &evidence.model.layers);
    if counts.iter().sum::<usize>() == 0 {
        return Ok(None);
    }
    let inputs = evaluations(evidence.model);
    let (mut random, mut any) = (SplitMix64(0xc1a3), 0usize);
    let mut of_layers = vec![0usize; layers.len()];
    for position in 0..inputs {
        let row = draw(&compiled.features, evidence.profile.given(), position % 2 == 0, &mut random);
        let values = compiled.graph.run_layers(&compiled.graph.quantize(&row))?;
        let mut is_clamped = false;
        for ((((layer, graph), plan), values), slot) in layers
            .iter()
            .zip(&compiled.graph.layers)
            .zip(&evidence.found.plan.layers)
            .zip(&values)
            .zip(&mut of_layers)
        {
            let clamps = clamps(layer, graph, plan, &values.accumulators)?;
            *slot += usize::from(clamps);
            is_clamped |= clamps;
        }
        any += usize::from(is_clamped);
    }
    let share = |of: usize| of as f64 / inputs.max(1) as f64;
    let each =
        compiled.graph.layers.iter().zip(counts).zip(of_layers).filter(|((_, values), _)| **values > 0);
    let layers = each.map(|((layer, &values), clamped)| SaturatingLayer {
        layer: layer.name.clone(),
        values,
        share: share(clamped),
    });
    Ok(Some(SaturationReport { inputs, share: share(any), layers: layers.collect() }))
}

/// A row of the domain: anywhere in it, or at a corner. An end that is none is where the data is.
fn draw(features: &[Feature], seen: &[Vec<f64>], anywhere: bool, random: &mut SplitMix64) -> Vec<f64> {
    let known = random.of(seen).cloned().unwrap_or_default();
    let value = |(position, feature): (usize, &Feature)| {
        let end = |end: f64| if end.is_finite() { end } else { known.get(position).copied().unwrap_or(0.0) };
        let (min, max, part) = (end(feature.min), end(feature.max), random.part());
        let x = match anywhere {
            true => min + part * (max - min),
            false if part < 0.5 => min,
            false => max,
        };
        if feature.kind == Kind::Real && feature.categories.is_none() { x } else { x.round() }
    };
    features.iter().enumerate().map(value).collect()
}

/// Whether a layer clamps one of its sums to what a format holds, or to what a table has entries for where the function still changes; and
/// not to a bound of the model's own.
fn clamps(
    layer: &Layer,
    graph: &QuantLayer,
    plan: &LayerPlan,
    accumulators: &[i64],
) -> Result<bool, ReportError> {
    let failed = |error| RunError::Layer { layer: graph.name.clone(), error };
    let count = accumulators.len();
    let scale = |at: usize| {
        let run = (at * plan.rows.len()).checked_div(count).unwrap_or(0);
        plan.rows.get(run).copied().unwrap_or(0)
    };
    // Ends beyond which nothing is lost, of each sum: those of the model's own, in units of what it is rounded to.
    let of = |rounding: &Rounding, first: usize, part: &[i64], ends: &dyn Fn(usize) -> (f64, f64)| {
        let mut each = (first..).zip(rounding.of_each(part.len()).map_err(failed)?.zip(part));
        Ok::<bool, ReportError>(each.any(|(at, (p, &sum))| {
            let far = requantize::reference(sum, Requantize { lo: -FAR, hi: FAR, ..p });
            let unit = pow2(p.shift as i32 - scale(at)); // at most 40
            let (low, high) = ends(at);
            (far < p.lo && (p.lo as f64 - 1.0) * unit > low)
                || (far > p.hi && (p.hi as f64 + 1.0) * unit < high)
        }))
    };
    match &graph.step {
        Step::Accumulate => Ok(false),
        Step::Requantize(rounding) => {
            let (low, high) = match layer.function {
                LayerFunction::Clip { low, high } => (low, high),
                _ => (None, None),
            };
            let ends = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
            of(rounding, 0, accumulators, &|_| ends)
        }
        Step::Operator { arguments, .. } => {
            let (reaches, mut first, mut clamps) = (certify::reaches(layer, count), 0, false);
            let ends = |at: usize| {
                let reach = reaches.get(at).copied().unwrap_or(f64::INFINITY);
                (-reach, reach)
            };
            for (argument, part) in Step::split(arguments, accumulators).map_err(failed)? {
                if let Some(rounding) = &argument.rounding {
                    clamps |= of(rounding, first, part, &ends)?;
                }
                first += part.len();
            }
            Ok(clamps)
        }
    }
}

/// Larger than any accumulator.
const FAR: i64 = 1 << 62;
