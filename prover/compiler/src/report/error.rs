//! Errors of the integer model against the float reference, over the calibration data.

use super::{Decisions, Evidence, OutputReport};
use crate::compile::CompileError;
use crate::compiled::CompiledModel;
use crate::number::pow2;
use crate::quantize::graph::{QuantGraph, Step};
use crate::quantize::plan::quantize_sample;

/// Samples that the float reference engine runs at most, spread over the data.
const MAX_SAMPLES: usize = 4096;
/// Relative difference between the two float evaluations that is put down to `f32` rounding.
const ENGINE_TOLERANCE: f64 = 1e-3;

/// Running statistics of one output.
#[derive(Default)]
struct Tally {
    max: f64,
    sum: f64,
    count: usize,
    gap: f64,
    flipped: usize,
}

pub(super) fn outputs(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
) -> Result<Vec<OutputReport>, CompileError> {
    let samples = &evidence.profile.samples;
    let stride = samples.len().div_ceil(MAX_SAMPLES).max(1);
    let mut tallies: Vec<Tally> = compiled.graph.outputs.iter().map(|_| Tally::default()).collect();
    for (row, sample) in samples.iter().enumerate().step_by(stride) {
        let own = evidence.model.evaluate(sample);
        let float = match evidence.float {
            Some(engine) => engine.run(sample)?,
            None => own.clone(),
        };
        let integers = integers(&compiled.graph, sample);
        let targets = evidence.profile.targets.get(row).map(Vec::as_slice).unwrap_or_default();
        for (position, tally) in tallies.iter_mut().enumerate() {
            let Some(output) = compiled.graph.outputs.get(position) else { continue };
            let Some(layer) = compiled.graph.layers.get(output.layer) else { continue };
            let at = |values: &[Vec<f64>]| values.get(position).cloned().unwrap_or_default();
            let (float, own, target) = (at(&float), at(&own), at(targets));
            let (results, scores) = integers.get(output.layer).cloned().unwrap_or_default();
            if matches!(layer.step, Step::ArgMax(_)) {
                let scale =
                    evidence.plan.layers.get(output.layer).and_then(|plan| plan.rows.first().copied());
                let factor = pow2(-scale.unwrap_or(0));
                tally.add(scores.iter().map(|&q| q as f64 * factor), &target);
                tally.flipped += results.iter().zip(&float).filter(|&(&q, &real)| q as f64 != real).count();
                continue;
            }
            for (&own, &reference) in own.iter().zip(&float) {
                tally.gap = tally.gap.max((own - reference).abs());
                let allowed = evidence.options.max_error.max(ENGINE_TOLERANCE * (1.0 + own.abs()));
                if (own - reference).abs() > allowed || own.is_nan() || reference.is_nan() {
                    let output = output.name.clone();
                    return Err(CompileError::Disagreement { output, row: row + 1, own, reference });
                }
            }
            let factor = pow2(-i32::from(layer.scale));
            let values: Vec<f64> = results.iter().map(|&q| q as f64 * factor).collect();
            tally.add(values.iter().copied(), &float);
            if let Some(threshold) = evidence.options.threshold {
                let differ =
                    values.iter().zip(&float).filter(|&(&q, &f)| (q >= threshold) != (f >= threshold));
                tally.flipped += differ.count();
            }
        }
    }
    Ok(compiled.schema.outputs().iter().zip(tallies).enumerate().map(report(compiled, evidence)).collect())
}

fn report(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
) -> impl Fn((usize, (&assay_interface::schema::TensorSchema, Tally))) -> OutputReport {
    move |(position, (tensor, tally))| {
        let layer =
            compiled.graph.outputs.get(position).and_then(|output| compiled.graph.layers.get(output.layer));
        let is_argmax = layer.is_some_and(|layer| matches!(layer.step, Step::ArgMax(_)));
        let threshold = evidence.options.threshold.filter(|_| !is_argmax);
        let total = evidence.profile.samples.len().min(MAX_SAMPLES) * tensor.elements();
        OutputReport {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            bits: tensor.bits,
            scale: tensor.scale,
            measured_on: if is_argmax { "score" } else { "value" },
            max_error: tally.max,
            mean_error: tally.sum / tally.count.max(1) as f64,
            engine_gap: evidence.float.map(|_| tally.gap),
            decisions: (is_argmax || threshold.is_some()).then_some(Decisions {
                threshold,
                total: if is_argmax { total } else { tally.count },
                flipped: tally.flipped,
            }),
        }
    }
}

impl Tally {
    fn add(&mut self, values: impl Iterator<Item = f64>, reference: &[f64]) {
        for (value, reference) in values.zip(reference) {
            let error = (value - reference).abs();
            self.max = self.max.max(error);
            self.sum += error;
            self.count += 1;
        }
    }
}

/// Results and pooled accumulators of every layer on one sample.
fn integers(graph: &QuantGraph, sample: &[f64]) -> Vec<(Vec<i64>, Vec<i64>)> {
    let mut values = quantize_sample(graph, sample);
    let mut layers = Vec::with_capacity(graph.layers.len());
    for layer in &graph.layers {
        // What could fail was excluded by interval arithmetic before.
        let accumulators = layer.accumulate(&QuantGraph::gather(layer, &values)).unwrap_or_default();
        let results = layer.step.finish(accumulators.clone()).unwrap_or_default();
        values.push(results.clone());
        layers.push((results, accumulators));
    }
    layers
}
