//! Sums and means: over axes, of several tensors, and running ones. All of them are affine; the logarithm of a sum is a table behind it.

use super::axes::{self, Groups};
use super::family::{Family, OnnxOperator};
use super::{elementwise, function, pool, trees};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Kind, Tensor, Value};
use crate::model::{Activation, Row};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Sums and means",
    cost: "nothing; ReduceLogSum a table a result",
    operators: &[
        OnnxOperator::onnx("ReduceSum", reduce_sum).folded(),
        OnnxOperator::onnx("ReduceMean", reduce_mean).folded(),
        OnnxOperator::onnx("ReduceLogSum", reduce_log_sum)
            .remarks("of sums that are positive on the calibration data"),
        OnnxOperator::onnx("Sum", sum).folded(),
        OnnxOperator::onnx("Mean", mean).folded(),
        OnnxOperator::onnx("CumSum", running).folded().remarks("along a constant axis"),
    ],
    integers: &[],
};

fn reduce_sum(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let groups = axes::reduction(node, layers, x, 13)?;
    Ok(sums(node, layers, x, &groups, 1.0)?.of_kind(number(x.kind)).into())
}

/// The mean over axes; over all axes of an image it is a pooling.
fn reduce_mean(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let groups = axes::reduction(node, layers, x, 18)?;
    if let Some(means) = pool::mean_of_channels(node, layers, x, &groups)? {
        return Ok(means);
    }
    let factor = 1.0 / groups.len as f64;
    Ok(sums(node, layers, x, &groups, factor)?.into())
}

fn reduce_log_sum(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let groups = axes::reduction(node, layers, x, 18)?;
    let sums = sums(node, layers, x, &groups, 1.0)?;
    function::apply(node, &sums, layers, Activation::Log).map(Value::from)
}

/// The sum of each group, times a factor.
fn sums(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &Groups,
    factor: f64,
) -> Result<Tensor, Refusal> {
    let x = layers.foldable(x)?;
    let rows = layers.rows(node, &x)?;
    layers.spend_terms(node, (x.terms() + groups.count()) as u128)?;
    let mut accumulator = Accumulator::new(layers.atoms());
    let sums = groups.order.chunks_exact(groups.len.max(1)).map(|group| {
        let mut bias = 0.0;
        for &element in group {
            let row = rows.get(element)?;
            accumulator.add(row, factor);
            bias += factor * row.bias;
        }
        Some(accumulator.take(bias))
    });
    let sums = node.expected(sums.collect::<Option<Vec<Row>>>())?;
    let sums = Tensor::new(groups.shape.clone(), sums).with_trail(x.trail.clone());
    Ok(trees::summed(node, layers, &sums)?.unwrap_or(sums))
}

/// The sum of all operands, with NumPy's broadcasting.
fn sum(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    total(node, layers).map(Value::from)
}

/// Their mean.
fn mean(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let total = total(node, layers)?;
    let factor = 1.0 / node.operands.len() as f64;
    layers.affine(node, &total, |_| Some((factor, 0.0))).map(Value::from)
}

fn total(node: &Node<'_>, layers: &mut Layers) -> Result<Tensor, Refusal> {
    node.arity(1..=usize::MAX, "1 or more")?;
    let mut total = node.tensor(0)?.clone();
    for position in 1..node.operands.len() {
        total = elementwise::plus(node, layers, &total, node.tensor(position)?, 1.0)?;
    }
    Ok(total)
}

/// The sum of all elements up to each one along an axis: without it (`exclusive`), from the end (`reverse`).
fn running(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let x = &layers.foldable(node.tensor(0)?)?;
    let &[axis] = node.integers(1)?.as_slice() else {
        return Err(node.mismatch(&x.shape, node.tensor(1)?.shape.as_slice()));
    };
    let flag = |name| match node.int(name, 0)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(node.bad_attribute(name, other.to_string(), "0 or 1")),
    };
    let (is_exclusive, is_reversed) = (flag("exclusive")?, flag("reverse")?);
    let groups = node.groups(x, node.axis(axis, &x.shape, x.shape.len())?)?;
    let rows = layers.rows(node, x)?;
    // The last of a group has the terms of all.
    layers.spend_terms(node, x.terms() as u128 * groups.length as u128 + x.len() as u128)?;
    let mut results = vec![Row::default(); rows.len()];
    for group in groups.positions() {
        let mut group: Vec<usize> = group.collect();
        if is_reversed {
            group.reverse();
        }
        let mut sum = Row::default();
        for element in group {
            let next = sum.plus_scaled(node.expected(rows.get(element))?, 1.0);
            let before = std::mem::replace(&mut sum, next);
            *node.expected(results.get_mut(element))? = if is_exclusive { before } else { sum.clone() };
        }
    }
    Ok(Tensor::new(x.shape.clone(), results).with_trail(x.trail.clone()).of_kind(number(x.kind)).into())
}

/// Sums of integers are integers.
fn number(kind: Kind) -> Kind {
    if kind == Kind::Integer { Kind::Integer } else { Kind::Real }
}
