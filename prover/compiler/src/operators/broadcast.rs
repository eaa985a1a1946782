//! NumPy's broadcasting of the operands of a node, and values that are passed on as they are.

use super::elementwise::{broadcast, source};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Kind, Tensor, gather, merged};
use crate::model::{LayerFunction, Map};

/// The shape that the operands have in common, and how many elements that is.
pub(super) fn common_shape(
    node: &Node<'_>,
    layers: &Layers,
    operands: &[&Tensor],
) -> Result<(Vec<usize>, usize), Refusal> {
    let mut shape = Vec::new();
    for operand in operands {
        shape = broadcast(&shape, &operand.shape).ok_or_else(|| node.mismatch(&shape, &operand.shape))?;
    }
    let elements = layers.check_size(node, &shape)?;
    Ok((shape, elements))
}

/// The element of an operand that each element of a broadcast shape reads.
pub(super) fn sources<'a>(
    shape: &'a [usize],
    elements: usize,
    operand: &'a Tensor,
) -> impl Iterator<Item = usize> + 'a {
    (0..elements).map(|i| source(i, shape, &operand.shape))
}

/// `x` with its elements in another order, perhaps several times, as a tensor of another shape.
pub(super) fn rearranged(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    shape: Vec<usize>,
    order: impl Iterator<Item = usize>,
) -> Result<Tensor, Refusal> {
    if let Some(data) = x.as_constants() {
        let data = node.expected(gather(data, order))?;
        return Ok(Tensor::constants(shape, data).of_kind(x.kind));
    }
    let foldable = layers.foldable(x)?;
    let rows = layers.rows(node, &foldable)?;
    let order: Vec<usize> = order.collect();
    let terms = order.iter().map(|&at| rows.get(at).map_or(0, |row| row.terms.len() as u128)).sum();
    layers.spend_terms(node, terms)?;
    let rows = node.expected(gather(&rows, order.into_iter()))?;
    Ok(Tensor::new(shape, rows).with_trail(foldable.trail).of_kind(x.kind))
}

/// `x` repeated to a shape.
pub(super) fn repeated(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    shape: &[usize],
    elements: usize,
) -> Result<Tensor, Refusal> {
    if x.len() == elements {
        return Ok(x.with_shape(shape.to_vec()));
    }
    rearranged(node, layers, x, shape.to_vec(), sources(shape, elements, x))
}

/// `x` such that an operator may pass its elements on as they are: elements of values, perhaps times a power of two, or
/// constants. Anything else becomes a layer, so that it is rounded once, and the operator works on few bits.
pub(super) fn passed_on(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    let is_plain = match &x.data {
        Data::Constants(_) => true,
        Data::Variable(map) => match map.as_ref() {
            Map::Rows(rows) => rows.iter().all(|row| match row.terms.as_slice() {
                [] => true,
                &[(_, factor)] => row.bias == 0.0 && is_power_of_two(factor),
                _ => false,
            }),
            _ => false,
        },
    };
    if is_plain {
        return Ok(x.clone());
    }
    let name = if x.trail.is_empty() { node.name.name.clone() } else { x.trail.join(" + ") };
    Ok(layers.push_named(name, x, LayerFunction::Linear, x.shape.clone())?.of_kind(x.kind))
}

/// Whether the elements are whole numbers of a type of such, which operators take and give as they are.
pub(super) fn are_whole(layers: &Layers, x: &Tensor) -> bool {
    x.kind != Kind::Real
        && match x.as_constants() {
            Some(all) => all.iter().all(|value| value.fract() == 0.0),
            None => layers.is_whole_numbers(x),
        }
}

/// The elements of several tensors one behind the other.
pub(super) fn joined(node: &Node<'_>, layers: &mut Layers, parts: &[&Tensor]) -> Result<Tensor, Refusal> {
    let len = parts.iter().map(|part| part.len()).sum();
    if let Some(constants) = parts.iter().map(|part| part.as_constants()).collect::<Option<Vec<_>>>() {
        return Ok(Tensor::constants(vec![len], constants.concat()));
    }
    let mut rows = Vec::with_capacity(len);
    let mut trails = Vec::with_capacity(parts.len());
    for part in parts {
        let part = layers.foldable(part)?;
        rows.extend(layers.rows(node, &part)?);
        trails.push(part.trail);
    }
    Ok(Tensor::new(vec![len], rows).with_trail(merged(trails.iter())))
}

/// Whether a number is a power of two or the negative of one.
fn is_power_of_two(value: f64) -> bool {
    value.is_normal() && value.to_bits() & ((1 << 52) - 1) == 0
}
