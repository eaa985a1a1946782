//! The same elements in the same order: Identity, Dropout, Flatten, Reshape, Squeeze and Unsqueeze.

use super::axes::{list, positions, required, shape};
use super::moves::{product, reshaped};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::{Refusal, Shape};
use crate::import::value::{Kind, Tensor, Value};

/// The operand unchanged.
pub(super) fn identity(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    Ok(node.value(0)?.clone())
}

/// The operand unchanged, and a mask of what was kept, which is all of it. The ratio says what training drops.
pub(super) fn dropout(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    node.inputs(1..=3, "1 to 3")?;
    if node.operand(2).is_some() {
        let training = node.constant(2)?.1;
        if training.iter().any(|&training| training != 0.0) {
            let allowed = "false: export the model for inference (model.eval())";
            return Err(node.bad_attribute("training_mode", "true".into(), allowed));
        }
    }
    let shape = shape(node, 0)?;
    let mut results = vec![node.value(0)?.clone()];
    if node.proto.output.get(1).is_some_and(|mask| !mask.is_empty()) {
        let elements = layers.check_size(node, &shape)?;
        results.push(Tensor::constants(shape, vec![1.0; elements]).of_kind(Kind::Bool).into());
    }
    Ok(results)
}

/// Two dimensions: those before `axis`, and the rest.
pub(super) fn flatten(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let shape = shape(node, 0)?;
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
    reshaped(node, 0, vec![product(before), product(behind)])
}

/// The shape of the second operand (an attribute before operator set 5): 0 keeps a dimension, or with `allowzero` is one of
/// no elements; -1 is inferred.
pub(super) fn reshape(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let target = if node.opset < 5 {
        node.arity(1..=1, "1")?;
        required(node, "shape", node.ints("shape")?, "a list of integers")?
    } else {
        node.arity(2..=2, "2")?;
        node.integers(1)?
    };
    let from = shape(node, 0)?;
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
    if layers.check_size(node, &shape)? != elements {
        return Err(refusal());
    }
    reshaped(node, 0, shape)
}

/// Drops dimensions of size 1: the given axes, or all.
pub(super) fn squeeze(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let shape = shape(node, 0)?;
    let drop = match axes(node)? {
        Some(axes) => positions(node, layers, &axes, &shape, shape.len())?,
        None => shape.iter().enumerate().filter(|&(_, &dim)| dim == 1).map(|(i, _)| i).collect(),
    };
    if let Some(&axis) = drop.iter().find(|&&axis| shape.get(axis) != Some(&1)) {
        return Err(Refusal::Axis { node: node.name.clone(), axis: axis as i64, shape: Shape(shape) });
    }
    let kept = shape.iter().enumerate().filter(|(i, _)| !drop.contains(i)).map(|(_, &dim)| dim).collect();
    reshaped(node, 0, kept)
}

/// Inserts dimensions of size 1 at the given axes of the result.
pub(super) fn unsqueeze(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let shape = shape(node, 0)?;
    let axes = required(node, "axes", axes(node)?, "a list of integers")?;
    let rank = shape.len() + axes.len();
    let insert = positions(node, layers, &axes, &shape, rank)?;
    let mut rest = shape.into_iter();
    let result = (0..rank).map(|i| if insert.contains(&i) { Some(1) } else { rest.next() });
    reshaped(node, 0, node.expected(result.collect())?)
}

/// The axes of Squeeze and Unsqueeze: an attribute before operator set 13, an operand since.
fn axes(node: &Node<'_>) -> Result<Option<Vec<i64>>, Refusal> {
    if node.opset < 13 {
        node.arity(1..=1, "1")?;
        return node.ints("axes");
    }
    node.arity(1..=2, "1 or 2")?;
    list(node, 1)
}
