//! Other orders of the same elements: Transpose and ReverseSequence.

use super::axes::{positions, shape};
use super::moves::{Source, moved, position, strides};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// Axis `i` of the result is axis `perm[i]` of the operand; without `perm`, their order is reversed.
pub(super) fn transpose(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let shape = shape(node, 0)?;
    let perm = match node.ints("perm")? {
        Some(perm) => {
            let wrong = || node.bad_attribute("perm", format!("{perm:?}"), "each axis of the operand once");
            // Negative axes are no part of the operator, whatever some engines do.
            if perm.len() != shape.len() || perm.iter().any(|&axis| axis < 0) {
                return Err(wrong());
            }
            positions(node, layers, &perm, &shape, shape.len()).map_err(|_| wrong())?
        }
        None => (0..shape.len()).rev().collect(),
    };
    let of = strides(&shape);
    let pick = |list: &[usize]| perm.iter().map(|&axis| list.get(axis).copied()).collect::<Option<Vec<_>>>();
    let (to, of) = (node.expected(pick(&shape))?, node.expected(pick(&of))?);
    let dims = to.clone();
    moved(node, layers, &[0], to, 0.0, |flat| {
        position(flat, &dims, |axis, index| Some(index * of.get(axis)?)).map(Source::at)
    })
}

/// The first elements of each sequence reversed, as many as `sequence_lens` says.
pub(super) fn reverse_sequence(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let shape = shape(node, 0)?;
    let axis = |name, default| -> Result<usize, Refusal> {
        node.axis(node.int(name, default)?, &shape, shape.len())
    };
    let (batch, time) = (axis("batch_axis", 1)?, axis("time_axis", 0)?);
    let lengths = node.integers(1)?;
    let steps = shape[time];
    if batch == time || lengths.len() != shape[batch] {
        return Err(node.mismatch(&shape, &[lengths.len()]));
    }
    let length = |&length: &i64| usize::try_from(length).ok().filter(|&length| length <= steps);
    let lengths: Vec<usize> = lengths.iter().map(length).collect::<Option<_>>().ok_or_else(|| {
        node.bad_attribute("sequence_lens", format!("{lengths:?}"), "0 to the number of steps")
    })?;
    let (of, dims) = (strides(&shape), shape.clone());
    moved(node, layers, &[0], shape, 0.0, |flat| {
        let sequence = flat / of.get(batch)? % dims.get(batch)?;
        let length = *lengths.get(sequence)?;
        let part = |axis: usize, index: usize| {
            let index = if axis == time && index < length { length - 1 - index } else { index };
            Some(index * of.get(axis)?)
        };
        position(flat, &dims, part).map(Source::at)
    })
}
