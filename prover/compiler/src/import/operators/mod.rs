//! The supported operators, one function each. A function reads a [`Node`] and gives the value of its one result.

mod activation;
mod conv;
mod elementwise;
mod gated;
mod linear;
mod pool;
mod shape;

use super::domain::{ONNX, ONNX_ML};
use super::graph::Layers;
use super::node::Node;
use super::refusal::Refusal;
use super::value::Value;

type Import = fn(&Node<'_>, &mut Layers) -> Result<Value, Refusal>;

/// The function that imports an operator, or `None` where it is not supported.
pub(crate) fn lookup(domain: &str, operator: &str) -> Option<Import> {
    match (domain, operator) {
        (ONNX, "Gemm") => Some(linear::gemm),
        (ONNX, "MatMul") => Some(linear::matmul),
        (ONNX, "Add") => Some(elementwise::add),
        (ONNX, "Sub") => Some(elementwise::sub),
        (ONNX, "Mul") => Some(elementwise::mul),
        (ONNX, "Div") => Some(elementwise::div),
        (ONNX, "Conv") => Some(conv::conv),
        (ONNX, "MaxPool") => Some(pool::max),
        (ONNX, "AveragePool") => Some(pool::average),
        (ONNX, "GlobalAveragePool") => Some(pool::global_average),
        (ONNX, "ReduceMean") => Some(pool::reduce_mean),
        (ONNX, "BatchNormalization") => Some(elementwise::batch_normalization),
        (ONNX_ML, "Scaler") => Some(elementwise::scaler),
        (ONNX, "Relu") => Some(activation::relu),
        (ONNX, "Clip") => Some(activation::clip),
        (
            ONNX,
            "Sigmoid" | "Tanh" | "Erf" | "Exp" | "Sqrt" | "Reciprocal" | "Softplus" | "HardSwish" | "Gelu"
            | "LeakyRelu" | "Elu" | "HardSigmoid",
        ) => Some(activation::elementwise),
        (ONNX, "Softmax") => Some(activation::softmax),
        (ONNX, "LayerNormalization") => Some(activation::layer_normalization),
        (ONNX, "ArgMax") => Some(activation::argmax),
        (ONNX, "Constant") => Some(shape::constant),
        (ONNX, "Identity") => Some(shape::identity),
        (ONNX, "Flatten") => Some(shape::flatten),
        (ONNX, "Reshape") => Some(shape::reshape),
        (ONNX, "Squeeze") => Some(shape::squeeze),
        (ONNX, "Unsqueeze") => Some(shape::unsqueeze),
        (ONNX, "Pad") => Some(shape::pad),
        (ONNX, "Concat") => Some(shape::concat),
        _ => None,
    }
}

/// Whether an operator's nodes give no name to what they leave to be folded: those that move elements, and those that
/// end a layer, which has the name then.
pub(crate) fn names_no_map(operator: &str) -> bool {
    !matches!(
        operator,
        "Gemm" | "MatMul" | "Conv" | "Add" | "Sub" | "Mul" | "Div" | "BatchNormalization" | "Scaler"
    )
}
