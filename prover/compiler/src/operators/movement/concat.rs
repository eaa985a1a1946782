//! Concat: the operands one behind the other along an axis.

use super::axes::{required, shape};
use super::moves::{Source, moved, product};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

pub(super) fn concat(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=usize::MAX, "1 or more")?;
    let axis = required(node, "axis", node.optional_int("axis")?, "an integer")?;
    let first = shape(node, 0)?;
    let axis = node.axis(axis, &first, first.len())?;
    let operands: Vec<usize> = (0..node.operands.len()).collect();
    let mut to = first.clone();
    to[axis] = 0;
    // Where each operand begins along the axis, with its size there.
    let mut parts: Vec<(usize, usize)> = Vec::with_capacity(operands.len());
    for &operand in &operands {
        let shape = shape(node, operand)?;
        let same = shape.len() == to.len()
            && shape.iter().zip(&to).enumerate().all(|(i, (a, b))| i == axis || a == b);
        if !same {
            return Err(node.mismatch(&first, &shape));
        }
        parts.push((to[axis], shape[axis]));
        to[axis] = to[axis].saturating_add(shape[axis]);
    }
    let (size, behind) = (to[axis], product(&to[axis + 1..]));
    moved(node, layers, &operands, to, 0.0, |flat| {
        let (slice, inner) = (flat.checked_div(behind)?, flat.checked_rem(behind)?);
        let (outer, index) = (slice.checked_div(size)?, slice.checked_rem(size)?);
        // The last operand that begins at or before the index; those of no elements begin where others do.
        let operand = parts.partition_point(|&(start, _)| start <= index).checked_sub(1)?;
        let &(start, len) = parts.get(operand)?;
        Some(Source::Element { operand, at: (outer * len + index - start) * behind + inner })
    })
}
