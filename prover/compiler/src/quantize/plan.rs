//! A plan: the scales and widths of a quantized graph; and the graph that a plan gives.
//!
//! A layer's constraints depend on the scales of its accumulators only, since dropping bits in a requantization is
//! free: coarser accumulators, fewer constraints. At given accumulator scales the scale of the layer before trades
//! finer activations for coarser weights, at no cost.

use assay_circuits::layers::dense::Weights;

use super::graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput, Step, signed_range};
use super::interval::{self, Interval, LayerIntervals};
use super::profile::Profile;
use crate::model::{Function, Model};
use crate::number::{dequantize, pow2, quantize};
use crate::options::Format;

/// Widest activation, in bits.
pub(crate) const MAX_BITS: u32 = 16;
/// Narrowest activation, in bits.
pub(crate) const MIN_BITS: u32 = 8;
/// Widest output, in bits.
const MAX_OUTPUT_BITS: u32 = assay_interface::schema::MAX_BITS as u32;
/// Largest weight: keeps products of weights and activations far inside 64 bits.
const MAX_WEIGHT: i64 = 1 << 30;

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
    /// Scale of each accumulator; one for all where they are not requantized.
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
    /// They are the scores of an ArgMax.
    Index,
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
    pub fn is_requantized(&self) -> bool {
        self.result == LayerResult::Requantized
    }

    /// Whether the search may change scale and width of the results.
    pub fn is_free(&self) -> bool {
        self.is_requantized() && self.format == FormatChoice::Free
    }
}

/// A plan's graph and what interval arithmetic says about it.
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

/// The quantized graph of a plan, or `None` where the plan is not feasible: a weight, an accumulator or an output
/// that is too wide.
pub(crate) fn realize(model: &Model, profile: &Profile, plan: &Plan) -> Option<Realized> {
    let inputs = model.inputs.iter().zip(&plan.inputs).map(|(input, format)| QuantInput {
        name: input.name.clone(),
        shape: schema_shape(&input.shape),
        bits: format.bits,
        scale: format.scale,
    });
    let inputs: Vec<QuantInput> = inputs.collect();
    let layers = (0..model.layers.len()).map(|layer| realize_layer(model, profile, plan, layer));
    let mut graph = QuantGraph { inputs, layers: layers.collect::<Option<_>>()?, outputs: Vec::new() };
    let intervals = interval::of_graph(&graph).ok()?;
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

/// Signed width of a layer with a given format.
fn fixed_width(model: &Model, plan: &Plan, layer: usize) -> Option<u32> {
    let bits = plan.layers.get(layer)?.bits;
    Some(if is_unsigned(&model.layers.get(layer)?.function) { bits + 1 } else { bits })
}

/// Whether a function's results are never negative.
pub(crate) fn is_unsigned(function: &Function) -> bool {
    matches!(function, Function::Clip { low: Some(low), .. } if *low >= 0.0)
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
    let mut w = vec![0i64; layer.rows.len().checked_mul(wiring.columns)?];
    let mut bias = Vec::with_capacity(layer.rows.len());
    let rows = layer.rows.iter().zip(&wiring.terms).zip(&scales.rows);
    for (weights, ((row, columns), &scale)) in w.chunks_exact_mut(wiring.columns.max(1)).zip(rows) {
        let mut constant = row.bias;
        for (&(atom, coefficient), &(column, source)) in row.terms.iter().zip(columns) {
            let source = source_scale(plan, source);
            let integer = quantize(coefficient, scale - source).filter(|w| w.abs() <= MAX_WEIGHT)?;
            *weights.get_mut(column)? = integer;
            // What rounding the weight takes away on average goes to the bias.
            let mean = profile.means.get(atom as usize)?;
            constant += (coefficient - dequantize(integer, scale - source)) * mean;
        }
        bias.push(quantize(constant, scale)?);
    }
    let weights = Weights { rows: layer.rows.len(), cols: wiring.columns, w };
    let step = step(&layer.function, scales)?;
    let scale = i8::try_from(scales.scale).ok()?;
    Some(QuantLayer { name: layer.name.clone(), sources: wiring.sources.clone(), weights, bias, step, scale })
}

fn step(function: &Function, plan: &LayerPlan) -> Option<Step> {
    if let &Function::ArgMax { outer, length, inner } = function {
        let dim = |size: usize| u32::try_from(size).ok();
        return Some(Step::ArgMax { outer: dim(outer)?, length: dim(length)?, inner: dim(inner)? });
    }
    if !plan.is_requantized() {
        return Some(Step::Accumulate);
    }
    let shift = |&row: &i32| u8::try_from(row - plan.scale).ok().filter(|&shift| shift <= MAX_SHIFT);
    let shifts = plan.rows.iter().map(shift).collect::<Option<_>>()?;
    let (mut lo, mut hi) =
        if is_unsigned(function) { (0, (1i64 << plan.bits.min(62)) - 1) } else { signed_range(plan.bits) };
    if let Function::Clip { low, high } = function {
        // Bounds that are not representable saturate with the format.
        let bound = |value: f64| {
            let beyond = if value < 0.0 { lo } else { hi };
            quantize(value, plan.scale).map_or(beyond, |integer| integer.clamp(lo, hi))
        };
        let (low, high) = (low.map(bound), high.map(bound));
        lo = low.unwrap_or(lo);
        hi = high.unwrap_or(hi);
    }
    Some(Step::Requantize { shifts, lo, hi })
}

/// Most bits that one requantization drops.
const MAX_SHIFT: u8 = 40;

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
            let is_argmax = matches!(layer.step, Step::ArgMax { .. });
            scores.push(if is_argmax { accumulators.clone() } else { Vec::new() });
            values.push(layer.finish(accumulators));
        }
        for (output, target) in graph.outputs.iter().zip(profile.targets.get(position)?) {
            let layer = graph.layers.get(output.layer)?;
            let (integers, scale) = match layer.step {
                Step::ArgMax { .. } => (
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
