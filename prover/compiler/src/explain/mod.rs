//! Why a model decides what it decides for one input: float model beside integers, layer by layer, with where the difference comes from.
//!
//! A `.assay` file holds integers only, so the float model is the ONNX file's: the one that was compiled, as its digest says. Both are
//! computed for the numbers that the input's integers stand for. Of each layer, and of each output, an error is what the integers' value is
//! more than the float model's, and is taken apart exactly: what came in with what the layer reads, what its weights' rounding adds, then the
//! rounding of its sums, then clamping, then tables ([`stages`]). What each adds to an output is found by computing on from there in real
//! numbers ([`effects`]), so that the parts of all layers sum up to the output's error.

mod causes;
mod effects;
mod error;
mod source;
mod stages;

use serde::Serialize;

use crate::calibrate::Table;
use crate::compiled::CompiledModel;
use crate::feature::Feature;
use crate::internal::{Expected, InternalError};
use crate::model::{Absent, Output};
use crate::number::dequantize;
use crate::operators::operator::Measure;
use crate::quantize::certify;
use crate::quantize::certify::range::Range;
use crate::quantize::moved::Moved;
use crate::quantize::plan::Plan;
use crate::source::Source;
pub use causes::Causes;
pub use error::ExplainError;
use source::FloatSource;
pub use stages::Clamped;
use stages::Stages;

/// One value of both models, in the float model's units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Which element, row-major.
    pub element: usize,
    /// The float model's.
    pub float: f64,
    /// What the integer stands for.
    pub integer: f64,
    /// The integer's less the float model's.
    pub error: f64,
    /// Largest magnitude of an error of this element for any input of the declared domain, where one is certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
}

/// A layer of both models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerExplanation {
    /// The ONNX nodes that it was made from.
    pub name: String,
    /// What it does with its weighted sums: see [`LayerReport::step`](crate::report::LayerReport::step).
    pub kind: String,
    /// How many values it has. Of a decision these are the scores that it compares.
    pub elements: usize,
    /// The value with the largest error.
    pub worst: Compared,
    /// What of that error came in with what the layer reads.
    pub inherited: f64,
    /// What the layer itself added to it.
    pub added: Causes,
    /// Largest bound of any of its values, where one is certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// Values that were clamped, if any were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clamped: Option<Clamped>,
}

/// An output of both models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputExplanation {
    /// Its name.
    pub name: String,
    /// Its layer.
    pub layer: usize,
    /// Whether it is a decision by scores: then what is compared are the scores.
    pub is_of_scores: bool,
    /// The element with the largest error.
    pub worst: Compared,
    /// What the float model gives for the numbers as they were given, less what it gives for those that the integers stand for.
    pub input_rounding: f64,
    /// What each layer adds to the error: together they are all of it. Empty where a model is too large to compute on from each of its layers.
    pub layers: Vec<Causes>,
}

/// One input, explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The layers, in order.
    pub layers: Vec<LayerExplanation>,
    /// The outputs, in order.
    pub outputs: Vec<OutputExplanation>,
    /// Why there are no bounds, where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbounded: Option<String>,
}

/// What the float model gives more than the integers, of every element of every output; of a decision by scores, what its scores are more.
#[derive(Clone, Debug, PartialEq)]
pub struct Differences {
    /// For the numbers that the integers of the inputs stand for.
    pub outputs: Vec<Vec<f64>>,
    /// For the numbers as they were given, before they were rounded.
    pub given: Vec<Vec<f64>>,
}

/// The float model that a compiled one was made from, to compare the two on inputs.
pub struct Explainer<'m> {
    compiled: &'m CompiledModel,
    float: FloatSource,
    plan: Plan,
    /// Of each layer what its values are at most off, in the equalized model; none where they are not bounded.
    errors: Vec<Vec<Range>>,
    unbounded: Option<String>,
}

impl CompiledModel {
    /// The float model in `onnx` beside the integers. The calibration data is asked for where what was made of it is needed and nowhere else:
    /// of trees the bounds, and values of a few functions that were brought to one size.
    ///
    /// # Errors
    /// [`ExplainError`]: another ONNX file or other data than the model was compiled from, or by another version.
    pub fn explainer<'a>(
        &self,
        onnx: impl Into<Source<'a>>,
        calibration: Option<&Table>,
    ) -> Result<Explainer<'_>, ExplainError> {
        let float = FloatSource::new(self, &onnx.into(), calibration)?;
        let (profile, plan) = float.plan(self)?;
        let realized = float.realized(self)?;
        let (model, features) = (&float.equalized.model, self.features.as_slice());
        let task = certify::Task { model, profile: &profile, plan: &plan, realized: &realized, features };
        let errors = if float.is_shown { certify::on_grid(task)?.errors } else { Vec::new() };
        let unbounded = match (float.is_shown, errors.is_empty()) {
            (false, _) => Some(UNSHOWN.to_owned()),
            (true, true) => Some(certify::Uncertified::TooLarge.text()),
            (true, false) => None,
        };
        Ok(Explainer { compiled: self, float, plan, errors, unbounded })
    }
}

impl Explainer<'_> {
    /// Both models on one sample, in the order of the features: where they differ, by how much, and why.
    ///
    /// # Errors
    /// [`ExplainError::Input`] where the model does not take the sample.
    pub fn explain(&self, sample: &[f64]) -> Result<Explanation, ExplainError> {
        let integers = self.compiled.quantize_inputs(sample)?;
        let grid = self.float.grid(self.compiled, &integers);
        let (graph, model) = (&self.compiled.graph, &self.float.equalized.model);
        let values = graph.run_layers(&integers)?;
        let all = Stages::of_layers(model, graph, &self.plan, &values, &grid)?;
        let (own, original) = (model.evaluate_layers(&grid), self.float.model.evaluate_layers(&grid));
        let mut layers = Vec::with_capacity(all.len());
        for (position, (stages, (own, original))) in all.iter().zip(own.iter().zip(&original)).enumerate() {
            layers.push(self.layer(position, stages, own, original)?);
        }
        let outputs = self.outputs(&all, &layers, &grid, sample)?;
        Ok(Explanation { layers, outputs, unbounded: self.unbounded.clone() })
    }

    /// What the float model gives more than the integers, for one sample: what certificates are about.
    ///
    /// # Errors
    /// As [`Explainer::explain`].
    pub fn differences(&self, sample: &[f64]) -> Result<Differences, ExplainError> {
        let integers = self.compiled.quantize_inputs(sample)?;
        let values = self.compiled.graph.run_layers(&integers)?;
        let model = &self.float.equalized.model;
        let less = |row: &[f64]| {
            let own = model.evaluate_layers(row);
            let of = |output: &Output| -> Result<Vec<f64>, InternalError> {
                let layer = model.layers.get(output.layer).expected("the layer of an output")?;
                let plan = self.plan.layer(output.layer)?;
                let values = values.get(output.layer).expected("the values of an output")?;
                let own = own.get(output.layer).expected("the values of an output")?.clone();
                let of_scores = layer.function.measure() == Measure::Scores;
                let (integers, float) = match of_scores {
                    true => (&values.accumulators, own),
                    false => (&values.results, layer.function.apply(own)),
                };
                let scale = |at: usize| match of_scores {
                    true => plan.rows.get(at * plan.rows.len() / integers.len().max(1)).copied().unwrap_or(0),
                    false => plan.scale,
                };
                let each = integers.iter().zip(&float).enumerate();
                Ok(each.map(|(at, (&q, float))| float - dequantize(q, scale(at))).collect())
            };
            model.outputs.iter().map(of).collect::<Result<_, InternalError>>()
        };
        let outputs = less(&self.float.grid(self.compiled, &integers))?;
        Ok(Differences { outputs, given: less(&self.present(sample))? })
    }

    fn layer(
        &self,
        position: usize,
        stages: &Stages,
        own: &[f64],
        original: &[f64],
    ) -> Result<LayerExplanation, InternalError> {
        let layer = self.float.equalized.model.layers.get(position).expected("a layer")?;
        let moved = self.float.equalized.results.get(position).expected("what a layer's results became")?;
        let moved_at = |element: usize| match stages.of_scores {
            true => Moved::SAME,
            false => moved.get(element).copied().unwrap_or(Moved::SAME),
        };
        let unit = |element: usize| 1.0 / moved_at(element).factor;
        let observed = stages.float(layer, own);
        let element = stages.worst(&observed, &unit);
        let at = |values: &[f64]| values.get(element).copied().unwrap_or(f64::NAN);
        let [float, integer] =
            [at(&observed), at(stages.last())].map(|value| moved_at(element).original(value));
        let errors = self.errors.get(position).map_or(&[][..], Vec::as_slice);
        let bound = |(element, range): (usize, &Range)| {
            Some(range.magnitude() * unit(element)).filter(|bound| bound.is_finite())
        };
        let all: Option<Vec<f64>> = errors.iter().enumerate().map(bound).collect();
        Ok(LayerExplanation {
            name: layer.name.clone(),
            kind: self.compiled.graph.layers.get(position).expected("a layer of the graph")?.kind(),
            elements: observed.len(),
            worst: Compared {
                element,
                float,
                integer,
                error: integer - float,
                bound: errors.get(element).and_then(|range| bound((element, range))),
            },
            inherited: (at(stages.first()) - at(&observed)) * unit(element),
            added: stages.causes(element).scaled(unit(element)),
            bound: all.and_then(|all| all.into_iter().reduce(f64::max)),
            clamped: stages.clamped(moved, (own, original)),
        })
    }

    fn outputs(
        &self,
        stages: &[Stages],
        layers: &[LayerExplanation],
        grid: &[f64],
        sample: &[f64],
    ) -> Result<Vec<OutputExplanation>, InternalError> {
        let model = &self.float.equalized.model;
        let given = model.evaluate_layers(&self.present(sample));
        let worst = |output: &Output| -> Result<Compared, InternalError> {
            Ok(layers.get(output.layer).expected("the layer of an output")?.worst)
        };
        let elements = model.outputs.iter().map(|output| Ok((output.layer, worst(output)?.element)));
        let elements: Vec<(usize, usize)> = elements.collect::<Result<_, InternalError>>()?;
        let mut effects = effects::of_layers(model, stages, grid, &elements)?.into_iter();
        let of = |output: &Output| -> Result<OutputExplanation, InternalError> {
            let (layer, worst) = (model.layers.get(output.layer).expected("a layer")?, worst(output)?);
            let stages = stages.get(output.layer).expected("the layer of an output")?;
            let given = stages.float(layer, given.get(output.layer).expected("the layer of an output")?);
            Ok(OutputExplanation {
                name: output.name.clone(),
                layer: output.layer,
                is_of_scores: stages.of_scores,
                worst,
                input_rounding: given.get(worst.element).copied().unwrap_or(f64::NAN) - worst.float,
                layers: effects.next().unwrap_or_default(),
            })
        };
        model.outputs.iter().map(of).collect()
    }

    /// A sample with the numbers that stand for missing ones.
    fn present(&self, sample: &[f64]) -> Vec<f64> {
        let replaced = |(&value, feature): (&f64, &Feature)| match feature.missing {
            Some(Absent::StandsFor(number)) if value.is_nan() => number,
            _ => value,
        };
        sample.iter().zip(&self.compiled.features).map(replaced).collect()
    }
}

/// Why bounds are not computed without the calibration data.
const UNSHOWN: &str =
    "the bounds of trees and of what is compared depend on the calibration data, which was not given";
