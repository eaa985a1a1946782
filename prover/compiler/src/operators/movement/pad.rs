//! Pad: elements around a tensor, or fewer of its own. They are a constant, the nearest element (`edge`), those mirrored at the
//! ends (`reflect`), or those from the other end (`wrap`).

use super::axes::{list, positions, required, shape};
use super::moves::{Source, moved, position, strides};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Constant,
    Edge,
    Reflect,
    Wrap,
}

/// Pads and value are attributes before operator set 11, operands since; axes came with 18, `wrap` with 19.
pub(super) fn pad(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let mode = match node.text("mode")?.as_deref() {
        None | Some("constant") => Mode::Constant,
        Some("edge") => Mode::Edge,
        Some("reflect") => Mode::Reflect,
        Some("wrap") if node.opset >= 19 => Mode::Wrap,
        Some(other) => {
            return Err(node.bad_attribute("mode", other.into(), "constant, edge, reflect or wrap"));
        }
    };
    let from = shape(node, 0)?;
    let (pads, value, axes) = if node.opset < 11 {
        node.arity(1..=1, "1")?;
        let pads = required(node, "pads", node.ints("pads")?, "a list of integers")?;
        (pads, node.float("value", 0.0)?, None)
    } else {
        node.arity(2..=4, "2 to 4")?;
        let value = match node.operand(2).map(|_| node.constant(2)).transpose()? {
            // Left out, it is zero.
            None => 0.0,
            Some((shape, data)) => match data.as_slice() {
                &[value] => value,
                _ => return Err(node.mismatch(&from, &shape)),
            },
        };
        (node.integers(1)?, value, list(node, 3)?)
    };
    let axes = match axes {
        Some(axes) => positions(node, layers, &axes, &from, from.len())?,
        None => (0..from.len()).collect(),
    };
    let wrong =
        || node.bad_attribute("pads", format!("{pads:?}"), "two numbers for each axis that leave a size");
    if pads.len() != 2 * axes.len() {
        return Err(wrong());
    }
    // Elements in front of each axis; negative where some are cut off.
    let mut before = vec![0i128; from.len()];
    let mut to = from.clone();
    for (i, &axis) in axes.iter().enumerate() {
        let size = |at: usize| pads.get(at).map(|&pad| i128::from(pad)).ok_or_else(wrong);
        let (first, last) = (size(i)?, size(axes.len() + i)?);
        before[axis] = first;
        to[axis] = usize::try_from(from[axis] as i128 + first + last).map_err(|_| wrong())?;
        if from[axis] == 0 && to[axis] > 0 && mode != Mode::Constant {
            return Err(wrong());
        }
    }
    let (of, dims) = (strides(&from), to.clone());
    moved(node, layers, &[0], to, value, |flat| {
        let inside = |axis: usize, index: usize| {
            let (size, index) = (*from.get(axis)? as i128, index as i128 - before.get(axis)?);
            Some((index, size))
        };
        let is_inside = |axis: usize, index: usize| {
            let (index, size) = inside(axis, index)?;
            Some(usize::from(!(0..size).contains(&index)))
        };
        if mode == Mode::Constant && position(flat, &dims, is_inside)? > 0 {
            return Some(Source::Filling);
        }
        let part = |axis: usize, index: usize| {
            let (index, size) = inside(axis, index)?;
            let index = match mode {
                _ if (0..size).contains(&index) => index,
                Mode::Constant => return None,
                Mode::Edge => index.clamp(0, size - 1),
                Mode::Wrap => index.rem_euclid(size),
                Mode::Reflect if size == 1 => 0,
                Mode::Reflect => {
                    let period = 2 * (size - 1);
                    let index = index.rem_euclid(period);
                    index.min(period - index)
                }
            };
            Some(usize::try_from(index).ok()? * of.get(axis)?)
        };
        position(flat, &dims, part).map(Source::at)
    })
}
