//! The integers of every layer for one input: how a model comes to its outputs, without keys and without a proof.

use crate::compiled::CompiledModel;
use crate::decision;
use crate::number::dequantize;
use crate::quantize::RunError;
use crate::quantize::graph::{LayerValues, QuantLayer};

/// What one layer gives for one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerTrace {
    /// The ONNX nodes that the layer was made from.
    pub name: String,
    /// What it does with its weighted sums: see [`LayerReport::step`](crate::report::LayerReport::step).
    pub kind: String,
    /// Shape of the results, row-major.
    pub shape: Vec<usize>,
    /// The results.
    pub integers: Vec<i64>,
    /// Binary scale of the results: integer `q` stands for `q · 2^-scale`.
    pub scale: i8,
}

impl LayerTrace {
    /// The real numbers that the results stand for. Those of a hidden ReLU layer are the float model's times a power of
    /// two for each element, by which the compiler evens out weights.
    pub fn reals(&self) -> Vec<f64> {
        self.integers.iter().map(|&integer| dequantize(integer, self.scale.into())).collect()
    }
}

impl CompiledModel {
    /// Every layer's results on the integers of one input, by the integer reference: what the circuit computes.
    ///
    /// # Errors
    /// [`RunError`] where the integers do not fit the inputs.
    pub fn trace(&self, inputs: &[Vec<i64>]) -> Result<Vec<LayerTrace>, RunError> {
        let layers = self.graph.layers.iter().zip(self.graph.run_layers(inputs)?);
        let trace = |(layer, values): (&QuantLayer, LayerValues)| LayerTrace {
            name: layer.name.clone(),
            kind: layer.kind(),
            shape: layer.shape(),
            integers: values.results,
            scale: layer.scale,
        };
        Ok(layers.map(trace).collect())
    }

    /// How far the largest of the scores is ahead of the next in each of its elements, of each output that is the place of the largest:
    /// what [`DecisionClaim::Place`](crate::decision::DecisionClaim::Place) is about. In the scores' integers; `None` of other outputs.
    ///
    /// # Errors
    /// [`RunError`] where the integers do not fit the inputs.
    pub fn leads(&self, inputs: &[Vec<i64>]) -> Result<Vec<Option<Vec<i64>>>, RunError> {
        let layers = self.graph.run_layers(inputs)?;
        let accumulators: Vec<Vec<i64>> = layers.into_iter().map(|values| values.accumulators).collect();
        Ok(decision::leads(&self.graph, &accumulators))
    }
}
