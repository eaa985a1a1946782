//! Operators that move elements and compute nothing: they cost nothing in the circuit.

use std::sync::Arc;

use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::{Refusal, Shape};
use crate::import::tensor::{self, Constant};
use crate::import::value::{Kind, Tensor, Value, merged};
use crate::model::Row;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Movements of elements",
    cost: "nothing",
    operators: &[
        OnnxOperator::onnx("Constant", constant),
        OnnxOperator::onnx("Identity", identity),
        OnnxOperator::onnx("Flatten", flatten),
        OnnxOperator::onnx("Reshape", reshape),
        OnnxOperator::onnx("Squeeze", squeeze),
        OnnxOperator::onnx("Unsqueeze", unsqueeze),
        OnnxOperator::onnx("Pad", pad).remarks("`mode = constant`"),
        OnnxOperator::onnx("Concat", concat),
    ],
    integers: &[],
};

/// A constant of the graph: `value`, `value_float(s)` or `value_int(s)`.
fn constant(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(0..=0, "0")?;
    if let Some(proto) = node.proto.attribute.iter().find(|proto| proto.name == "value") {
        let Some(value) = &proto.t else {
            return Err(node.bad_attribute("value", "absent".into(), "a tensor"));
        };
        let name = node.proto.output.first().map(String::as_str).unwrap_or_default();
        return tensor::read(value, name).map(Value::from);
    }
    let name = || node.name.name.clone();
    let constant = if let Some(value) = node.optional_float("value_float")? {
        Constant { shape: vec![], kind: Kind::Real, data: vec![value] }
    } else if let Some(data) = node.floats("value_floats")? {
        Constant { shape: vec![data.len()], kind: Kind::Real, data }
    } else if let Some(value) = node.optional_int("value_int")? {
        Constant { shape: vec![], kind: Kind::Integer, data: vec![value as f64] }
    } else if let Some(data) = node.ints("value_ints")? {
        Constant { shape: vec![data.len()], kind: Kind::Integer, data: data.into_iter().map(|value| value as f64).collect() }
    } else {
        return Err(node.bad_attribute("value", "absent".into(), "a tensor, float(s) or integer(s)"));
    };
    tensor::check_finite(&constant.shape, &constant.data, &name())?;
    Ok(constant.into())
}

/// The operand unchanged.
fn identity(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    Ok(node.value(0)?.clone())
}

/// Two dimensions: those before `axis`, and the rest.
fn flatten(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let shape = node.value(0)?.shape().to_vec();
    // The axis may equal the rank here.
    let axis = node.axis(node.int("axis", 1)?, &shape, shape.len() + 1);
    let axis = match (axis, node.int("axis", 1)?) {
        // A negative axis counts from the rank, not from the rank + 1.
        (Ok(axis), given) if given < 0 => axis.checked_sub(1).ok_or_else(|| Refusal::Axis {
            node: node.name.clone(),
            axis: given,
            shape: Shape(shape.clone()),
        })?,
        (axis, _) => axis?,
    };
    let (before, behind) = shape.split_at(axis.min(shape.len()));
    reshaped(node, vec![before.iter().product(), behind.iter().product()])
}

/// The shape of the second operand (an attribute before operator set 5): 0 keeps a dimension, -1 is inferred.
fn reshape(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let target = if node.opset < 5 {
        node.arity(1..=1, "1")?;
        node.ints("shape")?
            .ok_or_else(|| node.bad_attribute("shape", "absent".into(), "a list of integers"))?
    } else {
        node.arity(2..=2, "2")?;
        node.integers(1)?
    };
    let from = node.value(0)?.shape().to_vec();
    let keep_zero = node.int("allowzero", 0)? != 0;
    let refusal =
        || Refusal::Reshape { node: node.name.clone(), from: Shape(from.clone()), to: target.clone() };
    let elements = layers.check_size(node, &from)?;
    let mut shape = Vec::with_capacity(target.len());
    let mut inferred = None;
    for (i, &dim) in target.iter().enumerate() {
        shape.push(match dim {
            0 if !keep_zero => *from.get(i).ok_or_else(refusal)?,
            -1 if inferred.is_none() => {
                inferred = Some(i);
                1
            }
            dim => usize::try_from(dim).map_err(|_| refusal())?,
        });
    }
    let known = layers.check_size(node, &shape)?;
    if let Some(position) = inferred {
        shape[position] = elements.checked_div(known).ok_or_else(refusal)?;
    }
    if shape.iter().product::<usize>() != elements {
        return Err(refusal());
    }
    reshaped(node, shape)
}

/// Drops dimensions of size 1: the given axes, or all.
fn squeeze(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let shape = node.value(0)?.shape().to_vec();
    let drop = match axes(node)? {
        Some(axes) => positions(node, layers, &axes, &shape, shape.len())?,
        None => shape.iter().enumerate().filter(|&(_, &dim)| dim == 1).map(|(i, _)| i).collect(),
    };
    if let Some(&axis) = drop.iter().find(|&&axis| shape.get(axis) != Some(&1)) {
        return Err(Refusal::Axis { node: node.name.clone(), axis: axis as i64, shape: Shape(shape) });
    }
    let kept = shape.iter().enumerate().filter(|(i, _)| !drop.contains(i)).map(|(_, &dim)| dim).collect();
    reshaped(node, kept)
}

/// Inserts dimensions of size 1 at the given axes of the result.
fn unsqueeze(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let shape = node.value(0)?.shape().to_vec();
    let axes =
        axes(node)?.ok_or_else(|| node.bad_attribute("axes", "absent".into(), "a list of integers"))?;
    let rank = shape.len() + axes.len();
    let insert = positions(node, layers, &axes, &shape, rank)?;
    let mut rest = shape.into_iter();
    let result = (0..rank).map(|i| if insert.contains(&i) { Some(1) } else { rest.next() });
    reshaped(node, node.expected(result.collect())?)
}

/// The operands one behind the other along `axis`.
fn concat(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=usize::MAX, "1 or more")?;
    let axis = node
        .optional_int("axis")?
        .ok_or_else(|| node.bad_attribute("axis", "absent".into(), "an integer"))?;
    let tensors: Vec<&Tensor> = (0..node.operands.len()).map(|i| node.tensor(i)).collect::<Result<_, _>>()?;
    let first = node.tensor(0)?;
    let axis = node.axis(axis, &first.shape, first.shape.len())?;
    let mut shape = first.shape.clone();
    for tensor in tensors.iter().skip(1) {
        let same = tensor.shape.len() == shape.len()
            && tensor.shape.iter().zip(&shape).enumerate().all(|(i, (a, b))| i == axis || a == b);
        if !same {
            return Err(node.mismatch(&first.shape, &tensor.shape));
        }
        shape[axis] = shape[axis].saturating_add(tensor.shape[axis]);
    }
    layers.check_size(node, &shape)?;
    let outer: usize = shape.iter().take(axis).product();
    let blocks = |lengths: Vec<usize>| {
        (0..outer).flat_map(move |block| {
            let parts = lengths.clone().into_iter().map(move |len| len / outer.max(1)).enumerate();
            parts.flat_map(move |(part, len)| (block * len..(block + 1) * len).map(move |at| (part, at)))
        })
    };
    let order = blocks(tensors.iter().map(|tensor| tensor.len()).collect());
    if let Some(constants) = tensors.iter().map(|tensor| tensor.as_constants()).collect::<Option<Vec<_>>>() {
        let data = order.map(|(part, at)| constants.get(part)?.get(at).copied());
        let tensor = Tensor::constants(shape, node.expected(data.collect())?);
        return Ok(tensor.of_kind(first.kind).into());
    }
    let rows = tensors
        .iter()
        .map(|tensor| {
            let tensor = layers.foldable(tensor)?;
            layers.rows(node, &tensor)
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let rows = order.map(|(part, at)| rows.get(part)?.get(at).cloned()).collect::<Option<Vec<Row>>>();
    let rows = node.expected(rows)?;
    let trail = merged(tensors.iter().map(|tensor| &tensor.trail));
    Ok(Tensor::new(shape, rows).with_trail(trail).of_kind(first.kind).into())
}

/// Constants around a tensor: an attribute before operator set 11, operands since.
fn pad(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    if let Some(mode) = node.text("mode")?.filter(|mode| mode != "constant") {
        return Err(node.bad_attribute("mode", mode, "constant"));
    }
    let x = node.tensor(0)?;
    let rank = x.shape.len();
    let (pads, value, axes) = if node.opset < 11 {
        node.arity(1..=1, "1")?;
        let pads = node.ints("pads")?;
        let pads = pads.ok_or_else(|| node.bad_attribute("pads", "absent".into(), "a list of integers"))?;
        (pads, node.float("value", 0.0)?, None)
    } else {
        node.arity(2..=4, "2 to 4")?;
        let value = node.operand(2).map(|_| node.constant(2)).transpose()?;
        let value = match value {
            // Left out, it is zero.
            None => 0.0,
            Some((shape, data)) => {
                let &[value] = data.as_slice() else { return Err(node.mismatch(&x.shape, &shape)) };
                value
            }
        };
        (node.integers(1)?, value, node.operand(3).map(|_| node.integers(3)).transpose()?)
    };
    let axes = match axes {
        Some(axes) => positions(node, layers, &axes, &x.shape, rank)?,
        None => (0..rank).collect(),
    };
    let wrong =
        || node.bad_attribute("pads", format!("{pads:?}"), "two numbers that are not negative for each axis");
    if pads.len() != 2 * axes.len() {
        return Err(wrong());
    }
    let mut before = vec![0usize; rank];
    let mut shape = x.shape.clone();
    for (i, &axis) in axes.iter().enumerate() {
        let size = |at: usize| pads.get(at).and_then(|&pad| usize::try_from(pad).ok()).ok_or_else(wrong);
        let (first, last) = (size(i)?, size(axes.len() + i)?);
        before[axis] = first;
        shape[axis] = shape[axis].saturating_add(first).saturating_add(last);
    }
    let elements = layers.check_size(node, &shape)?;
    // The element of `x` at a position of the result, unless it is padding.
    let source = |mut flat: usize| {
        let (mut at, mut stride) = (0, 1);
        for ((&dim, &size), &before) in shape.iter().zip(&x.shape).zip(&before).rev() {
            let index = (flat % dim.max(1)).checked_sub(before).filter(|&index| index < size)?;
            flat /= dim.max(1);
            at += index * stride;
            stride *= size;
        }
        Some(at)
    };
    if let Some(data) = x.as_constants() {
        let element = |i| source(i).map_or(Some(value), |at| data.get(at).copied());
        let data = node.expected((0..elements).map(element).collect())?;
        return Ok(Tensor::constants(shape.clone(), data).of_kind(x.kind).into());
    }
    let x = &layers.foldable(x)?;
    let rows = layers.rows(node, x)?;
    let row = |i| source(i).map_or_else(|| Some(Row::constant(value)), |at| rows.get(at).cloned());
    let rows = node.expected((0..elements).map(row).collect())?;
    Ok(Tensor::new(shape.clone(), rows).with_trail(x.trail.clone()).of_kind(x.kind).into())
}

/// The axes of Squeeze and Unsqueeze: an attribute before operator set 13, an operand since.
fn axes(node: &Node<'_>) -> Result<Option<Vec<i64>>, Refusal> {
    if node.opset < 13 {
        node.arity(1..=1, "1")?;
        return node.ints("axes");
    }
    node.arity(1..=2, "1 or 2")?;
    node.operand(1).map(|_| node.integers(1)).transpose()
}

fn positions(
    node: &Node<'_>,
    layers: &mut Layers,
    axes: &[i64],
    shape: &[usize],
    rank: usize,
) -> Result<Vec<usize>, Refusal> {
    // Each axis is compared with each, here and by the caller.
    layers.spend_work(node, axes.len() as u128 * (rank + axes.len()) as u128)?;
    let mut positions = Vec::with_capacity(axes.len());
    for &axis in axes {
        let position = node.axis(axis, shape, rank)?;
        if positions.contains(&position) {
            return Err(Refusal::Axis { node: node.name.clone(), axis, shape: shape.into() });
        }
        positions.push(position);
    }
    Ok(positions)
}

fn reshaped(node: &Node<'_>, shape: Vec<usize>) -> Result<Value, Refusal> {
    Ok(match node.value(0)? {
        Value::Tensor(tensor) => tensor.with_shape(shape).into(),
        Value::Strings { data, .. } => Value::Strings { shape, data: Arc::clone(data) },
    })
}
