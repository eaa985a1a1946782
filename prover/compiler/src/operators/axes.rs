//! Groups of a tensor's elements: those that a reduction or a normalization takes together.
//!
//! Regrouping moves elements, so it costs nothing: an operator gets its groups one behind the other, whatever the axes.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, gather};
use crate::model::Row;

/// Groups of equal length, each the positions of its elements, in the order of the results.
pub(super) struct Groups {
    /// Positions of the elements, group by group.
    pub order: Vec<usize>,
    /// Elements of a group, at least 1.
    pub len: usize,
    /// Shape of a result for each group.
    pub shape: Vec<usize>,
}

impl Groups {
    /// Number of groups.
    pub fn count(&self) -> usize {
        self.order.len() / self.len.max(1)
    }

    /// Which group each element is in.
    pub fn of_elements(&self) -> Vec<usize> {
        let mut owners = vec![0; self.order.len()];
        for (at, &element) in self.order.iter().enumerate() {
            if let Some(owner) = owners.get_mut(element) {
                *owner = at / self.len.max(1);
            }
        }
        owners
    }
}

/// Whether reduced axes stay, with one element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reduced {
    /// They stay.
    Kept,
    /// They go.
    Dropped,
}

/// The groups along some axes, which must not be empty.
pub(super) fn along(
    node: &Node<'_>,
    layers: &mut Layers,
    shape: &[usize],
    axes: &[usize],
    reduced: Reduced,
) -> Result<Groups, Refusal> {
    let elements = layers.check_size(node, shape)?;
    if elements == 0 {
        return Err(node.mismatch(shape, &[]));
    }
    layers.spend_work(node, elements as u128 * (shape.len() as u128 + 2))?;
    let is_reduced = |axis: usize| axes.contains(&axis);
    let len = shape.iter().enumerate().filter(|&(axis, _)| is_reduced(axis)).map(|(_, size)| size).product();
    // The stride of each axis in the group's number, and in the position within the group.
    let (mut outer, mut inner) = (1, 1);
    let mut strides = vec![(0, 0); shape.len()];
    for (axis, (stride, &size)) in strides.iter_mut().zip(shape).enumerate().rev() {
        let step = if is_reduced(axis) { &mut inner } else { &mut outer };
        *stride = if is_reduced(axis) { (0, *step) } else { (*step, 0) };
        *step *= size;
    }
    let mut order = vec![0; elements];
    for element in 0..elements {
        let (mut rest, mut group, mut within) = (element, 0, 0);
        for (&size, &(outer, inner)) in shape.iter().zip(&strides).rev() {
            let index = rest % size.max(1);
            rest /= size.max(1);
            group += index * outer;
            within += index * inner;
        }
        *node.expected(order.get_mut(group * len + within))? = element;
    }
    let kept = |(axis, &size): (usize, &usize)| match (is_reduced(axis), reduced) {
        (false, _) => Some(size),
        (true, Reduced::Kept) => Some(1),
        (true, Reduced::Dropped) => None,
    };
    Ok(Groups { order, len, shape: shape.iter().enumerate().filter_map(kept).collect() })
}

/// The groups that a reduction takes together. The axes are an attribute before the operator set `since`, an operand from then on;
/// without any, all are reduced, or none (`noop_with_empty_axes`), and each element is a group.
pub(super) fn reduction(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    since: i64,
) -> Result<Groups, Refusal> {
    let given = if node.opset < since {
        node.arity(1..=1, "1")?;
        node.ints("axes")?
    } else {
        node.arity(1..=2, "1 or 2")?;
        node.operand(1).map(|_| node.integers(1)).transpose()?
    };
    let given = given.unwrap_or_default();
    let axes: Vec<usize> = if !given.is_empty() {
        given.iter().map(|&axis| node.axis(axis, &x.shape, x.shape.len())).collect::<Result<_, _>>()?
    } else if node.int("noop_with_empty_axes", 0)? != 0 {
        Vec::new()
    } else {
        (0..x.shape.len()).collect()
    };
    let reduced = match node.int("keepdims", 1)? {
        0 => Reduced::Dropped,
        1 => Reduced::Kept,
        other => return Err(node.bad_attribute("keepdims", other.to_string(), "0 or 1")),
    };
    along(node, layers, &x.shape, &axes, reduced)
}

/// The elements at these positions, zero where there is none, in a tensor of one axis.
pub(super) fn arranged(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    order: &[Option<usize>],
) -> Result<Tensor, Refusal> {
    layers.check_size(node, &[order.len()])?;
    if order.len() == x.len() && order.iter().enumerate().all(|(at, element)| *element == Some(at)) {
        return Ok(x.with_shape(vec![x.len()]));
    }
    let x = layers.foldable(x)?;
    let rows = layers.rows(node, &x)?;
    let widest = rows.iter().map(|row| row.terms.len()).max().unwrap_or(0) as u128;
    layers.spend_terms(node, order.len() as u128 * widest)?;
    let row = |element: &Option<usize>| match element {
        Some(element) => rows.get(*element).cloned(),
        None => Some(Row::constant(0.0)),
    };
    let rows = node.expected(order.iter().map(row).collect::<Option<Vec<Row>>>())?;
    Ok(Tensor::new(vec![order.len()], rows).with_trail(x.trail.clone()).of_kind(x.kind))
}

/// The elements of all groups, one group behind the other.
pub(super) fn grouped(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &Groups,
) -> Result<Tensor, Refusal> {
    let order: Vec<Option<usize>> = groups.order.iter().copied().map(Some).collect();
    arranged(node, layers, x, &order)
}

/// Elements that stand group by group, back in their places.
pub(super) fn in_place(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &Groups,
    shape: Vec<usize>,
) -> Result<Tensor, Refusal> {
    let mut places = vec![0; groups.order.len()];
    for (at, &element) in groups.order.iter().enumerate() {
        *node.expected(places.get_mut(element))? = at;
    }
    let rows = layers.rows(node, x)?;
    let rows = node.expected(gather(&rows, places.into_iter()))?;
    Ok(Tensor::new(shape, rows).with_trail(x.trail.clone()).of_kind(x.kind))
}
