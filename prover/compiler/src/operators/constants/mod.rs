//! Operators whose results depend on no input, or on shapes only: they are evaluated when the model is imported.

mod fill;
mod literal;
mod search;

use super::family::{Family, OnnxOperator};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Constants",
    cost: "nothing",
    operators: &[
        OnnxOperator::onnx("Constant", literal::constant),
        OnnxOperator::onnx("ConstantOfShape", fill::constant_of_shape).remarks("the shape is constant"),
        OnnxOperator::onnx("EyeLike", fill::eye_like),
        OnnxOperator::onnx("NonZero", search::non_zero).remarks("of constants"),
        OnnxOperator::onnx("Range", fill::range).remarks("of constants"),
        OnnxOperator::onnx("Shape", literal::shape),
        OnnxOperator::onnx("Size", literal::size),
        OnnxOperator::several("Unique", search::unique).remarks("of constants, without `axis`"),
    ],
    integers: &[],
};
