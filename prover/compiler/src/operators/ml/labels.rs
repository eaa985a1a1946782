//! Classes and their labels. A label that is a number is that number; one that is a text is its index in the list of
//! classes, since a proof is about integers.

use super::compose::{beside, call, int, sizes, weighted_sums};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor};
use crate::operators::by_index::{self, Axis, Read};
use crate::operators::{argmax, comparison};

/// The labels of a classifier.
pub(super) enum Classes {
    Numbers(Vec<f64>),
    /// How many.
    Texts(usize),
}

impl Classes {
    /// Of a node with one of two attributes.
    pub fn read(node: &Node<'_>, numbers: &'static str, texts: &'static str) -> Result<Classes, Refusal> {
        match (node.ints(numbers)?, node.strings(texts)?) {
            (Some(labels), None) if !labels.is_empty() => {
                Ok(Classes::Numbers(labels.into_iter().map(|label| label as f64).collect()))
            }
            (None, Some(labels)) if !labels.is_empty() => Ok(Classes::Texts(labels.len())),
            // An exporter may write the other list, empty.
            (Some(labels), Some(texts)) if texts.is_empty() && !labels.is_empty() => {
                Ok(Classes::Numbers(labels.into_iter().map(|label| label as f64).collect()))
            }
            (Some(labels), Some(texts)) if labels.is_empty() && !texts.is_empty() => {
                Ok(Classes::Texts(texts.len()))
            }
            _ => Err(node.bad_attribute(numbers, "absent, or beside texts".into(), "one list of labels")),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Classes::Numbers(labels) => labels.len(),
            Classes::Texts(count) => *count,
        }
    }

    /// The labels of classes whose indices are given, below the number of classes.
    pub fn label(&self, node: &Node<'_>, layers: &mut Layers, index: &Tensor) -> Result<Tensor, Refusal> {
        let label = match self {
            Classes::Numbers(labels) => element(node, layers, index, labels)?,
            Classes::Texts(_) => index.clone(),
        };
        Ok(label.of_kind(Kind::Integer))
    }
}

/// `table[index]`, for indices that are below the length of the table: affine where the table is an arithmetic progression.
pub(in crate::operators) fn element(
    node: &Node<'_>,
    layers: &mut Layers,
    index: &Tensor,
    table: &[f64],
) -> Result<Tensor, Refusal> {
    let first = node.expected(table.first().copied())?;
    let step = table.get(1).map_or(0.0, |second| second - first);
    if table.iter().enumerate().all(|(i, &value)| value == first + step * i as f64) {
        return layers.affine(node, index, |_| Some((step, first)));
    }
    let is_whole = table.iter().all(|value| value.fract() == 0.0);
    let kind = if is_whole { Kind::Integer } else { Kind::Real };
    let values = Tensor::constants(vec![table.len()], table.to_vec()).of_kind(kind);
    let axes = [Axis { size: table.len(), stride: 1 }];
    by_index::read(node, layers, (&values, index), &axes, index.shape.clone(), |tuple| {
        Some(Read { tuple, base: 0 })
    })
}

/// The value of the first key that each element equals, or `default`: `default + sum_j [x = key_j] (value_j - default)`. Keys of the
/// default cost nothing.
pub(super) fn looked_up(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    keys: &[f64],
    values: &[f64],
    default: f64,
) -> Result<Tensor, Refusal> {
    let is_first = |place: usize| {
        let key = keys.get(place);
        !keys.iter().take(place).any(|earlier| Some(earlier) == key)
    };
    let places = values.iter().enumerate().filter(|&(_, &value)| value != default).map(|(place, _)| place);
    let places: Vec<usize> = places.filter(|&place| is_first(place)).collect();
    if places.is_empty() {
        return Ok(Tensor::constants(x.shape.clone(), vec![default; x.len()]));
    }
    let chosen = |all: &[f64]| node.expected(places.iter().map(|&place| all.get(place).copied()).collect());
    let keys: Vec<f64> = chosen(keys)?;
    let gains: Vec<f64> = chosen(values)?.into_iter().map(|value| value - default).collect();
    let is_key = one_hot(node, layers, x, &keys)?;
    let sums = weighted_sums(node, layers, &is_key, &gains)?;
    Ok(layers.affine(node, &sums, |_| Some((1.0, default)))?.with_shape(x.shape.clone()))
}

/// For each element a row: 1 at those keys that it equals, else 0.
pub(super) fn one_hot(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    keys: &[f64],
) -> Result<Tensor, Refusal> {
    let column = x.with_shape(vec![x.len(), 1]);
    let keys = Tensor::constants(vec![1, keys.len()], keys.to_vec()).of_kind(x.kind);
    call(node, layers, (&comparison::FAMILY, "Equal"), &[&column, &keys], &[])
}

/// The indices of the largest scores in rows of two or more, the first of equals; of one score `s` the class 1 if `s > 0`.
pub(super) fn best(node: &Node<'_>, layers: &mut Layers, scores: &Tensor) -> Result<Tensor, Refusal> {
    let (rows, classes) = sizes(node, scores)?;
    let zero = Tensor::constants(vec![], vec![0.0]);
    let index = match classes {
        0 | 1 => call(node, layers, (&comparison::FAMILY, "Greater"), &[scores, &zero], &[])?,
        2 => {
            // The second is larger.
            let margin = weighted_sums(node, layers, scores, &[-1.0, 1.0])?;
            call(node, layers, (&comparison::FAMILY, "Greater"), &[&margin, &zero], &[])?
        }
        _ => {
            let attributes = [int("axis", 1), int("keepdims", 0)];
            call(node, layers, (&argmax::FAMILY, "ArgMax"), &[scores], &attributes)?
        }
    };
    Ok(index.with_shape(vec![rows]).of_kind(Kind::Integer))
}

/// `[1 - p, p]` of one column `p`.
pub(super) fn complemented(node: &Node<'_>, layers: &mut Layers, p: &Tensor) -> Result<Tensor, Refusal> {
    let other = layers.affine(node, p, |_| Some((-1.0, 1.0)))?;
    beside(node, layers, &[&other, p])
}
