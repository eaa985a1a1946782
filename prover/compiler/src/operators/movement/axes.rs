//! Axes and lists that are attributes in old operator sets and constant operands in newer ones.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;

/// The constant list of integers at `position`, if it is there.
pub(super) fn list(node: &Node<'_>, position: usize) -> Result<Option<Vec<i64>>, Refusal> {
    node.operand(position).map(|_| node.integers(position)).transpose()
}

/// Axes as positions below `rank`, each there once.
pub(super) fn positions(
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

/// The shape of the operand at `position`, whatever its elements are.
pub(super) fn shape(node: &Node<'_>, position: usize) -> Result<Vec<usize>, Refusal> {
    Ok(node.value(position)?.shape().to_vec())
}

/// An attribute that must be there.
pub(super) fn required<T>(
    node: &Node<'_>,
    attribute: &'static str,
    value: Option<T>,
    allowed: &'static str,
) -> Result<T, Refusal> {
    value.ok_or_else(|| node.bad_attribute(attribute, "absent".into(), allowed))
}

/// An attribute of 0 or 1.
pub(super) fn flag(node: &Node<'_>, attribute: &'static str, default: i64) -> Result<bool, Refusal> {
    match node.int(attribute, default)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(node.bad_attribute(attribute, other.to_string(), "0 or 1")),
    }
}
