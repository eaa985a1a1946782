//! A movement: where each element of a result comes from.

use std::sync::Arc;

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value, merged};
use crate::model::Row;
use crate::operators::texts;

/// Where an element of a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An element of an operand, counted in the order of the operands that are moved.
    Element { operand: usize, at: usize },
    /// None: it is the filling.
    Filling,
}

impl Source {
    /// An element of the only operand.
    pub fn at(at: usize) -> Source {
        Source::Element { operand: 0, at }
    }
}

/// A result of this shape, whose elements are those of the operands at `positions` that `source` names; `filling` stands
/// where no element does. Indices that `source` does not have are a bug.
pub(super) fn moved(
    node: &Node<'_>,
    layers: &mut Layers,
    positions: &[usize],
    shape: Vec<usize>,
    filling: f64,
    source: impl Fn(usize) -> Option<Source>,
) -> Result<Value, Refusal> {
    let elements = layers.check_size(node, &shape)?;
    layers.spend_work(node, elements as u128 * (1 + shape.len() as u128))?;
    let values: Vec<&Value> =
        positions.iter().map(|&position| node.value(position)).collect::<Result<_, _>>()?;
    if let Some((&position, _)) = positions.iter().zip(&values).find(|(_, value)| matches!(value, Value::Sequence(_))) {
        return node.tensor(position).cloned().map(Value::from);
    }
    let all = |i| node.expected(source(i));
    if let Some(strings) = values.iter().map(|value| as_strings(value)).collect::<Option<Vec<_>>>() {
        let string = |source| match source {
            Source::Element { operand, at } => {
                node.expected(strings.get(operand).and_then(|s| s.get(at)).cloned())
            }
            Source::Filling => Ok(String::new()),
        };
        let data = (0..elements).map(|i| string(all(i)?)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Value::Strings { shape, data: Arc::new(data) });
    }
    if values.iter().all(|value| !matches!(value, Value::Tensor(_))) {
        let texts = positions.iter().map(|&position| texts::text(node, layers, position));
        let texts = node.expected(texts.collect::<Result<Option<Vec<Tensor>>, _>>()?)?;
        let sources = (0..elements).map(all).collect::<Result<Vec<_>, _>>()?;
        if sources.contains(&Source::Filling) {
            // What is no element of an input is no text that a proof could show.
            return Err(Refusal::StringOperand { node: node.name.clone(), operand: node.operand_name(0) });
        }
        let texts: Vec<&Tensor> = texts.iter().collect();
        return rows(node, layers, &texts, shape, filling, &sources).map(Value::Categories);
    }
    let tensors: Vec<&Tensor> =
        positions.iter().map(|&position| node.tensor(position)).collect::<Result<_, _>>()?;
    let kind = node.expected(tensors.first())?.kind;
    if let Some(constants) = tensors.iter().map(|tensor| tensor.as_constants()).collect::<Option<Vec<_>>>() {
        let number = |source| match source {
            Source::Element { operand, at } => {
                node.expected(constants.get(operand).and_then(|c| c.get(at)).copied())
            }
            Source::Filling => Ok(filling),
        };
        let data = (0..elements).map(|i| number(all(i)?)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Tensor::constants(shape, data).of_kind(kind).into());
    }
    let sources = (0..elements).map(all).collect::<Result<Vec<_>, _>>()?;
    rows(node, layers, &tensors, shape, filling, &sources).map(|tensor| tensor.of_kind(kind).into())
}

/// The rows of several tensors in another order.
fn rows(
    node: &Node<'_>,
    layers: &mut Layers,
    tensors: &[&Tensor],
    shape: Vec<usize>,
    filling: f64,
    sources: &[Source],
) -> Result<Tensor, Refusal> {
    let mut operands: Vec<Vec<Row>> = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let tensor = layers.foldable(tensor)?;
        operands.push(layers.rows(node, &tensor)?);
    }
    let row = |source: &Source| match *source {
        Source::Element { operand, at } => operands.get(operand).and_then(|rows| rows.get(at)),
        Source::Filling => None,
    };
    let terms: u128 = sources.iter().filter_map(row).map(|row| row.terms.len() as u128).sum();
    layers.spend_terms(node, terms)?;
    let written_out = |source: &Source| match source {
        Source::Element { .. } => row(source).cloned(),
        Source::Filling => Some(Row::constant(filling)),
    };
    let rows = node.expected(sources.iter().map(written_out).collect::<Option<Vec<Row>>>())?;
    let trail = merged(tensors.iter().map(|tensor| &tensor.trail));
    Ok(Tensor::new(shape, rows).with_trail(trail))
}

fn as_strings(value: &Value) -> Option<&[String]> {
    match value {
        Value::Strings { data, .. } => Some(data),
        _ => None,
    }
}

/// The operand at `position` in another shape of as many elements.
pub(super) fn reshaped(node: &Node<'_>, position: usize, shape: Vec<usize>) -> Result<Value, Refusal> {
    Ok(match node.value(position)? {
        Value::Tensor(tensor) => tensor.with_shape(shape).into(),
        Value::Categories(tensor) => Value::Categories(tensor.with_shape(shape)),
        Value::Strings { data, .. } => Value::Strings { shape, data: Arc::clone(data) },
        Value::Sequence(_) => node.tensor(position)?.clone().into(),
    })
}

/// How far apart the neighbours along each axis lie.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides: Vec<usize> = shape
        .iter()
        .rev()
        .scan(1usize, |stride, &dim| Some(std::mem::replace(stride, stride.saturating_mul(dim))))
        .collect();
    strides.reverse();
    strides
}

/// `Σ part(axis, index)` over the indices of an element of an array of this shape, if every part is there.
pub(super) fn position(
    flat: usize,
    shape: &[usize],
    part: impl Fn(usize, usize) -> Option<usize>,
) -> Option<usize> {
    let (mut rest, mut sum) = (flat, 0usize);
    for (axis, &dim) in shape.iter().enumerate().rev() {
        sum = sum.checked_add(part(axis, rest.checked_rem(dim)?)?)?;
        rest /= dim;
    }
    Some(sum)
}

/// The product of some dimensions: of a tensor that exists.
pub(super) fn product(dims: &[usize]) -> usize {
    dims.iter().fold(1usize, |all, &size| all.saturating_mul(size))
}

/// A possibly negative index below `size`.
pub(super) fn wrapped(node: &Node<'_>, index: i64, size: usize) -> Result<usize, Refusal> {
    let position = if index < 0 { index.checked_add(size as i64) } else { Some(index) };
    let position = position.and_then(|position| usize::try_from(position).ok());
    position.filter(|&position| position < size).ok_or_else(|| Refusal::Index {
        node: node.name.clone(),
        index,
        size,
    })
}
