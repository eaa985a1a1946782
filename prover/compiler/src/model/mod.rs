//! The model after import: layers of real affine maps, each followed by an operator that is not affine.
//!
//! Every linear operator of the ONNX graph (Gemm, Conv, normalization, scaling, reshaping, concatenation) is an affine
//! map of the elements it reads, so a chain of them is folded into one where that stays small: element `i` of a layer is
//! `f(b_i + Σ_j w_ij · x_j)`, where the `x_j` are *atoms*: elements of the inputs and of earlier layers, numbered
//! through in that order. The fold happens in `f64`, in a fixed order, so it gives the same bits on every machine.
//!
//! Max pooling stands between the map and the function, which are all monotonic where one is there: see [`Layer::pool`].

mod absent;
pub mod activation;
pub(crate) mod batch;
mod category;
mod classes;
mod encoding;
mod file_input;
mod groups;
mod kind;
mod map;

use std::sync::Arc;

pub use assay_circuits::layers::window::{Axis, Window};

use crate::feature::Feature;
use crate::operators::operator::{Measure, Operator, ResultScale};

pub use absent::Absent;
pub use activation::{Activation, Dyadic};
pub use category::{Categories, Unknown};
pub use classes::ClassNames;
pub use encoding::Encoding;
pub use file_input::FileInput;
pub(crate) use file_input::{in_file_order, in_model_order};
pub use groups::Groups;
pub use kind::Kind;
pub use map::{Convolution, Dense, Map, Row};

/// What is applied to the rows of a layer's map.
#[derive(Clone, Debug)]
pub enum LayerFunction {
    /// Nothing. Results that other layers read are rounded.
    Linear,
    /// Nothing, and nothing is rounded: the rows are sums of elements of one value, or those elements unchanged (where
    /// they are pooled).
    Sum,
    /// `min(max(x, low), high)`, a missing bound being infinite; ReLU is `low = 0`.
    Clip {
        /// Lower bound.
        low: Option<f64>,
        /// Upper bound.
        high: Option<f64>,
    },
    /// An operator that is not affine.
    Operator(Arc<dyn Operator>),
}

impl LayerFunction {
    /// Applies the function to a layer's pooled affine values.
    pub fn apply(&self, values: Vec<f64>) -> Vec<f64> {
        match self {
            LayerFunction::Linear | LayerFunction::Sum => values,
            LayerFunction::Clip { low, high } => {
                values.into_iter().map(|value| clip(value, *low, *high)).collect()
            }
            LayerFunction::Operator(operator) => operator.apply(&values),
        }
    }

    /// Whether the results are never negative.
    pub fn is_unsigned(&self) -> bool {
        match self {
            LayerFunction::Clip { low: Some(low), .. } => *low >= 0.0,
            LayerFunction::Operator(operator) => operator.is_unsigned(),
            _ => false,
        }
    }

    /// The operator, if it is one.
    pub fn operator(&self) -> Option<&dyn Operator> {
        match self {
            LayerFunction::Operator(operator) => Some(operator.as_ref()),
            _ => None,
        }
    }

    /// What a loss of the results is measured on.
    pub fn measure(&self) -> Measure {
        self.operator().map_or(Measure::Results, Operator::measure)
    }

    /// Whether results are whole numbers, whatever the arguments are.
    pub fn is_whole(&self) -> bool {
        self.operator().is_some_and(Operator::is_whole)
    }

    /// Whether it is a ReLU.
    pub fn is_relu(&self) -> bool {
        matches!(self, LayerFunction::Clip { low: Some(0.0), high: None })
    }
}

/// `min(max(value, low), high)`.
pub(crate) fn clip(value: f64, low: Option<f64>, high: Option<f64>) -> f64 {
    let value = low.map_or(value, |low| if value < low { low } else { value });
    high.map_or(value, |high| if value > high { high } else { value })
}

/// An input: one of the file, or several of its columns ([`FileInput`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Name: that in the ONNX graph, or one for its columns.
    pub name: String,
    /// Shape, a free batch dimension being 1.
    pub shape: Vec<usize>,
    /// What its elements are; of text, the integers that stand for its values.
    pub kind: Kind,
    /// How its numbers become integers.
    pub encoding: Encoding,
    /// The values of each element of a text input; empty for inputs of numbers.
    pub categories: Vec<Categories>,
    /// What becomes of each element where it is missing, if it may be; empty where none may.
    pub missing: Vec<Option<Absent>>,
    /// Smallest and largest number of each element; empty where all are any number.
    pub domains: Vec<(f64, f64)>,
}

impl Input {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the input has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An affine map, a max pooling of its rows, and the function applied to what is left.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The ONNX nodes folded into the layer, joined by ` + `.
    pub name: String,
    /// The affine map.
    pub map: Arc<Map>,
    /// Max pooling of the map's rows, as a tensor `[channels, height, width]`. Clipping is monotonic, so pooling before
    /// it or behind it is the same; lowering does what costs less.
    pub pool: Option<Window>,
    /// What is applied to the rows, or to the pooled rows.
    pub function: LayerFunction,
}

impl Layer {
    /// Number of elements that the function is applied to.
    pub fn pooled_len(&self) -> usize {
        self.pool.map_or_else(
            || self.map.rows(),
            |window| {
                let (height, width) = window.output();
                window.channels * height * width
            },
        )
    }

    /// Number of elements of the layer's result.
    pub fn len(&self) -> usize {
        self.function.operator().map_or_else(|| self.pooled_len(), Operator::len)
    }

    /// Whether the layer has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the function is applied to, on atom values.
    pub fn evaluate(&self, atoms: &[f64]) -> Vec<f64> {
        let values = self.map.evaluate(atoms);
        match &self.pool {
            Some(window) => max_pool(&values, window),
            None => values,
        }
    }
}

/// The largest value of each window, padding left out.
fn max_pool(values: &[f64], window: &Window) -> Vec<f64> {
    let (height, width) = window.output();
    let area = (window.height.input * window.width.input).max(1);
    let mut results = Vec::with_capacity(window.channels * height * width);
    for channel in values.chunks_exact(area) {
        for y in 0..height {
            for x in 0..width {
                let lines = (0..window.height.kernel).filter_map(|i| window.height.position(y, i));
                let cells = lines.flat_map(|line| {
                    let columns = (0..window.width.kernel).filter_map(|j| window.width.position(x, j));
                    columns.filter_map(move |column| channel.get(line * window.width.input + column))
                });
                results.push(cells.copied().fold(f64::NEG_INFINITY, f64::max));
            }
        }
    }
    results
}

/// A graph output: the result of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name in the ONNX graph.
    pub name: String,
    /// Shape, a free batch dimension being 1.
    pub shape: Vec<usize>,
    /// Position in [`Model::layers`].
    pub layer: usize,
    /// The names of classes that it stands for, if it is a classifier's.
    pub classes: Option<ClassNames>,
}

/// An imported model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name of the ONNX graph.
    pub name: String,
    /// Inputs, in the order of the graph.
    pub inputs: Vec<Input>,
    /// The inputs of the file, in its order: the same, or columns of them.
    pub file_inputs: Vec<FileInput>,
    /// Layers; each reads inputs and layers before it.
    pub layers: Vec<Layer>,
    /// Outputs, in the order of the graph.
    pub outputs: Vec<Output>,
    /// `feature_names` of the model's metadata: one for each input element.
    pub feature_names: Option<Vec<String>>,
}

impl Model {
    /// Tells the operators which values the elements of inputs that they read have in the calibration data.
    pub fn show(&mut self, samples: &[Vec<f64>]) {
        for layer in &mut self.layers {
            let (LayerFunction::Operator(operator), Map::Rows(rows)) = (&layer.function, layer.map.as_ref())
            else {
                continue;
            };
            // What is no element of an input is in no sample.
            let of_row = |row: usize| {
                let Some(atom) = rows.get(row).and_then(Row::as_atom) else { return Vec::new() };
                samples.iter().filter_map(|sample| sample.get(atom as usize).copied()).collect()
            };
            if let Some(shown) = operator.with_values(&of_row) {
                layer.function = LayerFunction::Operator(shown);
            }
        }
    }

    /// Tells the inputs which numbers their elements may be.
    pub(crate) fn declare(&mut self, features: &[Feature]) {
        let mut features = features.iter();
        for input in &mut self.inputs {
            let len = input.len();
            input.domains = features.by_ref().take(len).map(|feature| (feature.min, feature.max)).collect();
        }
    }

    /// Lets a layer that only rounds follow each output whose operator says itself which scale its results have, such as that of leaves: then
    /// every output can have the format that the caller asks for.
    pub(crate) fn round_outputs(&mut self) {
        let atoms = self.atom_ranges();
        for output in &mut self.outputs {
            let Some(layer) = self.layers.get(output.layer) else { continue };
            let Some(operator) = layer.function.operator() else { continue };
            let follows = matches!(operator.result_scale(&[]), ResultScale::Fixed(_));
            let results = atoms.get(self.inputs.len() + output.layer).filter(|_| follows);
            let (Some(results), Measure::Results) = (results, operator.measure()) else { continue };
            let rows = results.clone().map(|atom| Row::atom(atom as u32)).collect(); // of at most 2^27, as the importer holds
            let map = Arc::new(Map::Rows(rows));
            output.layer = self.layers.len();
            self.layers.push(Layer {
                name: output.name.clone(),
                map,
                pool: None,
                function: LayerFunction::Linear,
            });
        }
    }

    /// Elements of all inputs together.
    pub fn input_len(&self) -> usize {
        self.inputs.iter().map(Input::len).sum()
    }

    /// Multiplications of one evaluation.
    pub fn terms(&self) -> usize {
        self.layers.iter().map(|layer| layer.map.terms()).sum()
    }

    /// Whether the integer of each input element may say that it is missing; empty where none may.
    pub(crate) fn coded(&self) -> Vec<bool> {
        let of_input = |input: &Input| {
            let coded = |i: usize| input.missing.get(i).copied().flatten() == Some(Absent::Coded);
            (0..input.len()).map(coded).collect::<Vec<bool>>()
        };
        let all: Vec<bool> = self.inputs.iter().flat_map(of_input).collect();
        if all.contains(&true) { all } else { Vec::new() }
    }

    /// Whether each input element is a number of single precision that is not rounded; empty where none is.
    pub(crate) fn exact(&self) -> Vec<bool> {
        let of_input = |input: &Input| vec![input.encoding == Encoding::Float32; input.len()];
        let all: Vec<bool> = self.inputs.iter().flat_map(of_input).collect();
        if all.contains(&true) { all } else { Vec::new() }
    }

    /// The range of atoms that each input, then each layer, owns.
    pub fn atom_ranges(&self) -> Vec<std::ops::Range<usize>> {
        let lengths = self.inputs.iter().map(Input::len).chain(self.layers.iter().map(Layer::len));
        lengths
            .scan(0, |next, len| {
                let start = *next;
                *next += len;
                Some(start..*next)
            })
            .collect()
    }

    /// What every layer's function is applied to, on one sample: the concatenated input elements.
    /// Sequential `f64` arithmetic: the same bits on every machine.
    pub fn evaluate_layers(&self, sample: &[f64]) -> Vec<Vec<f64>> {
        let mut atoms = sample.to_vec();
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let affine = layer.evaluate(&atoms);
            atoms.extend(layer.function.apply(affine.clone()));
            layers.push(affine);
        }
        layers
    }

    /// The outputs on one sample: the concatenated input elements.
    pub fn evaluate(&self, sample: &[f64]) -> Vec<Vec<f64>> {
        let layers = self.evaluate_layers(sample);
        self.outputs
            .iter()
            .map(|output| self.layers[output.layer].function.apply(layers[output.layer].clone()))
            .collect()
    }

    /// A name for each input element: the metadata's, or `input` for an input of the file with one element, or `input[i]`.
    pub fn features(&self) -> Vec<String> {
        if let Some(names) = &self.feature_names {
            return names.clone();
        }
        let in_file: Vec<String> = self.file_inputs.iter().flat_map(FileInput::element_names).collect();
        in_model_order(&self.file_inputs, &in_file).unwrap_or(in_file)
    }
}
