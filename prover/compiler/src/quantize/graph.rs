//! The quantized graph: integers only, with bit-exact meaning.
//!
//! ```text
//! accumulator_r = Σ_c w[r, c] · x_c + bias_r
//! result_r      = clamp(floor((accumulator_r + 2^(shift_r - 1)) / 2^shift_r), lo, hi)
//! ```
//!
//! ReLU is `lo = 0`. The meaning of each step is the integer reference of `assay_circuits::layers`; nothing here
//! restates it. An element `q` of a tensor with scale `s` stands for the real number `q · 2^-s`.

use assay_circuits::BuildError;
use assay_circuits::layers::{argmax, dense, requantize};

use crate::model::argmax_groups;

/// A quantized model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantGraph {
    /// Inputs; value `i` is input `i`.
    pub inputs: Vec<QuantInput>,
    /// Layers; value `inputs.len() + i` is the result of layer `i`.
    pub layers: Vec<QuantLayer>,
    /// Outputs.
    pub outputs: Vec<QuantOutput>,
}

/// An input tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantInput {
    /// Name in the ONNX graph.
    pub name: String,
    /// Shape, row-major.
    pub shape: Vec<u32>,
    /// Elements are signed integers of this many bits.
    pub bits: u8,
    /// Binary scale.
    pub scale: i8,
}

/// A linear map and what is done with its accumulators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantLayer {
    /// The ONNX nodes that the layer was made from.
    pub name: String,
    /// Values that are read, one behind the other: the columns of the weights.
    pub sources: Vec<usize>,
    /// Weights at the accumulators' scales.
    pub weights: dense::Weights,
    /// Biases at the accumulators' scales.
    pub bias: Vec<i64>,
    /// From accumulators to results.
    pub step: Step,
    /// Binary scale of the results.
    pub scale: i8,
}

/// What is done with accumulators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the accumulators are the result, all at one scale.
    Accumulate,
    /// Rounding to the results' scale and clamping to `[lo, hi]`.
    Requantize {
        /// Bits dropped from each accumulator.
        shifts: Vec<u8>,
        /// Smallest result.
        lo: i64,
        /// Largest result.
        hi: i64,
    },
    /// Index of the largest accumulator along an axis of `[outer, length, inner]`, the first of equals.
    ArgMax {
        /// Product of the dimensions before the axis.
        outer: u32,
        /// Length of the axis.
        length: u32,
        /// Product of the dimensions behind the axis.
        inner: u32,
    },
}

/// An output tensor: one value of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantOutput {
    /// Name in the ONNX graph.
    pub name: String,
    /// Shape, row-major.
    pub shape: Vec<u32>,
    /// Layer whose result it is.
    pub layer: usize,
    /// Elements are signed integers of this many bits.
    pub bits: u8,
}

/// A quantized graph could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Another number of input tensors.
    #[error("{found} input tensors given, the model takes {expected}")]
    Tensors {
        /// Inputs of the model.
        expected: usize,
        /// Tensors given.
        found: usize,
    },
    /// Another number of elements.
    #[error("input '{input}' has {found} elements, expected {expected}")]
    Elements {
        /// Input tensor.
        input: String,
        /// Its number of elements.
        expected: usize,
        /// Elements given.
        found: usize,
    },
    /// An element outside its bits.
    #[error("input '{input}', element {index}: {value} is not a signed integer of {bits} bits")]
    Range {
        /// Input tensor.
        input: String,
        /// Position of the element.
        index: usize,
        /// The value.
        value: i64,
        /// Bits of the tensor.
        bits: u8,
    },
    /// A layer's integer reference failed; the graph is malformed.
    #[error("layer '{layer}': {error}")]
    Layer {
        /// Layer name.
        layer: String,
        /// What failed.
        error: BuildError,
    },
}

impl QuantInput {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        elements(&self.shape)
    }
}

/// Product of dimensions, saturating.
pub(crate) fn elements(shape: &[u32]) -> usize {
    shape.iter().fold(1usize, |product, &dim| product.saturating_mul(dim as usize))
}

/// Smallest and largest signed integer of `bits` bits (1 to 63).
pub(crate) fn signed_range(bits: u32) -> (i64, i64) {
    let half = 1i64 << bits.clamp(1, 63).saturating_sub(1);
    (-half, half - 1)
}

impl QuantLayer {
    /// Number of results.
    pub fn len(&self) -> usize {
        match self.step {
            Step::ArgMax { outer, inner, .. } => elements(&[outer, inner]),
            _ => self.weights.rows,
        }
    }

    /// Whether the layer has no results.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The accumulators for one input vector: [`dense::reference`].
    pub(crate) fn accumulate(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        dense::reference(x, &self.weights, &self.bias)
    }

    /// The results for accumulators: [`requantize::reference`] and [`argmax::reference`].
    pub(crate) fn finish(&self, accumulators: Vec<i64>) -> Vec<i64> {
        match &self.step {
            Step::Accumulate => accumulators,
            Step::Requantize { shifts, lo, hi } => accumulators
                .iter()
                .zip(shifts)
                .map(|(&acc, &shift)| {
                    let p = requantize::Requantize { shift: u32::from(shift), lo: *lo, hi: *hi };
                    requantize::reference(acc, p)
                })
                .collect(),
            &Step::ArgMax { outer, length, inner } => {
                argmax_groups(outer as usize, length as usize, inner as usize)
                    .map(|group| {
                        let scores: Vec<i64> = group.filter_map(|at| accumulators.get(at).copied()).collect();
                        argmax::reference(&scores).and_then(|index| i64::try_from(index).ok()).unwrap_or(0)
                    })
                    .collect()
            }
        }
    }
}

impl QuantGraph {
    /// The values that the layer's sources name, one behind the other.
    pub(crate) fn gather(layer: &QuantLayer, values: &[Vec<i64>]) -> Vec<i64> {
        layer.sources.iter().filter_map(|&source| values.get(source)).flatten().copied().collect()
    }

    /// Evaluates the graph on integers: the outputs, in order.
    ///
    /// # Errors
    /// [`RunError`] where the inputs do not fit the graph.
    pub fn run(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, RunError> {
        self.check_inputs(inputs)?;
        let mut values = inputs.to_vec();
        for layer in &self.layers {
            let result = layer
                .accumulate(&Self::gather(layer, &values))
                .map_err(|error| RunError::Layer { layer: layer.name.clone(), error })?;
            values.push(layer.finish(result));
        }
        let value =
            |output: &QuantOutput| values.get(self.inputs.len() + output.layer).cloned().unwrap_or_default();
        Ok(self.outputs.iter().map(value).collect())
    }

    fn check_inputs(&self, inputs: &[Vec<i64>]) -> Result<(), RunError> {
        if inputs.len() != self.inputs.len() {
            return Err(RunError::Tensors { expected: self.inputs.len(), found: inputs.len() });
        }
        for (input, values) in self.inputs.iter().zip(inputs) {
            let (expected, found) = (input.elements(), values.len());
            if expected != found {
                return Err(RunError::Elements { input: input.name.clone(), expected, found });
            }
            let (lo, hi) = signed_range(u32::from(input.bits));
            if let Some((index, &value)) = values.iter().enumerate().find(|&(_, v)| !(lo..=hi).contains(v)) {
                return Err(RunError::Range { input: input.name.clone(), index, value, bits: input.bits });
            }
        }
        Ok(())
    }
}
