//! Cast and CastLike: to another element type. Floats of all widths are the real numbers that they are, so casts between
//! them change nothing; but constants are rounded to `float`, as thresholds may rest on that.
//!
//! Integers are as they are in floats; floats lose their fraction in integers, which costs nothing where they are whole numbers;
//! and `bool` is whether a number is other than zero.

use std::sync::Arc;

use assay_circuits::layers::modulo::{Convention, Part};

use super::call::call;
use super::family::{Family, OnnxOperator};
use super::modulo::{by_constants, by_whole_numbers};
use super::{comparison, logic, negation, selection, sign, whole};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor;
use crate::import::value::{Kind, Tensor, Value};
use crate::onnx::DataType;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Casts",
    cost: "nothing; from floats to integers an absolute value, a comparison and a selection, to bool a comparison",
    operators: &[
        OnnxOperator::onnx("Cast", cast).remarks("to text of constant integers"),
        OnnxOperator::onnx("CastLike", cast_like).remarks("as Cast"),
    ],
    integers: &[],
};

/// To the type that `to` names.
fn cast(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let number = node.int("to", 0)?;
    let to = i32::try_from(number).ok().and_then(|number| DataType::try_from(number).ok());
    match to {
        Some(DataType::String) => to_text(node),
        Some(to) if tensor::kind(to).is_some() => to_numbers(node, layers, to),
        _ => Err(node.bad_attribute("to", number.to_string(), "a type of floats, integers, bool or text")),
    }
}

/// To the type of the second operand, of which the kind is known.
fn cast_like(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    match node.value(1)? {
        Value::Strings { .. } | Value::Categories(_) => to_text(node),
        Value::Sequence(_) => Err(node.not_constant(1)),
        Value::Tensor(like) => to_numbers(
            node,
            layers,
            match like.kind {
                Kind::Real => DataType::Double,
                Kind::Integer => DataType::Int64,
                Kind::Bool => DataType::Bool,
            },
        ),
    }
}

fn to_numbers(node: &Node<'_>, layers: &mut Layers, to: DataType) -> Result<Value, Refusal> {
    let kind = node.expected(tensor::kind(to))?;
    if let Value::Strings { shape, data } = node.value(0)? {
        let number = |text: &String| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let wrong = || Refusal::StringOperand { node: node.name.clone(), operand: node.operand_name(0) };
        let numbers = data.iter().map(number).collect::<Option<Vec<f64>>>().ok_or_else(wrong)?;
        return Ok(constants(shape.clone(), &numbers, to, kind).into());
    }
    let x = node.tensor(0)?;
    if let Some(data) = x.as_constants() {
        return Ok(constants(x.shape.clone(), data, to, kind).into());
    }
    if kind == Kind::Integer && x.kind == Kind::Real && !layers.is_whole_numbers(x) {
        return truncated(node, layers, &x.clone()).map(Value::from);
    }
    let is_same = match kind {
        Kind::Real => true,
        Kind::Integer => true,
        Kind::Bool => x.kind == Kind::Bool,
    };
    if is_same {
        return Ok(x.clone().of_kind(kind).into());
    }
    let zero = Tensor::constants(vec![], vec![0.0]).of_kind(x.kind);
    let is_zero = call(node, layers, (&comparison::FAMILY, "Equal"), &[x, &zero], &[])?;
    Ok(call(node, layers, (&logic::FAMILY, "Not"), &[&is_zero], &[])?.of_kind(kind).into())
}

/// Numbers without their fractions: towards zero, so `floor(|x|)` with the sign of `x`. Where the circuit's `x` is so near to zero
/// that its sign is another, the rest is zero.
fn truncated(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    if let Some((values, divisors)) = by_whole_numbers(x) {
        let truncated = (Convention::Truncated, Part::Quotient);
        return Ok(by_constants(node, layers, &values, &divisors, truncated)?.of_kind(Kind::Integer));
    }
    let zero = Tensor::constants(vec![], vec![0.0]);
    let magnitude = call(node, layers, (&sign::FAMILY, "Abs"), &[x], &[])?;
    let whole = call(node, layers, (&whole::FAMILY, "Floor"), &[&magnitude], &[])?;
    let negated = call(node, layers, (&negation::FAMILY, "Neg"), &[&whole], &[])?;
    let is_negative = call(node, layers, (&comparison::FAMILY, "Less"), &[x, &zero], &[])?;
    let chosen = call(node, layers, (&selection::FAMILY, "Where"), &[&is_negative, &negated, &whole], &[])?;
    Ok(chosen.of_kind(Kind::Integer))
}

fn constants(shape: Vec<usize>, data: &[f64], to: DataType, kind: Kind) -> Tensor {
    let number = |&value: &f64| match (kind, to) {
        (Kind::Real, DataType::Float) => f64::from(value as f32),
        (Kind::Real, _) => value,
        (Kind::Integer, _) => value.trunc(),
        (Kind::Bool, _) => f64::from(u8::from(value != 0.0)),
    };
    Tensor::constants(shape, data.iter().map(number).collect()).of_kind(kind)
}

/// Text as it is, and whole numbers in decimal.
fn to_text(node: &Node<'_>) -> Result<Value, Refusal> {
    let value = node.value(0)?;
    let Value::Tensor(x) = value else { return Ok(value.clone()) };
    let data = x.as_constants().filter(|_| x.kind != Kind::Real).ok_or_else(|| {
        node.bad_attribute("to", "string".into(), "a type of numbers; only constant integers become text")
    })?;
    Ok(Value::Strings { shape: x.shape.clone(), data: Arc::new(data.iter().map(f64::to_string).collect()) })
}
