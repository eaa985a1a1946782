//! The graph that a plan gives, with what interval arithmetic says about it.

use std::sync::Arc;

use super::bounds::{self, LayerIntervals};
use super::graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput};
use super::interval::Interval;
use super::plan::{FormatChoice, LayerResult, Plan, source_scale};
use super::profile::Profile;
use super::{steps, weights};
use crate::model::{LayerFunction, Model};

/// Widest output, in bits.
const MAX_OUTPUT_BITS: u32 = assay_interface::schema::MAX_BITS as u32;

/// A plan's graph and what interval arithmetic says about it.
#[derive(Clone)]
pub(crate) struct Realized {
    pub graph: QuantGraph,
    pub intervals: Vec<LayerIntervals>,
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
            (LayerFunction::LayerNorm { groups, epsilon }, LayerResult::Function(domain)) => {
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
    let mut values = bounds::of_inputs(&graph);
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
                let found = bounds::of_layer(&layer, &bounds::gather(&layer, &values))?;
                (layer, found)
            }
            None => {
                let layer = realize_layer(model, profile, plan, position)?;
                let found = bounds::of_layer(&layer, &bounds::gather(&layer, &values))?;
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
        weights::realize(&layer.map, wiring, profile, |source| source_scale(plan, source), &scales.rows)?;
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
