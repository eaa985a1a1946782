//! Functions of each element, as tables over a quantized domain: see [`assay_circuits::layers::function`]. Logarithms, roots and reciprocals
//! have a form for arguments of more bits, which the search asks for where a table is too coarse: see [`assay_circuits::layers::wide`].
//!
//! A function without a value somewhere (a logarithm, a reciprocal) must have one on all calibration data; on other data, arguments beyond
//! the domain count as the nearest of it.

mod certify;
mod domain;
mod encoding;
mod import;
mod logistic;
mod table;
mod wide;

pub(super) use import::apply;
pub(super) use logistic::{logistic, reciprocal};
pub(super) use table::Elementwise;

use std::sync::Arc;

use super::family::{Encoded, Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::value::{Data, Tensor};
use crate::model::Activation;

/// What the elements of `x` are square roots of, if they are all those of a layer: in the same order, and not rounded yet.
pub(super) fn under_roots(layers: &Layers, x: &Tensor) -> Option<Tensor> {
    let layer = layers.layer(layers.owner(x)?)?;
    let function = layer.function.operator()?.as_any().downcast_ref::<Elementwise>()?.function;
    let is_root = function == Activation::Sqrt && layer.pool.is_none();
    let data = Data::Variable(Arc::clone(&layer.map));
    is_root.then(|| Tensor { shape: x.shape.clone(), kind: x.kind, data, trail: Vec::new() })
}

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Functions of one variable",
    cost: "a table of up to 2^12 entries: 2 constraints an element by lookup, or a selection by bits; of logarithms, roots and reciprocals of \
           finer arguments (up to 2^28), some 3 to 6 a bit, of exponentials and powers, and of\n           finer arguments of the smooth ones, some 15",
    operators: &[
        OnnxOperator::onnx("Sigmoid", import::elementwise),
        OnnxOperator::onnx("Tanh", import::elementwise),
        OnnxOperator::onnx("Erf", import::elementwise),
        OnnxOperator::onnx("Exp", import::elementwise),
        OnnxOperator::onnx("Softplus", import::elementwise),
        OnnxOperator::onnx("Softsign", import::elementwise),
        OnnxOperator::onnx("Mish", import::elementwise),
        OnnxOperator::onnx("HardSwish", import::elementwise),
        OnnxOperator::onnx("Gelu", import::elementwise),
        OnnxOperator::onnx("Swish", import::elementwise),
        OnnxOperator::onnx("LeakyRelu", import::elementwise),
        OnnxOperator::onnx("ThresholdedRelu", import::elementwise),
        OnnxOperator::onnx("Shrink", import::elementwise),
        OnnxOperator::onnx("Elu", import::elementwise),
        OnnxOperator::onnx("Selu", import::elementwise),
        OnnxOperator::onnx("Celu", import::elementwise),
        OnnxOperator::onnx("HardSigmoid", import::elementwise),
        OnnxOperator::onnx("Sqrt", import::elementwise).remarks("0 of negative values"),
        OnnxOperator::onnx("Log", import::elementwise)
            .remarks("of values that are positive on the calibration data"),
        OnnxOperator::onnx("Reciprocal", import::elementwise)
            .remarks("of values that are all positive, or all negative, on the calibration data"),
        OnnxOperator::onnx("Sin", import::elementwise),
        OnnxOperator::onnx("Cos", import::elementwise),
        OnnxOperator::onnx("Tan", import::elementwise),
        OnnxOperator::onnx("Asin", import::elementwise).remarks("of the nearest of ±1 for values beyond"),
        OnnxOperator::onnx("Acos", import::elementwise).remarks("of the nearest of ±1 for values beyond"),
        OnnxOperator::onnx("Atan", import::elementwise),
        OnnxOperator::onnx("Sinh", import::elementwise),
        OnnxOperator::onnx("Cosh", import::elementwise),
        OnnxOperator::onnx("Asinh", import::elementwise),
        OnnxOperator::onnx("Acosh", import::elementwise).remarks("of 1 for smaller values"),
        OnnxOperator::onnx("Atanh", import::elementwise)
            .remarks("of values inside ±1 on the calibration data"),
    ],
    integers: &[
        Encoded { tag: table::TAG, read: table::read },
        Encoded { tag: wide::TAG, read: wide::read },
    ],
};
