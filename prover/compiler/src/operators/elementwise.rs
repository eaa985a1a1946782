//! Affine operators on single elements: Add, Sub, BatchNormalization and Scaler, and what Mul and Div by constants are made of.
//! All of them fold into the layer that reads them.

use super::family::{Family, OnnxOperator};
use super::mask;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Step;
use crate::import::value::{Kind, Tensor, Value, gather, merged};
use crate::model::Row;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Affine functions of single elements",
    cost: "nothing",
    operators: &[
        OnnxOperator::onnx("Add", add).folded(),
        OnnxOperator::onnx("Sub", sub).folded(),
        OnnxOperator::onnx("BatchNormalization", batch_normalization).folded(),
        OnnxOperator::ml("Scaler", scaler).folded(),
    ],
    integers: &[],
};

/// `A + B`.
fn add(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    sum(node, layers, 1.0)
}

/// `A - B`.
fn sub(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    sum(node, layers, -1.0)
}

/// `scale · (x - mean) / sqrt(variance + epsilon) + bias`, per channel (dimension 1): the inference form.
fn batch_normalization(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(5..=5, "5")?;
    if let training @ 1.. = node.int("training_mode", 0)? {
        return Err(node.bad_attribute("training_mode", training.to_string(), "0"));
    }
    if node.int("spatial", 1)? != 1 {
        return Err(node.bad_attribute("spatial", "0".into(), "1"));
    }
    let epsilon = node.float("epsilon", 1e-5)?;
    let x = node.tensor(0)?;
    let [_, channels, rest @ ..] = x.shape.as_slice() else {
        let shape = x.shape.as_slice().into();
        return Err(Refusal::Rank { node: node.name.clone(), shape, allowed: "2 or more" });
    };
    let (channels, inner) = (*channels, rest.iter().product::<usize>());
    let parameter = |position| {
        let (shape, data) = node.constant(position)?;
        if shape == [channels] { Ok(data) } else { Err(node.mismatch(&x.shape, &shape)) }
    };
    let (scale, bias, mean, variance) = (parameter(1)?, parameter(2)?, parameter(3)?, parameter(4)?);
    let factors: Vec<(f64, f64)> = scale
        .iter()
        .zip(&bias)
        .zip(mean.iter().zip(&variance))
        .map(|((scale, bias), (mean, variance))| {
            let factor = scale / (variance + epsilon).sqrt();
            (factor, bias - mean * factor)
        })
        .collect();
    layers.affine(node, x, |i| factors.get(i / inner.max(1) % channels.max(1)).copied()).map(Value::from)
}

/// `(x - offset) · scale`, per element of the last dimension (`ai.onnx.ml`).
fn scaler(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let features = x.shape.last().copied().unwrap_or(1);
    let list = |attribute, neutral: f64| {
        let values = node.floats(attribute)?.unwrap_or_else(|| vec![neutral]);
        match values.as_slice() {
            &[value] => Ok(vec![value; features]),
            all if all.len() == features => Ok(values),
            all => Err(node.bad_attribute(
                attribute,
                format!("{} values", all.len()),
                "one value, or one for each feature",
            )),
        }
    };
    let (offset, scale) = (list("offset", 0.0)?, list("scale", 1.0)?);
    let of = |list: &[f64], i: usize| list.get(i % features.max(1)).copied();
    let x = layers.step(node, x, |i| Some(Step::Plus(-of(&offset, i)?)))?;
    Ok(layers.step(node, &x, |i| Some(Step::Times(of(&scale, i)?)))?.of_kind(Kind::Real).into())
}

/// `A + sign · B` with NumPy's broadcasting.
fn sum(node: &Node<'_>, layers: &mut Layers, sign: f64) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    plus(node, layers, node.tensor(0)?, node.tensor(1)?, sign).map(Value::from)
}

/// `a + sign · b` with NumPy's broadcasting.
pub(super) fn plus(
    node: &Node<'_>,
    layers: &mut Layers,
    a: &Tensor,
    b: &Tensor,
    sign: f64,
) -> Result<Tensor, Refusal> {
    if let Some(addends) = b.as_constants() {
        return stepped(node, layers, a, b, |i| Some(Step::Plus(sign * addends.get(i)?)));
    }
    if let Some(addends) = a.as_constants() {
        let b = if sign == 1.0 { b.clone() } else { layers.step(node, b, |_| Some(Step::Times(sign)))? };
        return stepped(node, layers, &b, a, |i| Some(Step::Plus(*addends.get(i)?)));
    }
    let (a, b) = (layers.foldable(a)?, layers.foldable(b)?);
    let (shape, elements) = common_shape(node, layers, &a, &b)?;
    let (left, right) = (layers.rows(node, &a)?, layers.rows(node, &b)?);
    layers.spend_terms(node, elements as u128 * (widest(&left) + widest(&right)))?;
    let rows = (0..elements).map(|i| {
        let (at_left, at_right) = (source(i, &shape, &a.shape), source(i, &shape, &b.shape));
        Some(left.get(at_left)?.plus_scaled(right.get(at_right)?, sign))
    });
    let trail = merged([&a.trail, &b.trail].into_iter());
    let rows = node.expected(rows.collect::<Option<Vec<Row>>>())?;
    Ok(Tensor::new(shape, rows).with_trail(trail).of_kind(common_kind(&a, &b)))
}

/// A step of each element, by the element of the constant that is its operand.
pub(super) fn stepped(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    constant: &Tensor,
    step: impl Fn(usize) -> Option<Step>,
) -> Result<Tensor, Refusal> {
    let (x, shape) = broadcasted(node, layers, x, constant)?;
    let result = layers.step(node, &x, |i| step(source(i, &shape, &constant.shape)))?;
    Ok(result.of_kind(common_kind(&x, constant)))
}

/// `factor · x`, one factor for each element of the constant.
pub(super) fn scale(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    constant: &Tensor,
    factors: &[f64],
) -> Result<Value, Refusal> {
    let (x, shape) = broadcasted(node, layers, x, constant)?;
    let factor = |i: usize| factors.get(source(i, &shape, &constant.shape)).copied();
    let all = node.expected((0..x.len()).map(factor).collect::<Option<Vec<f64>>>())?;
    if let Some(masked) = mask::scaled(node, layers, &x, &all)? {
        return Ok(masked.into());
    }
    let result = layers.step(node, &x, |i| Some(Step::Times(factor(i)?)))?;
    Ok(result.of_kind(common_kind(&x, constant)).into())
}

/// `x` repeated to the shape that it has in common with a constant.
fn broadcasted(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    constant: &Tensor,
) -> Result<(Tensor, Vec<usize>), Refusal> {
    let (shape, elements) = common_shape(node, layers, x, constant)?;
    if elements == x.len() {
        return Ok((x.with_shape(shape.clone()), shape));
    }
    let rows = layers.rows(node, x)?;
    layers.spend_terms(node, elements as u128 * widest(&rows))?;
    let rows = node.expected(gather(&rows, (0..elements).map(|i| source(i, &shape, &x.shape))))?;
    Ok((Tensor::new(shape.clone(), rows).with_trail(x.trail.clone()).of_kind(x.kind), shape))
}

fn common_shape(
    node: &Node<'_>,
    layers: &Layers,
    a: &Tensor,
    b: &Tensor,
) -> Result<(Vec<usize>, usize), Refusal> {
    let shape = broadcast(&a.shape, &b.shape).ok_or_else(|| node.mismatch(&a.shape, &b.shape))?;
    let elements = layers.check_size(node, &shape)?;
    Ok((shape, elements))
}

/// Integers stay integers.
fn common_kind(a: &Tensor, b: &Tensor) -> Kind {
    if a.kind == Kind::Integer && b.kind == Kind::Integer { Kind::Integer } else { Kind::Real }
}

fn widest(rows: &[Row]) -> u128 {
    rows.iter().map(|row| row.terms.len()).max().unwrap_or(0) as u128
}

/// The shape that two operands have in common; `None` where they do not fit.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |shape: &[usize], i: usize| {
        (i + shape.len()).checked_sub(rank).and_then(|at| shape.get(at)).copied().unwrap_or(1)
    };
    (0..rank)
        .map(|i| match (dim(a, i), dim(b, i)) {
            (left, right) if left == right => Some(left),
            (1, right) => Some(right),
            (left, 1) => Some(left),
            _ => None,
        })
        .collect()
}

/// The element of an operand of shape `from` that element `flat` of the broadcast shape `to` reads.
pub(super) fn source(mut flat: usize, to: &[usize], from: &[usize]) -> usize {
    let (mut element, mut stride) = (0, 1);
    let mut operand = from.iter().rev();
    for &dim in to.iter().rev() {
        let index = flat % dim.max(1);
        flat /= dim.max(1);
        if let Some(&size) = operand.next() {
            if size != 1 {
                element += index * stride;
            }
            stride *= size;
        }
    }
    element
}
