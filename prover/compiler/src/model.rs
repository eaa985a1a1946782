//! The model after import: layers of real affine maps, each followed by one non-linear function.
//!
//! Every linear operator of the ONNX graph (Gemm, normalization, scaling, reshaping, concatenation) is an affine
//! map of the elements it reads, so a chain of them is folded into one: element `i` of a layer is
//! `f(b_i + Σ_j w_ij · x_j)`, where the `x_j` are *atoms*: elements of the inputs and of earlier layers, numbered
//! through in that order. The fold happens in `f64`, in a fixed order, so it gives the same bits on every machine.

use std::sync::Arc;

/// An affine map onto one element: `bias + Σ coefficient · atom`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Atom and coefficient, ascending by atom, without repetition and without zeros.
    pub terms: Vec<(u32, f64)>,
    /// The constant.
    pub bias: f64,
}

impl Row {
    /// The element `atom` itself.
    pub fn atom(atom: u32) -> Self {
        Row { terms: vec![(atom, 1.0)], bias: 0.0 }
    }

    /// A constant.
    pub fn constant(bias: f64) -> Self {
        Row { terms: Vec::new(), bias }
    }

    /// The atom, if this row is one atom unchanged.
    pub fn as_atom(&self) -> Option<u32> {
        match self.terms.as_slice() {
            &[(atom, 1.0)] if self.bias == 0.0 => Some(atom),
            _ => None,
        }
    }

    /// `factor · self + offset`.
    pub fn scaled(&self, factor: f64, offset: f64) -> Row {
        let terms =
            self.terms.iter().map(|&(atom, c)| (atom, c * factor)).filter(|&(_, c)| c != 0.0).collect();
        Row { terms, bias: self.bias * factor + offset }
    }

    /// `self + factor · other`.
    pub fn plus_scaled(&self, other: &Row, factor: f64) -> Row {
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        let (mut left, mut right) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        loop {
            let (atom, coefficient) = match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(&&(a, c)), Some(&&(b, d))) if a == b => {
                    left.next();
                    right.next();
                    (a, c + factor * d)
                }
                (Some(&&(a, c)), None) => {
                    left.next();
                    (a, c)
                }
                (Some(&&(a, c)), Some(&&(b, _))) if a < b => {
                    left.next();
                    (a, c)
                }
                (_, Some(&&(b, d))) => {
                    right.next();
                    (b, factor * d)
                }
            };
            if coefficient != 0.0 {
                terms.push((atom, coefficient));
            }
        }
        Row { terms, bias: self.bias + factor * other.bias }
    }

    /// Whether every number in the row is finite.
    pub fn is_finite(&self) -> bool {
        self.bias.is_finite() && self.terms.iter().all(|(_, c)| c.is_finite())
    }

    /// The row's value on atom values, summed in order.
    pub fn evaluate(&self, atoms: &[f64]) -> f64 {
        self.terms.iter().fold(self.bias, |sum, &(atom, c)| {
            sum + c * atoms.get(atom as usize).copied().unwrap_or(f64::NAN)
        })
    }
}

/// The non-linear function of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// None: the layer is an output.
    Linear,
    /// `min(max(x, low), high)`, a missing bound being infinite; ReLU is `low = 0`.
    Clip {
        /// Lower bound.
        low: Option<f64>,
        /// Upper bound.
        high: Option<f64>,
    },
    /// Index of the largest element along an axis, the first one of equals. The layer's rows form an array
    /// `[outer, length, inner]`; its result has `outer · inner` elements.
    ArgMax {
        /// Product of the dimensions before the axis.
        outer: usize,
        /// Length of the axis.
        length: usize,
        /// Product of the dimensions behind the axis.
        inner: usize,
    },
}

impl Function {
    /// Applies the function to a layer's affine values.
    pub fn apply(&self, values: Vec<f64>) -> Vec<f64> {
        match *self {
            Function::Linear => values,
            Function::Clip { low, high } => values.into_iter().map(|value| clip(value, low, high)).collect(),
            Function::ArgMax { outer, length, inner } => {
                let mut indices = Vec::with_capacity(outer * inner);
                for group in argmax_groups(outer, length, inner) {
                    let mut best = (0, f64::NEG_INFINITY);
                    for (index, element) in group.enumerate() {
                        let value = values.get(element).copied().unwrap_or(f64::NAN);
                        if value > best.1 {
                            best = (index, value);
                        }
                    }
                    indices.push(best.0 as f64);
                }
                indices
            }
        }
    }
}

/// The elements of `[outer, length, inner]` over which each maximum is taken, group by group.
pub fn argmax_groups(
    outer: usize,
    length: usize,
    inner: usize,
) -> impl Iterator<Item = impl Iterator<Item = usize>> {
    (0..outer)
        .flat_map(move |o| (0..inner).map(move |i| (0..length).map(move |k| (o * length + k) * inner + i)))
}

/// `min(max(value, low), high)`.
pub(crate) fn clip(value: f64, low: Option<f64>, high: Option<f64>) -> f64 {
    let value = low.map_or(value, |low| if value < low { low } else { value });
    high.map_or(value, |high| if value > high { high } else { value })
}

/// A graph input.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Name in the ONNX graph.
    pub name: String,
    /// Shape, a free batch dimension being 1.
    pub shape: Vec<usize>,
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

/// An affine map and the function applied to its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The ONNX nodes folded into the layer, joined by ` + `.
    pub name: String,
    /// One row for each element.
    pub rows: Arc<Vec<Row>>,
    /// What is applied to the rows.
    pub function: Function,
}

impl Layer {
    /// Number of elements of the layer's result.
    pub fn len(&self) -> usize {
        match self.function {
            Function::ArgMax { outer, inner, .. } => outer * inner,
            _ => self.rows.len(),
        }
    }

    /// Whether the layer has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
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
}

/// An imported model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Name of the ONNX graph.
    pub name: String,
    /// Inputs, in the order of the graph.
    pub inputs: Vec<Input>,
    /// Layers; each reads inputs and layers before it.
    pub layers: Vec<Layer>,
    /// Outputs, in the order of the graph.
    pub outputs: Vec<Output>,
    /// `feature_names` of the model's metadata: one for each input element.
    pub feature_names: Option<Vec<String>>,
}

impl Model {
    /// Elements of all inputs together.
    pub fn input_len(&self) -> usize {
        self.inputs.iter().map(Input::len).sum()
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

    /// The affine values of every layer (before its function) on one sample: the concatenated input elements.
    /// Sequential `f64` arithmetic: the same bits on every machine.
    pub fn evaluate_layers(&self, sample: &[f64]) -> Vec<Vec<f64>> {
        let mut atoms = sample.to_vec();
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let affine: Vec<f64> = layer.rows.iter().map(|row| row.evaluate(&atoms)).collect();
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
            .filter_map(|output| {
                let function = &self.layers.get(output.layer)?.function;
                Some(function.apply(layers.get(output.layer)?.clone()))
            })
            .collect()
    }

    /// A name for each input element: the metadata's, or `input` for an input of one element, or `input[i]`.
    pub fn features(&self) -> Vec<String> {
        if let Some(names) = &self.feature_names {
            return names.clone();
        }
        self.inputs
            .iter()
            .flat_map(|input| {
                let len = input.len();
                (0..len)
                    .map(move |i| if len == 1 { input.name.clone() } else { format!("{}[{i}]", input.name) })
            })
            .collect()
    }
}
