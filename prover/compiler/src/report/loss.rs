//! What the integer model loses against the float model, over the calibration data.
//!
//! Errors are taken against the float reference engine, on at most [`MAX_SAMPLES`] samples; decisions and what an output
//! varies by, from the compiler's own evaluation, on all of them.

use super::bound;
use super::contents::{Decisions, MeasuredOn, OutputReport, RelativeError};
use super::error::ReportError;
use super::evidence::Evidence;
use super::histogram::Histogram;
use crate::compiled::CompiledModel;
use crate::internal::{Expected, InternalError};
use crate::number::pow2;
use crate::operators::operator::Measure;
use crate::quantize::graph::{LayerValues, QuantLayer, QuantOutput};

/// Samples that the float reference engine runs at most, spread over the data.
const MAX_SAMPLES: usize = 4096;
/// Relative difference between the two float evaluations that is put down to `f32` rounding.
const ENGINE_TOLERANCE: f64 = 1e-3;
/// How far the picture of the decisions reaches, in largest allowed errors.
const REACH: f64 = 8.0;

/// What the samples show.
pub(super) struct Losses {
    /// Samples that the float reference engine ran.
    pub measured: usize,
    pub outputs: Vec<OutputReport>,
    /// For each layer, whether its integers are the same for every sample.
    pub is_constant: Vec<bool>,
}

/// Running statistics of one output.
struct Tally {
    max: f64,
    sum: f64,
    count: usize,
    gap: f64,
    errors: Histogram,
}

pub(super) fn losses(compiled: &CompiledModel, evidence: &Evidence<'_>) -> Result<Losses, ReportError> {
    let samples = evidence.profile.given();
    let stride = samples.len().div_ceil(MAX_SAMPLES).max(1);
    let graph = &compiled.graph;
    let mut tallies: Vec<Tally> = graph.outputs.iter().map(|_| Tally::new(evidence)).collect();
    let mut first: Option<Vec<LayerValues>> = None;
    let mut is_constant = vec![true; graph.layers.len()];
    let mut measured = 0;
    for (row, sample) in samples.iter().enumerate().step_by(stride) {
        (evidence.step)(row, samples.len())?;
        let layers = graph.run_layers(&graph.quantize(sample))?;
        let own = evidence.model.evaluate(sample);
        let reference = Reference {
            row,
            float: match evidence.float {
                Some(engine) => engine.run(sample)?,
                None => own.clone(),
            },
            own,
            targets: evidence.profile.targets.get(row).expected("the targets of a sample")?,
        };
        for (position, (tally, output)) in tallies.iter_mut().zip(&graph.outputs).enumerate() {
            compare(compiled, evidence, &reference, position, output, &layers, tally)?;
        }
        let first = first.get_or_insert_with(|| layers.clone());
        for ((layer, first), constant) in layers.iter().zip(first.iter()).zip(&mut is_constant) {
            *constant &= layer.results == first.results;
        }
        measured += 1;
    }
    let outputs = tallies.into_iter().enumerate();
    let outputs = outputs.map(|(position, tally)| report(compiled, evidence, position, tally));
    Ok(Losses { measured, outputs: outputs.collect::<Result<_, _>>()?, is_constant })
}

/// The float models' outputs on one sample.
struct Reference<'a> {
    row: usize,
    /// The float reference engine's; the compiler's own where there is no engine.
    float: Vec<Vec<f64>>,
    /// The compiler's own.
    own: Vec<Vec<f64>>,
    /// The compiler's own, with the scores of an ArgMax.
    targets: &'a [Vec<f64>],
}

/// Adds the errors of one output on one sample.
fn compare(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    reference: &Reference<'_>,
    position: usize,
    output: &QuantOutput,
    layers: &[LayerValues],
    tally: &mut Tally,
) -> Result<(), ReportError> {
    let layer = layer_of(compiled, output)?;
    let values = layers.get(output.layer).expected("the values of an output")?;
    let measure = measure(evidence, output)?;
    if measure == Measure::Decisions {
        return Ok(());
    }
    if measure == Measure::Scores {
        let plan = evidence.found.plan.layers.get(output.layer).expected("the plan of an output")?;
        let target = reference.targets.get(position).expected("the scores of an output")?;
        let scores = &values.accumulators;
        // Rows at a scale each, or all at one.
        let run = scores.len().checked_div(plan.rows.len()).unwrap_or(0).max(1);
        for ((scores, target), scale) in scores.chunks(run).zip(target.chunks(run)).zip(&plan.rows) {
            tally.add(scores, pow2(-scale), target);
        }
        return Ok(());
    }
    let float = reference.float.get(position).expected("the float reference engine's output")?;
    let own = reference.own.get(position).expected("the float model's output")?;
    for (&own, &engine) in own.iter().zip(float) {
        tally.gap = tally.gap.max((own - engine).abs());
        let allowed = evidence.options.max_error.max(ENGINE_TOLERANCE * (1.0 + own.abs()));
        if (own - engine).abs() > allowed || own.is_nan() || engine.is_nan() {
            let (output, row) = (output.name.clone(), reference.row + 1);
            return Err(ReportError::Disagreement { output, row, own, reference: engine });
        }
    }
    tally.add(&values.results, pow2(-i32::from(layer.scale)), float);
    Ok(())
}

fn layer_of<'a>(compiled: &'a CompiledModel, output: &QuantOutput) -> Result<&'a QuantLayer, InternalError> {
    compiled.graph.layers.get(output.layer).expected("the layer of an output")
}

/// What an output's loss is measured on.
fn measure(evidence: &Evidence<'_>, output: &QuantOutput) -> Result<Measure, InternalError> {
    let layer = evidence.model.layers.get(output.layer).expected("the layer of an output")?;
    Ok(layer.function.measure())
}

fn report(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    position: usize,
    tally: Tally,
) -> Result<OutputReport, ReportError> {
    let output = compiled.graph.outputs.get(position).expected("an output of the graph")?;
    let tensor = compiled.schema.outputs().get(position).expected("an output of the schema")?;
    let measure = measure(evidence, output)?;
    let flipped = *evidence.found.loss.flips.get(position).expected("the flips of an output")?;
    let decisions = match (measure, evidence.options.threshold) {
        (Measure::Scores | Measure::Decisions, _) => Some(decided(evidence, position, output, flipped)?),
        (Measure::Results, Some(threshold)) => Some(thresholded(evidence, position, threshold, flipped)?),
        (Measure::Results, None) => None,
    };
    let relative_error = relative(evidence, position, tally.max)?;
    let bound = match measure {
        Measure::Decisions => None,
        _ => Some(bound::bound(compiled, evidence, position, relative_error.map(|relative| relative.range))?),
    };
    Ok(OutputReport {
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        bits: tensor.bits,
        scales: tensor.scales.clone(),
        measured_on: match measure {
            Measure::Results => MeasuredOn::Value,
            Measure::Scores => MeasuredOn::Score,
            Measure::Decisions => MeasuredOn::Decision,
        },
        max_error: tally.max,
        mean_error: tally.sum / tally.count.max(1) as f64,
        relative_error,
        bound,
        errors: tally.errors,
        engine_gap: evidence.float.map(|_| tally.gap),
        decisions,
    })
}

/// The float model's values of one output, sample by sample.
fn targets<'a>(
    evidence: &'a Evidence<'_>,
    position: usize,
) -> impl Iterator<Item = Result<&'a [f64], InternalError>> {
    let of_sample = move |outputs: &'a Vec<Vec<f64>>| {
        outputs.get(position).map(Vec::as_slice).expected("the target of an output")
    };
    evidence.profile.targets.iter().take(evidence.profile.given().len()).map(of_sample)
}

/// The largest error beside what the output's most varying element varies by.
fn relative(
    evidence: &Evidence<'_>,
    position: usize,
    max_error: f64,
) -> Result<Option<RelativeError>, InternalError> {
    let mut ranges: Vec<(f64, f64)> = Vec::new();
    for target in targets(evidence, position) {
        let target = target?;
        ranges.resize(target.len(), (f64::INFINITY, f64::NEG_INFINITY));
        ranges.iter_mut().zip(target).for_each(|(range, &value)| {
            *range = (range.0.min(value), range.1.max(value));
        });
    }
    let widest = ranges.iter().map(|&(low, high)| high - low).enumerate();
    let Some((element, range)) = widest.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|&(_, range)| range > 0.0)
    else {
        return Ok(None);
    };
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    // Of differences from one of the values: a variance of large numbers would cancel.
    let origin = ranges.get(element).expected("the range of an element")?.0;
    for target in targets(evidence, position) {
        let value = target?.get(element).expected("an element of an output")? - origin;
        (count, sum, squares) = (count + 1.0, sum + value, squares + value * value);
    }
    let deviation = (squares / count - (sum / count) * (sum / count)).max(0.0).sqrt();
    Ok(Some(RelativeError {
        range,
        deviation,
        of_range: max_error / range,
        of_deviation: (deviation > 0.0).then_some(max_error / deviation),
    }))
}

/// Decisions of a real output.
fn thresholded(
    evidence: &Evidence<'_>,
    position: usize,
    threshold: f64,
    flipped: usize,
) -> Result<Decisions, InternalError> {
    let allowed = evidence.options.max_error;
    let mut distances = Histogram::new(-REACH * allowed, REACH * allowed);
    let mut near = 0;
    for target in targets(evidence, position) {
        for distance in target?.iter().map(|value| value - threshold) {
            distances.add(distance);
            near += usize::from(distance.abs() <= allowed);
        }
    }
    Ok(Decisions { threshold: Some(threshold), total: distances.total(), flipped, near, distances })
}

/// Decisions of an operator, with how far each is from another one as far as the operator says.
fn decided(
    evidence: &Evidence<'_>,
    position: usize,
    output: &QuantOutput,
    flipped: usize,
) -> Result<Decisions, InternalError> {
    let layer = evidence.model.layers.get(output.layer).expected("the layer of an output")?;
    let operator = layer.function.operator().expected("the operator that decides")?;
    let allowed = evidence.options.max_error;
    let mut distances = Histogram::new(0.0, REACH * allowed);
    let mut near = 0;
    for target in targets(evidence, position) {
        for distance in operator.margins(target?) {
            distances.add(distance);
            near += usize::from(distance <= allowed);
        }
    }
    let total = operator.len().saturating_mul(evidence.profile.given().len());
    Ok(Decisions { threshold: None, total, flipped, near, distances })
}

impl Tally {
    fn new(evidence: &Evidence<'_>) -> Self {
        let allowed = evidence.options.max_error;
        Tally { max: 0.0, sum: 0.0, count: 0, gap: 0.0, errors: Histogram::new(-allowed, allowed) }
    }

    fn add(&mut self, integers: &[i64], unit: f64, reference: &[f64]) {
        for (&integer, reference) in integers.iter().zip(reference) {
            let error = integer as f64 * unit - reference;
            self.errors.add(error);
            self.max = self.max.max(error.abs());
            self.sum += error.abs();
            self.count += 1;
        }
    }
}
