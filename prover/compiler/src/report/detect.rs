//! Finds what is likely to be wrong with a compilation that succeeded.

use super::evidence::Evidence;
use super::loss::Losses;
use crate::compiled::CompiledModel;
use crate::internal::{Expected, InternalError};
use crate::model::Kind;
use crate::operators::operator::Measure;
use crate::warning::{FloatBehaviour, Warning};

/// Part of an output's range from which its largest error is worth a warning.
const LARGE: f64 = 0.25;

/// How many times as large as all others a number is that makes them coarse: four bits.
const COARSER: f64 = 16.0;
/// Rows of which one may be a mistake, at least.
const FEWEST_ROWS: usize = 16;

pub(super) fn warnings(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    losses: &Losses,
) -> Result<Vec<Warning>, InternalError> {
    let samples = evidence.profile.given();
    let first = samples.first().expected("a sample")?;
    if samples.iter().all(|sample| sample == first) {
        // Then everything is constant.
        return Ok(vec![Warning::OneSample { samples: samples.len() }]);
    }
    let constant = compiled.features.iter().filter(|feature| feature.min == feature.max);
    let features: Vec<String> = constant.map(|feature| feature.name.clone()).collect();
    let mut warnings = Vec::new();
    if !features.is_empty() {
        warnings.push(Warning::ConstantFeatures { features });
    }
    warnings.extend(coarse(compiled, evidence));
    warnings.extend(layers(compiled, evidence, losses)?);
    warnings.extend(outputs(compiled, losses)?);
    Ok(warnings)
}

/// The feature that a single row makes coarser by most, where its format is made of the data.
fn coarse(compiled: &CompiledModel, evidence: &Evidence<'_>) -> Option<Warning> {
    let samples = evidence.profile.given();
    if evidence.options.input_format.is_some() || samples.len() < FEWEST_ROWS {
        return None;
    }
    let mut worst: Option<(f64, Warning)> = None;
    for (position, feature) in compiled.features.iter().enumerate() {
        let is_exact = evidence.profile.exact.get(position) == Some(&true);
        if is_exact || feature.kind != Kind::Real || feature.categories.is_some() {
            continue;
        }
        let (mut first, mut others) = ((0, 0.0f64), 0.0f64);
        for (sample, row) in samples.iter().zip(1..) {
            let Some(&value) = sample.get(position).filter(|value| value.is_finite()) else { continue };
            if value.abs() > first.1.abs() {
                (others, first) = (first.1.abs(), (row, value));
            } else {
                others = others.max(value.abs());
            }
        }
        let (row, value) = first;
        let times = value.abs() / others;
        if others > 0.0 && times >= COARSER && worst.as_ref().is_none_or(|(known, _)| times > *known) {
            let feature = feature.name.clone();
            worst = Some((times, Warning::CoarseByRow { feature, row, value, others }));
        }
    }
    worst.map(|(_, warning)| warning)
}

/// The layers where what is constant begins: those that read nothing else are so in consequence.
fn layers(
    compiled: &CompiledModel,
    evidence: &Evidence<'_>,
    losses: &Losses,
) -> Result<Vec<Warning>, InternalError> {
    let inputs = compiled.graph.inputs.len();
    let is_constant = |value: &usize| {
        let layer = value.checked_sub(inputs).and_then(|layer| losses.is_constant.get(layer));
        layer == Some(&true)
    };
    let mut warnings = Vec::new();
    for (position, layer) in compiled.graph.layers.iter().enumerate() {
        if !is_constant(&(inputs + position)) || layer.sources.iter().all(is_constant) {
            continue;
        }
        let function = &evidence.model.layers.get(position).expected("the model of a layer")?.function;
        if function.measure() != Measure::Results {
            // The same decision for all samples is a decision. What was lost before it is told there.
            continue;
        }
        let ranges = evidence.profile.ranges.get(position).expected("the ranges of a layer")?;
        let moved = evidence.results.get(position).expected("what a layer's results became")?;
        let factors = moved.iter().map(|moved| 1.0 / moved.factor).chain(std::iter::repeat(1.0));
        let widths = ranges.iter().zip(factors).map(|(&(low, high), factor)| (high - low) * factor);
        let float = behaviour(widths.fold(0.0, f64::max));
        warnings.push(Warning::ConstantLayer { layer: layer.name.clone(), float });
    }
    Ok(warnings)
}

fn outputs(compiled: &CompiledModel, losses: &Losses) -> Result<Vec<Warning>, InternalError> {
    let mut warnings = Vec::new();
    for (output, report) in compiled.graph.outputs.iter().zip(&losses.outputs) {
        let range = report.relative_error.map_or(0.0, |relative| relative.range);
        let name = output.name.clone();
        if *losses.is_constant.get(output.layer).expected("the layer of an output")? {
            warnings.push(Warning::ConstantOutput { output: name, float: behaviour(range) });
        } else if report.max_error >= LARGE * range {
            warnings.push(Warning::LargeError { output: name, max_error: report.max_error, range });
        }
    }
    Ok(warnings)
}

fn behaviour(range: f64) -> FloatBehaviour {
    if range > 0.0 { FloatBehaviour::Varies(range) } else { FloatBehaviour::Constant }
}
