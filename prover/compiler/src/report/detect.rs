//! Finds what is likely to be wrong with a compilation that succeeded.

use super::evidence::Evidence;
use super::loss::Losses;
use crate::compiled::CompiledModel;
use crate::internal::{Expected, InternalError};
use crate::operators::operator::Measure;
use crate::warning::{FloatBehaviour, Warning};

/// Part of an output's range from which its largest error is worth a warning.
const LARGE: f64 = 0.25;

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
    warnings.extend(layers(compiled, evidence, losses)?);
    warnings.extend(outputs(compiled, losses)?);
    Ok(warnings)
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
