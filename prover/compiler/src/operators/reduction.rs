//! Axes that a node reduces, as groups of elements.

use crate::import::node::Node;
use crate::import::refusal::{Refusal, Shape};

/// What a node reduces.
pub(super) struct Reduction {
    /// Shape of the results.
    pub shape: Vec<usize>,
    /// Elements that each result is made of.
    pub len: usize,
    /// The elements, group by group.
    pub order: Vec<usize>,
}

impl Reduction {
    /// From `axes` (an attribute before operator set `since`, an operand since), `keepdims` and `noop_with_empty_axes`;
    /// `None` where the node does nothing.
    pub fn of(node: &Node<'_>, shape: &[usize], since: i64) -> Result<Option<Self>, Refusal> {
        let axes = if node.opset < since {
            node.arity(1..=1, "1")?;
            node.ints("axes")?
        } else {
            node.arity(1..=2, "1 or 2")?;
            node.operand(1).map(|_| node.integers(1)).transpose()?
        };
        let flag = |name, default| match node.int(name, default)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(node.bad_attribute(name, other.to_string(), "0 or 1")),
        };
        let (keep, nothing) = (flag("keepdims", 1)?, flag("noop_with_empty_axes", 0)?);
        let axes = axes.unwrap_or_default();
        if axes.is_empty() && nothing {
            return Ok(None);
        }
        let mut is_reduced = vec![axes.is_empty(); shape.len()];
        for axis in axes {
            let position = node.axis(axis, shape, shape.len())?;
            let slot = node.expected(is_reduced.get_mut(position))?;
            if std::mem::replace(slot, true) {
                return Err(Refusal::Axis { node: node.name.clone(), axis, shape: Shape(shape.to_vec()) });
            }
        }
        let dims = || shape.iter().copied().zip(is_reduced.iter().copied());
        let size =
            |reduced: bool| dims().filter(|&(_, is)| is == reduced).map(|(dim, _)| dim).product::<usize>();
        let (len, groups) = (size(true), size(false));
        if len == 0 {
            return Err(node.mismatch(shape, &[]));
        }
        // The position of each element in its group, and of its group among all.
        let mut order = vec![0; len * groups];
        for flat in 0..len * groups {
            let (mut rest, mut within, mut group, mut inner, mut outer) = (flat, 0, 0, 1, 1);
            for (dim, reduced) in dims().rev() {
                let (index, (at, stride)) = (
                    rest % dim.max(1),
                    if reduced { (&mut within, &mut inner) } else { (&mut group, &mut outer) },
                );
                *at += index * *stride;
                *stride *= dim;
                rest /= dim.max(1);
            }
            *node.expected(order.get_mut(group * len + within))? = flat;
        }
        let kept = |(dim, reduced): (usize, bool)| match reduced {
            false => Some(dim),
            true => keep.then_some(1),
        };
        Ok(Some(Reduction { shape: dims().filter_map(kept).collect(), len, order }))
    }
}
