//! A tensor with some elements replaced at constant indices: ScatterElements (once called Scatter) and ScatterND. Where an
//! index is there twice the text leaves the result open; here the last one counts.

use super::axes::shape;
use super::moves::{Source, moved, product, strides, wrapped};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Value;

/// Each element of the updates takes the place that its own has, with the index as the position along `axis`.
pub(super) fn elements(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    check(node)?;
    let (to, of_indices) = (shape(node, 0)?, shape(node, 1)?);
    let axis = node.axis(node.int("axis", 0)?, &to, to.len())?;
    if of_indices.len() != to.len() || of_indices != shape(node, 2)? {
        return Err(node.mismatch(&of_indices, &shape(node, 2)?));
    }
    let indices = node.integers(1)?;
    let of = strides(&to);
    let mut sources = kept(node, layers, &to)?;
    for (flat, &index) in indices.iter().enumerate() {
        let (mut rest, mut at) = (flat, 0);
        for (i, &dim) in of_indices.iter().enumerate().rev() {
            let own = rest % dim.max(1);
            rest /= dim.max(1);
            let own = if i == axis { index } else { own as i64 };
            at += wrapped(node, own, to[i])? * of[i];
        }
        *node.expected(sources.get_mut(at))? = Source::Element { operand: 1, at: flat };
    }
    moved(node, layers, &[0, 2], to, 0.0, |flat| sources.get(flat).copied())
}

/// The slices at the index tuples in the last dimension of the indices are replaced by those of the updates.
pub(super) fn nd(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    check(node)?;
    let (to, of_indices) = (shape(node, 0)?, shape(node, 1)?);
    let Some((&width, outer)) = of_indices.split_last().filter(|(width, _)| **width <= to.len()) else {
        return Err(node.mismatch(&to, &of_indices));
    };
    let (indexed, behind) = to.split_at(width);
    if [outer, behind].concat() != shape(node, 2)? {
        return Err(node.mismatch(&[outer, behind].concat(), &shape(node, 2)?));
    }
    let indices = node.integers(1)?;
    let (of, slice) = (strides(indexed), product(behind));
    let mut sources = kept(node, layers, &to)?;
    for tuple in 0..product(outer) {
        let own = node.expected(indices.get(tuple * width..(tuple + 1) * width))?;
        let mut at = 0;
        for ((&index, &size), stride) in own.iter().zip(indexed).zip(&of) {
            at += wrapped(node, index, size)? * stride;
        }
        layers.spend_work(node, slice as u128)?;
        for inner in 0..slice {
            let source = node.expected(sources.get_mut(at * slice + inner))?;
            *source = Source::Element { operand: 1, at: tuple * slice + inner };
        }
    }
    moved(node, layers, &[0, 2], to.clone(), 0.0, |flat| sources.get(flat).copied())
}

fn check(node: &Node<'_>) -> Result<(), Refusal> {
    node.arity(3..=3, "3")?;
    match node.text("reduction")? {
        Some(reduction) if reduction != "none" => Err(node.bad_attribute("reduction", reduction, "none")),
        _ => Ok(()),
    }
}

/// Every element from its own place.
fn kept(node: &Node<'_>, layers: &Layers, shape: &[usize]) -> Result<Vec<Source>, Refusal> {
    Ok((0..layers.check_size(node, shape)?).map(Source::at).collect())
}
