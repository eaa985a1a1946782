//! What a model of real numbers gives for a row: all that the search compares a quantized graph with.

use crate::internal::{Expected, InternalError};
use crate::model::{Model, Output};
use crate::operators::operator::Measure;

/// What a model gives for a row.
pub(super) struct Evaluation {
    /// All atoms: the row, and the results of each layer.
    pub values: Vec<f64>,
    /// The arguments of each layer's function.
    pub arguments: Vec<Vec<f64>>,
    /// The results of each layer.
    pub results: Vec<Vec<f64>>,
}

impl Evaluation {
    pub fn of(model: &Model, row: &[f64]) -> Self {
        let mut values = row.to_vec();
        let mut arguments = Vec::with_capacity(model.layers.len());
        let mut results = Vec::with_capacity(model.layers.len());
        for layer in &model.layers {
            let of_function = layer.evaluate(&values);
            let of_layer = layer.function.apply(of_function.clone());
            values.extend_from_slice(&of_layer);
            arguments.push(of_function);
            results.push(of_layer);
        }
        Evaluation { values, arguments, results }
    }

    /// For each layer, the values that it is measured by: its results, or the scores that it compares.
    pub fn observed<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a [f64]> {
        let each = model.layers.iter().zip(self.arguments.iter().zip(&self.results));
        each.map(|(layer, (arguments, results))| match layer.function.measure() {
            Measure::Scores => arguments.as_slice(),
            Measure::Results | Measure::Decisions => results.as_slice(),
        })
    }

    /// For each output, what it is measured by.
    pub fn targets(&self, model: &Model) -> Result<Vec<Vec<f64>>, InternalError> {
        let observed: Vec<&[f64]> = self.observed(model).collect();
        let target = |output: &Output| {
            let values = observed.get(output.layer).expected("the values of an output")?;
            Ok(values.to_vec())
        };
        model.outputs.iter().map(target).collect()
    }

    /// For each output, its decisions; none where its values are no decisions.
    pub fn decisions(&self, model: &Model) -> Result<Vec<Vec<f64>>, InternalError> {
        let decided = |output: &Output| {
            let layer = model.layers.get(output.layer).expected("the layer of an output")?;
            let results = self.results.get(output.layer).expected("the values of an output")?;
            Ok(match layer.function.measure() {
                Measure::Results => Vec::new(),
                Measure::Scores | Measure::Decisions => results.clone(),
            })
        };
        model.outputs.iter().map(decided).collect()
    }
}
