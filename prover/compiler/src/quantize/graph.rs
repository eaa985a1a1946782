//! The quantized graph: integers only, with bit-exact meaning.
//!
//! ```text
//! accumulator_r = Σ_c w[r, c] · x_c + bias_r                    dense, convolution, or sparse rows
//! pooled_r      = max over a window of accumulators             where the layer pools
//! result_r      = clamp(floor((pooled_r + 2^(shift_r - 1)) / 2^shift_r), lo, hi)
//! ```
//!
//! ReLU is `lo = 0`; an operator takes its arguments as they are, or rounded and clamped. The meaning of each step
//! is the integer reference of `assay_circuits::layers`; nothing here restates it. An element `q` of a tensor with scale
//! `s` stands for the real number `q · 2^-s`.

use std::sync::Arc;

use assay_circuits::layers::{max_pool, requantize};
use assay_circuits::{BuildError, Domain, Missing as Absence, at};
use assay_interface::float32;
use assay_interface::missing::{self, Missing};
use assay_interface::scales::Scales;

use super::committed::Committed;
use super::linear::Linear;
use crate::internal::{Expected, InternalError};
use crate::model::Window;
use crate::number::quantize;
use crate::operators::operator::IntegerOperator;

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
    /// Binary scales of the elements, or none of float32 numbers.
    pub scales: Scales,
    /// Which elements may be missing.
    pub missing: Missing,
    /// The integers that each element may be: a proof of any other is impossible.
    pub domains: Vec<Domain>,
}

/// A linear map, a pooling of its accumulators, and what is done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantLayer {
    /// The ONNX nodes that the layer was made from.
    pub name: String,
    /// Values that are read, one behind the other: the columns of the map.
    pub sources: Vec<usize>,
    /// Weights and biases at the accumulators' scales.
    pub map: Arc<Linear>,
    /// Where the circuit takes weights and biases as wires: their formats.
    pub committed: Option<Committed>,
    /// Max pooling of the accumulators, which form a tensor `[channels, height, width]`.
    pub pool: Option<Window>,
    /// From (pooled) accumulators to results.
    pub step: Step,
    /// Binary scale of the results.
    pub scale: i8,
}

/// Rounding of accumulators to a common scale, and clamping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// Bits dropped: one number for each run of accumulators of equal length, so that a filter has one.
    pub shifts: Vec<u8>,
    /// Smallest result.
    pub lo: i64,
    /// Largest result.
    pub hi: i64,
}

/// What is done with accumulators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the accumulators are the result, all at one scale.
    Accumulate,
    /// Rounding to the results' scale and clamping.
    Requantize(Rounding),
    /// They are the arguments of an operator, one behind the other.
    Operator {
        /// The arguments.
        arguments: Vec<QuantArgument>,
        /// The operator.
        operator: Arc<dyn IntegerOperator>,
    },
}

/// An argument of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantArgument {
    /// Number of (pooled) accumulators.
    pub len: usize,
    /// What they are rounded to, if they are.
    pub rounding: Option<Rounding>,
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

/// Integers of a layer for one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerValues {
    /// What its step is applied to: accumulators, pooled where the layer pools.
    pub accumulators: Vec<i64>,
    /// What it gives.
    pub results: Vec<i64>,
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
    /// An element outside its domain.
    #[error("input '{input}', element {index}: the integer {value} is outside its domain, {min} to {max}")]
    Domain {
        /// Input tensor.
        input: String,
        /// Position of the element.
        index: usize,
        /// The value.
        value: i64,
        /// Smallest integer of the domain.
        min: i64,
        /// Largest integer of the domain.
        max: i64,
    },
    /// A layer whose weights are committed to, in a graph without weights.
    #[error(
        "the model holds the formats of weights and no weights, of layer '{layer}' among others: give its weights file (.weights) as well"
    )]
    NoWeights {
        /// Layer name.
        layer: String,
    },
    /// An output of a layer that the graph does not have.
    #[error(transparent)]
    Internal(#[from] InternalError),
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

impl Rounding {
    /// What happens to each of `count` accumulators.
    ///
    /// # Errors
    /// [`BuildError::Length`] where `count` is no multiple of the number of shifts.
    pub fn of_each(
        &self,
        count: usize,
    ) -> Result<impl Iterator<Item = requantize::Requantize> + '_, BuildError> {
        let runs = self.shifts.len();
        let run = count.checked_div(runs).filter(|run| run * runs == count).ok_or(BuildError::Length {
            operation: "requantize",
            what: "accumulators for each shift",
            expected: runs,
            found: count,
        })?;
        let one = |&shift: &u8| requantize::Requantize { shift: shift.into(), lo: self.lo, hi: self.hi };
        Ok(self.shifts.iter().map(one).flat_map(move |p| std::iter::repeat_n(p, run)))
    }

    /// [`requantize::reference`] of each accumulator.
    ///
    /// # Errors
    /// As [`Rounding::of_each`].
    pub fn apply(&self, accumulators: &[i64]) -> Result<Vec<i64>, BuildError> {
        let each = self.of_each(accumulators.len())?;
        Ok(accumulators.iter().zip(each).map(|(&acc, p)| requantize::reference(acc, p)).collect())
    }
}

impl Step {
    /// The accumulators of each argument of an operator, with what they are rounded to.
    pub(crate) fn split<'a, T>(
        arguments: &'a [QuantArgument],
        values: &'a [T],
    ) -> Result<Vec<(&'a QuantArgument, &'a [T])>, BuildError> {
        let expected = arguments.iter().fold(0usize, |sum, argument| sum.saturating_add(argument.len));
        let wrong =
            BuildError::Length { operation: "operator", what: "accumulators", expected, found: values.len() };
        let mut rest = values;
        let mut parts = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let Some((part, others)) = rest.split_at_checked(argument.len) else { return Err(wrong) };
            parts.push((argument, part));
            rest = others;
        }
        if rest.is_empty() { Ok(parts) } else { Err(wrong) }
    }

    /// The results for pooled accumulators.
    pub(crate) fn finish(&self, accumulators: Vec<i64>) -> Result<Vec<i64>, BuildError> {
        match self {
            Step::Accumulate => Ok(accumulators),
            Step::Requantize(rounding) => rounding.apply(&accumulators),
            Step::Operator { arguments, operator } => {
                let mut rounded = Vec::with_capacity(accumulators.len());
                for (argument, part) in Step::split(arguments, &accumulators)? {
                    match &argument.rounding {
                        Some(rounding) => rounded.extend(rounding.apply(part)?),
                        None => rounded.extend_from_slice(part),
                    }
                }
                operator.reference(&rounded)
            }
        }
    }
}

impl QuantLayer {
    /// Number of pooled accumulators.
    pub fn pooled_len(&self) -> usize {
        self.pool.map_or_else(
            || self.map.rows(),
            |window| {
                let (height, width) = window.output();
                window.channels.saturating_mul(height).saturating_mul(width)
            },
        )
    }

    /// Number of results.
    pub fn len(&self) -> usize {
        match &self.step {
            Step::Operator { operator, .. } => operator.len(),
            _ => self.pooled_len(),
        }
    }

    /// Shape of the results, as far as the map or the pooling says it: `[filters, height, width]`, or one dimension.
    pub fn shape(&self) -> Vec<usize> {
        let window = match (&self.step, &self.pool, self.map.as_ref()) {
            (Step::Operator { operator, .. }, ..) if operator.len() != self.pooled_len() => None,
            (_, Some(window), _) => Some((window.channels, window.output())),
            (_, None, Linear::Convolution(conv)) => Some((conv.filters, conv.window.output())),
            _ => None,
        };
        match window {
            Some((channels, (height, width))) => vec![channels, height, width],
            None => vec![self.len()],
        }
    }

    /// What is done with the accumulators: `accumulate`, `requantize`, `relu`, `clip` or the name of an operator, behind
    /// `max pool, ` where the layer pools.
    pub fn kind(&self) -> String {
        let step = match &self.step {
            Step::Accumulate => "accumulate",
            Step::Requantize(Rounding { lo: 0, hi, .. }) if hi.count_ones() == hi.trailing_ones() => "relu",
            Step::Requantize(Rounding { lo, hi, .. }) if *lo == -*hi - 1 => "requantize",
            Step::Requantize(_) => "clip",
            Step::Operator { operator, .. } => operator.kind(),
        };
        match self.pool {
            Some(_) => format!("max pool, {step}"),
            None => step.to_owned(),
        }
    }

    /// Whether the layer has no results.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the layer's sources name among the values of all inputs and layers, one behind the other.
    pub(crate) fn gather<T: Clone>(&self, values: &[Vec<T>]) -> Result<Vec<T>, Absence> {
        self.gather_from(|source| Ok(at("a value that a layer reads", values, source)?.as_slice()))
    }

    /// The same of values that are not in one list.
    pub(crate) fn gather_from<'a, T: Clone + 'a>(
        &self,
        value: impl Fn(usize) -> Result<&'a [T], Absence>,
    ) -> Result<Vec<T>, Absence> {
        let mut gathered = Vec::with_capacity(self.map.columns());
        for &source in &self.sources {
            gathered.extend_from_slice(value(source)?);
        }
        Ok(gathered)
    }

    /// Whether it is another layer's copy: then it has the same results for the same values. A layer that was made anew is none, even
    /// if it is equal.
    pub(crate) fn is_copy_of(&self, other: &QuantLayer) -> bool {
        let is_same_step = match (&self.step, &other.step) {
            (
                Step::Operator { arguments, operator },
                Step::Operator { arguments: others, operator: other },
            ) => Arc::ptr_eq(operator, other) && arguments == others,
            (Step::Operator { .. }, _) | (_, Step::Operator { .. }) => false,
            (step, other) => step == other,
        };
        let (sources, pools) = (self.sources == other.sources, self.pool == other.pool);
        let is_same_map = Arc::ptr_eq(&self.map, &other.map) && self.committed == other.committed;
        is_same_map && sources && pools && is_same_step
    }

    /// The pooled accumulators for one input vector.
    pub(crate) fn accumulate(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let accumulators = self.map.reference(x)?;
        match &self.pool {
            Some(window) => max_pool::reference(&accumulators, window),
            None => Ok(accumulators),
        }
    }
}

impl QuantGraph {
    /// Integers of one sample, the elements of all inputs one behind the other: the nearest ones, saturated to the
    /// formats; of float32 numbers, their order keys. Of an element that may be missing, NaN is the least integer, and a number none below
    /// the next.
    pub(crate) fn quantize(&self, sample: &[f64]) -> Vec<Vec<i64>> {
        let mut rest = sample.iter();
        let tensor = |input: &QuantInput| {
            let element = |(((&value, scale), may_be_missing), domain): (_, &Domain)| {
                let (value, scale): (f64, Option<i8>) = (value, scale);
                if may_be_missing && value.is_nan() {
                    return missing::code(input.bits);
                }
                let (lo, hi) = domain.numbers();
                // What is at an end to single precision may be a little beyond it.
                let beyond = if value < 0.0 { lo } else { hi };
                let integer = match scale {
                    None => float32::key(value as f32),
                    Some(scale) => quantize(value, scale.into()),
                };
                integer.map_or(beyond, |integer| integer.max(lo).min(hi))
            };
            let scales = input.scales.each(&input.shape);
            let missing = input.missing.each(&input.shape);
            let elements = rest.by_ref().take(input.elements()).zip(scales).zip(missing);
            elements.zip(&input.domains).map(element).collect()
        };
        self.inputs.iter().map(tensor).collect()
    }

    /// Evaluates the graph on integers: the outputs, in order.
    ///
    /// # Errors
    /// [`RunError`] where the inputs do not fit the graph.
    pub fn run(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, RunError> {
        let layers = self.run_layers(inputs)?;
        let output = |output: &QuantOutput| {
            let values = layers.get(output.layer).expected("the layer of an output")?;
            Ok(values.results.clone())
        };
        self.outputs.iter().map(output).collect()
    }

    /// Evaluates the graph on integers: the values of every layer, in order.
    ///
    /// # Errors
    /// As [`QuantGraph::run`].
    pub(crate) fn run_layers(&self, inputs: &[Vec<i64>]) -> Result<Vec<LayerValues>, RunError> {
        self.check_inputs(inputs)?;
        let mut values = inputs.to_vec();
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            if layer.committed.as_ref().is_some_and(|committed| !committed.known) {
                return Err(RunError::NoWeights { layer: layer.name.clone() });
            }
            let failed = |error| RunError::Layer { layer: layer.name.clone(), error };
            let x = layer.gather(&values).map_err(InternalError::from)?;
            let accumulators = layer.accumulate(&x).map_err(failed)?;
            let results = layer.step.finish(accumulators.clone()).map_err(failed)?;
            values.push(results.clone());
            layers.push(LayerValues { accumulators, results });
        }
        Ok(layers)
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
            let outside = |(_, (value, domain)): &(usize, (&i64, &Domain))| !domain.contains(**value);
            if let Some((index, (&value, domain))) =
                values.iter().zip(&input.domains).enumerate().find(outside)
            {
                let (input, (min, max)) = (input.name.clone(), domain.numbers());
                return Err(RunError::Domain { input, index, value, min, max });
            }
        }
        Ok(())
    }
}
