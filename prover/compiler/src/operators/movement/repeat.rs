//! Elements repeated or left out: Expand, Tile and Trilu.

use super::axes::{flag, shape};
use super::moves::{Source, moved, position, strides};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// The operand broadcast with a shape.
pub(super) fn expand(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (from, target) = (shape(node, 0)?, node.integers(1)?);
    let target: Option<Vec<usize>> = target.iter().map(|&dim| usize::try_from(dim).ok()).collect();
    let target = target.ok_or_else(|| node.mismatch(&from, &[]))?;
    let rank = from.len().max(target.len());
    let padded = |dims: &[usize]| [vec![1; rank - dims.len()], dims.to_vec()].concat();
    let (from, target) = (padded(&from), padded(&target));
    let common = |(&a, &b): (&usize, &usize)| match (a, b) {
        (1, b) => Some(b),
        (a, 1) => Some(a),
        (a, b) => (a == b).then_some(a),
    };
    let to = from.iter().zip(&target).map(common).collect::<Option<Vec<usize>>>();
    let to = to.ok_or_else(|| node.mismatch(&from, &target))?;
    let (of, dims) = (strides(&from), to.clone());
    moved(node, layers, &[0], to, 0.0, |flat| {
        let part = |axis: usize, index: usize| Some(index % from.get(axis)? * of.get(axis)?);
        position(flat, &dims, part).map(Source::at)
    })
}

/// The operand so many times along each axis.
pub(super) fn tile(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (from, repeats) = (shape(node, 0)?, node.integers(1)?);
    let times: Option<Vec<usize>> = repeats.iter().map(|&times| usize::try_from(times).ok()).collect();
    let times = times.filter(|times| times.len() == from.len());
    let times = times.ok_or_else(|| {
        node.bad_attribute("repeats", format!("{repeats:?}"), "a number for each axis, 0 or more")
    })?;
    let to: Vec<usize> = from.iter().zip(&times).map(|(dim, times)| dim.saturating_mul(*times)).collect();
    let (of, dims) = (strides(&from), to.clone());
    moved(node, layers, &[0], to, 0.0, |flat| {
        let part = |axis: usize, index: usize| Some(index.checked_rem(*from.get(axis)?)? * of.get(axis)?);
        position(flat, &dims, part).map(Source::at)
    })
}

/// The upper or the lower triangle of matrices, from the `k`-th diagonal on; zeros elsewhere.
pub(super) fn trilu(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=2, "1 or 2")?;
    let shape = shape(node, 0)?;
    let diagonal = match node.operand(1) {
        Some(_) => match node.integers(1)?.as_slice() {
            &[k] => i128::from(k),
            k => return Err(node.bad_attribute("k", format!("{k:?}"), "one integer")),
        },
        None => 0,
    };
    let is_upper = flag(node, "upper", 1)?;
    let &[.., rows, columns] = shape.as_slice() else {
        return Err(Refusal::Rank {
            node: node.name.clone(),
            shape: shape.as_slice().into(),
            allowed: "2 or more",
        });
    };
    moved(node, layers, &[0], shape, 0.0, |flat| {
        let column = flat.checked_rem(columns)? as i128;
        let row = (flat / columns).checked_rem(rows)? as i128;
        let is_kept = if is_upper { column - row >= diagonal } else { column - row <= diagonal };
        Some(if is_kept { Source::at(flat) } else { Source::Filling })
    })
}
