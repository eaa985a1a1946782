//! Elements chosen by indices: Gather, GatherElements, GatherND and Compress. Negative indices count from the end. Constant
//! ones move elements; by others elements are read ([`by_index`]).

use super::axes::shape;
use super::moves::{Source, moved, position, product, strides, wrapped};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::operators::by_index::{self, Axis, Read};

/// Slices along `axis`, in the order and the shape of the indices.
pub(super) fn gather(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let from = shape(node, 0)?;
    let axis = node.axis(node.int("axis", 0)?, &from, from.len())?;
    let of_indices = shape(node, 1)?;
    let size = from[axis];
    let (before, behind) = (product(&from[..axis]), product(&from[axis + 1..]));
    let to = [&from[..axis], &of_indices, &from[axis + 1..]].concat();
    // Before the multiplication: what is too large is refused by what it asks for.
    layers.check_size(node, &to)?;
    if let Some(operands) = variable(node)? {
        let tuples = product(&of_indices);
        let read = |flat: usize| {
            let (slice, inner) = (flat.checked_div(behind)?, flat.checked_rem(behind)?);
            let (outer, tuple) = (slice.checked_div(tuples)?, slice.checked_rem(tuples)?);
            Some(Read { tuple, base: outer * size * behind + inner })
        };
        let axes = [Axis { size, stride: behind }];
        return by_index::read(node, layers, operands, &axes, to, read).map(Value::from);
    }
    let indices = indices(node, |_| Ok(size))?;
    debug_assert_eq!(product(&to), before * indices.len() * behind);
    moved(node, layers, &[0], to, 0.0, |flat| {
        let (slice, inner) = (flat.checked_div(behind)?, flat.checked_rem(behind)?);
        let (outer, index) = (slice.checked_div(indices.len())?, slice.checked_rem(indices.len())?);
        Some(Source::at((outer * size + indices.get(index)?) * behind + inner))
    })
}

/// An element for each index, which stands in for its position along `axis`.
pub(super) fn gather_elements(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (from, to) = (shape(node, 0)?, shape(node, 1)?);
    let axis = node.axis(node.int("axis", 0)?, &from, from.len())?;
    let fits = |(i, (to, from)): (usize, (&usize, &usize))| i == axis || to <= from;
    if from.len() != to.len() || !to.iter().zip(&from).enumerate().all(fits) {
        return Err(node.mismatch(&from, &to));
    }
    let (of, dims) = (strides(&from), to.clone());
    if let Some(operands) = variable(node)? {
        let read = |flat: usize| {
            let part = |i: usize, index: usize| if i == axis { Some(0) } else { Some(index * of.get(i)?) };
            position(flat, &dims, part).map(|base| Read { tuple: flat, base })
        };
        let axes = [Axis { size: from[axis], stride: of[axis] }];
        return by_index::read(node, layers, operands, &axes, to, read).map(Value::from);
    }
    let indices = indices(node, |_| Ok(from[axis]))?;
    moved(node, layers, &[0], to, 0.0, |flat| {
        let part = |i: usize, index: usize| {
            let index = if i == axis { *indices.get(flat)? } else { index };
            Some(index * of.get(i)?)
        };
        position(flat, &dims, part).map(Source::at)
    })
}

/// Slices by the index tuples in the last dimension of the indices, behind `batch_dims` dimensions in common.
pub(super) fn gather_nd(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (from, of_indices) = (shape(node, 0)?, shape(node, 1)?);
    let batch_dims = node.int("batch_dims", 0)?;
    let batches = usize::try_from(batch_dims).ok();
    let wrong =
        || node.bad_attribute("batch_dims", batch_dims.to_string(), "dimensions in common of both operands");
    let batches =
        batches.filter(|&batches| batches < from.len() && batches < of_indices.len()).ok_or_else(wrong)?;
    let (Some((&width, outer)), true) = (of_indices.split_last(), from[..batches] == of_indices[..batches])
    else {
        return Err(wrong());
    };
    let indexed = from.get(batches..batches + width).ok_or_else(|| node.mismatch(&from, &of_indices))?;
    let behind = &from[batches + width..];
    let slice = product(behind);
    let to = [outer, behind].concat();
    layers.check_size(node, &to)?;
    let (of, per_batch, slices) = (strides(indexed), product(&from[batches..]), product(&outer[batches..]));
    if let Some(operands) = variable(node)? {
        let read = |flat: usize| {
            let (tuple, inner) = (flat.checked_div(slice)?, flat.checked_rem(slice)?);
            Some(Read { tuple, base: tuple.checked_div(slices)? * per_batch + inner })
        };
        let axes = indexed.iter().zip(&of).map(|(&size, stride)| Axis { size, stride: stride.saturating_mul(slice) });
        let axes: Vec<Axis> = axes.collect();
        return by_index::read(node, layers, operands, &axes, to, read).map(Value::from);
    }
    let indices =
        indices(node, |at| node.expected(indexed.get(at.checked_rem(width).unwrap_or(0)).copied()))?;
    moved(node, layers, &[0], to, 0.0, |flat| {
        let (tuple, inner) = (flat.checked_div(slice)?, flat.checked_rem(slice)?);
        let tuple_indices = indices.get(tuple * width..(tuple + 1) * width)?;
        let at: usize = tuple_indices.iter().zip(&of).map(|(index, stride)| index * stride).sum();
        Some(Source::at(tuple.checked_div(slices)? * per_batch + at * slice + inner))
    })
}

/// The slices along `axis`, or the elements, for which the condition holds.
pub(super) fn compress(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let mut from = shape(node, 0)?;
    let axis = match node.optional_int("axis")? {
        Some(axis) => node.axis(axis, &from, from.len())?,
        None => {
            from = vec![product(&from)];
            0
        }
    };
    let condition = node.constant(1)?.1;
    if condition.len() > from[axis] {
        return Err(node.mismatch(&from, &[condition.len()]));
    }
    let kept: Vec<usize> =
        condition.iter().enumerate().filter(|(_, holds)| **holds != 0.0).map(|(i, _)| i).collect();
    let (size, behind) = (from[axis], product(&from[axis + 1..]));
    let mut to = from;
    to[axis] = kept.len();
    moved(node, layers, &[0], to, 0.0, |flat| {
        let (slice, inner) = (flat.checked_div(behind)?, flat.checked_rem(behind)?);
        let (outer, index) = (slice.checked_div(kept.len())?, slice.checked_rem(kept.len())?);
        Some(Source::at((outer * size + kept.get(index)?) * behind + inner))
    })
}

/// The operands, if the indices depend on the inputs.
fn variable<'a>(node: &'a Node<'_>) -> Result<Option<(&'a Tensor, &'a Tensor)>, Refusal> {
    let indices = node.tensor(1)?;
    if indices.is_constant() { Ok(None) } else { Ok(Some((node.tensor(0)?, indices))) }
}

/// The constant indices of the second operand, each below the size at its position.
fn indices(node: &Node<'_>, size: impl Fn(usize) -> Result<usize, Refusal>) -> Result<Vec<usize>, Refusal> {
    let indices = node.integers(1)?;
    indices.iter().enumerate().map(|(at, &index)| wrapped(node, index, size(at)?)).collect()
}
