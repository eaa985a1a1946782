//! A plan: the scales and widths of a quantized graph; and the graph that a plan gives.
//!
//! A layer's constraints depend on the scales of its accumulators only, since dropping bits in a requantization is
//! free: coarser accumulators, fewer constraints. At given accumulator scales the scale of the layer before trades
//! finer activations for coarser weights, at no cost. Functions take their arguments from a *domain* of few bits, to
//! which the accumulators are rounded first: the size of their table.

use std::sync::Arc;

use super::graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput, signed_range};
use super::interval::{self, Interval, LayerIntervals};
use super::profile::Profile;
use super::{linear, steps};
use crate::model::{Function, Layer, Map, Model};
use crate::number::{pow2, quantize};
use crate::options::Format;

/// Widest activation, in bits.
pub(crate) const MAX_BITS: u32 = 16;
/// Narrowest activation, in bits.
pub(crate) const MIN_BITS: u32 = 8;
/// Widest output, in bits.
const MAX_OUTPUT_BITS: u32 = assay_interface::schema::MAX_BITS as u32;

/// Scales and widths of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub inputs: Vec<Format>,
    pub layers: Vec<LayerPlan>,
}

/// Scales and widths of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerPlan {
    /// Scale of the results.
    pub scale: i32,
    /// Width at which results saturate: unsigned bits where results are not negative, signed bits else.
    pub bits: u32,
    /// Scales of the accumulators: one for each run of rows of equal length ([`runs`] of them).
    pub rows: Vec<i32>,
    /// What becomes of the accumulators.
    pub result: LayerResult,
    /// Who chooses scale and width.
    pub format: FormatChoice,
}

/// What becomes of a layer's accumulators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerResult {
    /// They are requantized.
    Requantized,
    /// They are an output as they are.
    Accumulators,
    /// They are sums of elements of one value, at its scale.
    Sums,
    /// They are the scores of an ArgMax.
    Index,
    /// They are rounded to the arguments of a function.
    Function(Domain),
}

/// Format of a function's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    /// Binary scale.
    pub scale: i32,
    /// A table has `2^bits` entries.
    pub bits: u32,
}

/// Who chooses a layer's scale and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatChoice {
    /// The search.
    Free,
    /// The caller, for an output.
    Fixed,
}

impl LayerPlan {
    /// The scale that accumulators are rounded to, if they are.
    pub fn rounded_scale(&self) -> Option<i32> {
        match self.result {
            LayerResult::Requantized => Some(self.scale),
            LayerResult::Function(domain) => Some(domain.scale),
            _ => None,
        }
    }

    /// Whether the search may change scale and width of the results.
    pub fn is_free(&self) -> bool {
        matches!(self.result, LayerResult::Requantized | LayerResult::Function(_))
            && self.format == FormatChoice::Free
    }
}

/// Runs of rows that have a scale of their own: rows of a matrix, filters of a convolution; one where all rows are
/// compared with each other.
pub(crate) fn runs(layer: &Layer) -> usize {
    let is_compared = match layer.map.as_ref() {
        Map::Convolution(_) => false,
        _ => layer.pool.is_some(),
    };
    match layer.function {
        Function::ArgMax(_) | Function::Sum => 1,
        _ if is_compared => 1,
        _ => layer.map.channels(),
    }
}

/// A plan's graph and what interval arithmetic says about it.
#[derive(Clone)]
pub(crate) struct Realized {
    pub graph: QuantGraph,
    pub intervals: Vec<LayerIntervals>,
}

/// Scale of value `source` (inputs first, then layers).
pub(crate) fn source_scale(plan: &Plan, source: usize) -> i32 {
    match source.checked_sub(plan.inputs.len()) {
        None => plan.inputs.get(source).map_or(0, |format| i32::from(format.scale)),
        Some(layer) => plan.layers.get(layer).map_or(0, |layer| layer.scale),
    }
}

/// Sets the scales that follow from others: sums have that of what they sum, normalized values that of their domain.
pub(crate) fn settle(model: &Model, profile: &Profile, plan: &mut Plan) {
    for (position, layer) in model.layers.iter().enumerate() {
        let source = profile.wiring.get(position).and_then(|wiring| wiring.sources.first().copied());
        let summed = source.map_or(0, |source| source_scale(plan, source));
        let Some(found) = plan.layers.get_mut(position) else { continue };
        match (&layer.function, found.result) {
            (_, LayerResult::Sums) => {
                found.scale = summed;
                found.rows = vec![summed];
            }
            (Function::LayerNorm { groups, epsilon }, LayerResult::Function(domain)) => {
                if let Some(normalization) = steps::normalization(*groups, *epsilon, domain) {
                    found.scale = i32::try_from(normalization.scale).unwrap_or(i32::MAX);
                }
            }
            _ => {}
        }
    }
}

/// The quantized graph of a plan, or `None` where the plan is not feasible: a weight, an accumulator or an output
/// that is too wide. What does not differ from `known`, another plan with its graph, is taken from there.
pub(crate) fn realize(
    model: &Model,
    profile: &Profile,
    plan: &Plan,
    known: Option<(&Plan, &Realized)>,
) -> Option<Realized> {
    let inputs = model.inputs.iter().zip(&plan.inputs).map(|(input, format)| QuantInput {
        name: input.name.clone(),
        shape: schema_shape(&input.shape),
        bits: format.bits,
        scale: format.scale,
    });
    let mut graph = QuantGraph { inputs: inputs.collect(), layers: Vec::new(), outputs: Vec::new() };
    let mut values = interval::of_inputs(&graph);
    let mut intervals: Vec<LayerIntervals> = Vec::with_capacity(model.layers.len());
    // Whether a value has the same intervals as in the known graph.
    let mut is_same: Vec<bool> = plan
        .inputs
        .iter()
        .enumerate()
        .map(|(i, format)| known.is_some_and(|(known, _)| known.inputs.get(i) == Some(format)))
        .collect();
    for position in 0..model.layers.len() {
        let old = known.filter(|(old, _)| has_same_scales(profile, plan, old, position));
        let old = old.and_then(|(_, realized)| {
            Some((realized.graph.layers.get(position)?, realized.intervals.get(position)?))
        });
        let sources = &profile.wiring.get(position)?.sources;
        let unchanged = sources.iter().all(|&source| is_same.get(source) == Some(&true));
        let (layer, found) = match old {
            Some((layer, intervals)) if unchanged => (layer.clone(), intervals.clone()),
            Some((layer, _)) => {
                let layer = layer.clone();
                let found = interval::of_layer(&layer, &interval::gather(&layer, &values))?;
                (layer, found)
            }
            None => {
                let layer = realize_layer(model, profile, plan, position)?;
                let found = interval::of_layer(&layer, &interval::gather(&layer, &values))?;
                (layer, found)
            }
        };
        let known_results = known.and_then(|(_, realized)| realized.intervals.get(position));
        is_same.push(known_results.is_some_and(|known| known.results == found.results));
        values.push(found.results.clone());
        intervals.push(found);
        graph.layers.push(layer);
    }
    for output in &model.outputs {
        let results = &intervals.get(output.layer)?.results;
        let range = results.iter().copied().reduce(Interval::union)?;
        let layer = plan.layers.get(output.layer)?;
        let bits = if layer.format == FormatChoice::Fixed {
            fixed_width(model, plan, output.layer)?
        } else {
            range.signed_bits()
        };
        if bits > MAX_OUTPUT_BITS || range.signed_bits() > bits {
            return None;
        }
        graph.outputs.push(QuantOutput {
            name: output.name.clone(),
            shape: schema_shape(&output.shape),
            layer: output.layer,
            bits: u8::try_from(bits.max(2)).ok()?,
        });
    }
    Some(Realized { graph, intervals })
}

/// Whether two plans give a layer the same integers.
fn has_same_scales(profile: &Profile, plan: &Plan, other: &Plan, position: usize) -> bool {
    let sources = profile.wiring.get(position).map(|w| w.sources.as_slice()).unwrap_or_default();
    plan.layers.get(position) == other.layers.get(position)
        && sources.iter().all(|&source| source_scale(plan, source) == source_scale(other, source))
}

/// Signed width of a layer with a given format.
fn fixed_width(model: &Model, plan: &Plan, layer: usize) -> Option<u32> {
    let bits = plan.layers.get(layer)?.bits;
    Some(if model.layers.get(layer)?.function.is_unsigned() { bits + 1 } else { bits })
}

/// Shapes of a schema have 1 to 4 dimensions: a scalar gets one, more than four are joined.
fn schema_shape(shape: &[usize]) -> Vec<u32> {
    let dim = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    match shape {
        [] => vec![1],
        shape if shape.len() <= assay_interface::schema::MAX_RANK => shape.iter().copied().map(dim).collect(),
        shape => vec![dim(shape.iter().product())],
    }
}

fn realize_layer(model: &Model, profile: &Profile, plan: &Plan, position: usize) -> Option<QuantLayer> {
    let layer = model.layers.get(position)?;
    let scales = plan.layers.get(position)?;
    let wiring = profile.wiring.get(position)?;
    let map =
        linear::realize(&layer.map, wiring, profile, |source| source_scale(plan, source), &scales.rows)?;
    let argument = profile.arguments.get(position).copied()?;
    let step = steps::realize(&layer.function, scales, argument, &profile.tables)?;
    let scale = i8::try_from(scales.scale).ok()?;
    Some(QuantLayer {
        name: layer.name.clone(),
        sources: wiring.sources.clone(),
        map: Arc::new(map),
        pool: layer.pool,
        step,
        scale,
    })
}

/// Quantizes a sample: the nearest integers, saturated to the formats.
pub(crate) fn quantize_sample(graph: &QuantGraph, sample: &[f64]) -> Vec<Vec<i64>> {
    let mut rest = sample.iter();
    let tensor = |input: &QuantInput| {
        let (lo, hi) = signed_range(u32::from(input.bits));
        let scale = i32::from(input.scale);
        let element = |&value: &f64| {
            let beyond = if value < 0.0 { lo } else { hi };
            quantize(value, scale).map_or(beyond, |integer| integer.clamp(lo, hi))
        };
        rest.by_ref().take(input.elements()).map(element).collect()
    };
    graph.inputs.iter().map(tensor).collect()
}

/// Largest error of any output over the samples at `positions`; for an ArgMax, of its scores. `None` as soon as it
/// exceeds `limit`.
pub(crate) fn error(
    realized: &Realized,
    plan: &Plan,
    profile: &Profile,
    positions: &[usize],
    limit: f64,
) -> Option<f64> {
    let graph = &realized.graph;
    let mut worst = 0.0f64;
    for &position in positions {
        let mut values = quantize_sample(graph, profile.samples.get(position)?);
        let mut scores = Vec::with_capacity(graph.layers.len());
        for layer in &graph.layers {
            let accumulators = layer.accumulate(&QuantGraph::gather(layer, &values)).ok()?;
            let is_argmax = matches!(layer.step, super::Step::ArgMax(_));
            scores.push(if is_argmax { accumulators.clone() } else { Vec::new() });
            values.push(layer.step.finish(accumulators).ok()?);
        }
        for (output, target) in graph.outputs.iter().zip(profile.targets.get(position)?) {
            let layer = graph.layers.get(output.layer)?;
            let (integers, scale) = match layer.step {
                super::Step::ArgMax(_) => (
                    scores.get(output.layer)?,
                    plan.layers.get(output.layer)?.rows.first().copied().unwrap_or(0),
                ),
                _ => (values.get(graph.inputs.len() + output.layer)?, i32::from(layer.scale)),
            };
            let factor = pow2(-scale);
            for (&integer, &real) in integers.iter().zip(target) {
                worst = worst.max((integer as f64 * factor - real).abs());
            }
        }
        if worst > limit {
            return None;
        }
    }
    Some(worst)
}
