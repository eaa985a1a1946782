//! Integers that stand for numbers: a model that is quantized already keeps its scales and zero points, and its integers are the file's own.
//!
//! A sum of products of integers is exact, and what rounds it to the next layer's integers is known as a function of one integer
//! ([`law`]), of which there is a sum of floors that equals it everywhere ([`fit`]): a requantization as any other layer's, or two.

mod accumulated;
mod dequantize;
mod fit;
mod law;
mod operator;
mod parts;
mod quantize;
mod written;

use super::family::{Encoded, Family, OnnxOperator};
use crate::import::domain::MICROSOFT;

pub(super) use parts::{Centered, Factors, centered, factors};
pub(crate) use quantize::integers;
pub(super) use quantize::noted;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Integers that stand for numbers",
    cost: "nothing; a result that is rounded as much as any requantization, twice that where halves are to be rounded to even",
    operators: &[
        OnnxOperator::onnx("DequantizeLinear", dequantize::import).folded().remarks(CONSTANT),
        OnnxOperator::onnx("DequantizeLinear", dequantize::import).of(MICROSOFT).folded().remarks(CONSTANT),
        OnnxOperator::onnx("QuantizeLinear", quantize::import).remarks(EXACT),
        OnnxOperator::onnx("QuantizeLinear", quantize::import).of(MICROSOFT).remarks(EXACT),
        OnnxOperator::onnx("MatMulInteger", accumulated::matmul).remarks(CONSTANT),
        OnnxOperator::onnx("ConvInteger", accumulated::conv).remarks(CONSTANT),
        OnnxOperator::onnx("QLinearMatMul", accumulated::rounded_matmul).remarks(CONSTANT),
        OnnxOperator::onnx("QLinearConv", accumulated::rounded_conv).remarks(CONSTANT),
        OnnxOperator::onnx("QGemm", accumulated::gemm).of(MICROSOFT).remarks(CONSTANT),
        OnnxOperator::onnx("QLinearAdd", accumulated::sum).of(MICROSOFT),
        OnnxOperator::onnx("QLinearMul", accumulated::times).of(MICROSOFT),
        OnnxOperator::written("QLinearSigmoid", written::of_one).of(MICROSOFT),
        OnnxOperator::written("QLinearLeakyRelu", written::of_one).of(MICROSOFT),
        OnnxOperator::written("QLinearAveragePool", written::of_one).of(MICROSOFT),
        OnnxOperator::onnx("QLinearGlobalAveragePool", accumulated::mean).of(MICROSOFT),
        OnnxOperator::written("QLinearConcat", written::of_many).of(MICROSOFT),
        OnnxOperator::several("DynamicQuantizeLinear", accumulated::dynamic)
            .remarks("refused: quantize statically, or compile the float model"),
    ],
    integers: &[Encoded { tag: operator::TAG, read: operator::read }],
};

const CONSTANT: &str = "scales and zero points are constant";
const EXACT: &str = "scales and zero points are constant; to at most 16 bits; integers of the file's own arithmetic behind affine operators, \
                     clips, max pooling and functions of integers, but where it is for the order of summation in single precision to say \
                     on which side of a half a sum is; else by ordinary arithmetic";
