//! Slice: every `step`-th element from `start` to before `end`, along some axes. What points beyond an end is cut to it.

use super::axes::{list, positions, required, shape};
use super::moves::{Source, moved, position, strides};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// Starts, ends, axes and steps are attributes before operator set 10, constant operands since; steps came with that.
pub(super) fn slice(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let from = shape(node, 0)?;
    let (starts, ends, axes, steps) = if node.opset < 10 {
        node.arity(1..=1, "1")?;
        let starts = required(node, "starts", node.ints("starts")?, "a list of integers")?;
        let ends = required(node, "ends", node.ints("ends")?, "a list of integers")?;
        (starts, ends, node.ints("axes")?, None)
    } else {
        node.arity(3..=5, "3 to 5")?;
        (node.integers(1)?, node.integers(2)?, list(node, 3)?, list(node, 4)?)
    };
    let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()].iter().any(|&len| len != starts.len()) {
        return Err(node.mismatch(&[starts.len()], &[ends.len(), axes.len(), steps.len()]));
    }
    let axes = positions(node, layers, &axes, &from, from.len())?;
    // First index and distance of the next one along each axis.
    let mut cuts: Vec<(i128, i128)> = vec![(0, 1); from.len()];
    let mut to = from.clone();
    for (((axis, start), end), step) in axes.into_iter().zip(starts).zip(ends).zip(steps) {
        if step == 0 {
            return Err(node.bad_attribute("steps", "0".into(), "numbers other than 0"));
        }
        let (size, step) = (from[axis] as i128, i128::from(step));
        let absolute = |index: i64| if index < 0 { i128::from(index) + size } else { i128::from(index) };
        let (start, end) = match step > 0 {
            true => (absolute(start).clamp(0, size), absolute(end).clamp(0, size)),
            // From the last element at most, to before the first at most.
            false => (absolute(start).clamp(-1, size - 1), absolute(end).clamp(-1, size - 1)),
        };
        let span = if step > 0 { end - start } else { start - end };
        let count = if span > 0 { (span - 1) / step.abs() + 1 } else { 0 };
        to[axis] = usize::try_from(count).unwrap_or(0); // 0 to the size
        cuts[axis] = (start, step);
    }
    let (of, dims) = (strides(&from), to.clone());
    moved(node, layers, &[0], to, 0.0, |flat| {
        let part = |axis: usize, index: usize| {
            let &(start, step) = cuts.get(axis)?;
            Some(usize::try_from(start + index as i128 * step).ok()? * of.get(axis)?)
        };
        position(flat, &dims, part).map(Source::at)
    })
}
