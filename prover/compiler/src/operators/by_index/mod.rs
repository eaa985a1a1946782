//! Elements by indices that depend on the inputs: the rows of an embedding, one of several values, a category as ones and
//! zeros.
//!
//! What is read is a constant table ([`rows`]) or other variables ([`choice`]). Indices count from the end where they are negative, and one
//! beyond its axis has no result: no witness, and so no proof. Indices are whole numbers, so they must be exact: integer inputs,
//! casts to integers, places of largest elements.

mod choice;
mod one_hot;
mod place;
mod rows;

use std::sync::Arc;

use super::broadcast::{passed_on, rearranged};
use super::family::{Encoded, Family, OnnxOperator};
use super::trees;
use crate::import::decisions::Known;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor};
use choice::Chosen;
use place::Place;
use rows::Rows;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Categories as ones and zeros",
    cost: "the sign of an index, and an equality for each category",
    operators: &[OnnxOperator::onnx("OneHot", one_hot::import).remarks("depth and values are constant")],
    integers: &[Encoded { tag: rows::TAG, read: rows::read }, Encoded { tag: choice::TAG, read: choice::read }],
};

/// An axis that an index counts along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub size: usize,
    /// How far apart its neighbours lie.
    pub stride: usize,
}

/// What an element of a result is: the element `base + sum stride_k index_k`, by a tuple of indices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub tuple: usize,
    pub base: usize,
}

/// A result of this shape, each element read from `data` by one of the tuples in `indices`, of an index for each axis. Every tuple
/// reads as many elements as any other.
pub(super) fn read(
    node: &Node<'_>,
    layers: &mut Layers,
    (data, indices): (&Tensor, &Tensor),
    axes: &[Axis],
    shape: Vec<usize>,
    read: impl Fn(usize) -> Option<Read>,
) -> Result<Tensor, Refusal> {
    let elements = layers.check_size(node, &shape)?;
    if elements == 0 {
        return Ok(Tensor::constants(shape, Vec::new()).of_kind(data.kind));
    }
    let sizes: Option<Vec<u32>> = axes.iter().map(|axis| u32::try_from(axis.size).ok()).collect();
    let place = Place::new(node.expected(sizes)?);
    let length = place.length().filter(|&length| length > 0 && !axes.is_empty());
    let length = length.ok_or_else(|| node.mismatch(&data.shape, &indices.shape))?;
    let tuples = indices.len() / axes.len();
    layers.spend_work(node, (elements + tuples + length * axes.len()) as u128)?;

    // Of each tuple, the elements of the result that it reads, and from where on.
    let mut columns: Vec<Vec<(usize, usize)>> = vec![Vec::new(); tuples];
    for at in 0..elements {
        let Read { tuple, base } = node.expected(read(at))?;
        node.expected(columns.get_mut(tuple))?.push((at, base));
    }
    let first: Vec<usize> = columns.first().into_iter().flatten().map(|&(_, base)| base).collect();
    let width = node.expected(columns.iter().all(|all| all.len() == first.len()).then_some(first.len()))?;
    let mut order = vec![0; elements];
    for (from, &(at, _)) in columns.iter().flatten().enumerate() {
        *node.expected(order.get_mut(at))? = from;
    }

    let offsets: Vec<usize> = (0..length).map(|place| offset(place, axes)).collect();
    let is_one_table = columns.iter().all(|all| all.iter().map(|&(_, base)| base).eq(first.iter().copied()));
    let whole = data.kind != Kind::Real;
    let known = known(layers, (data, indices), axes, columns.iter().enumerate(), elements);
    let work = layers.decisions.take_work();
    layers.spend_work(node, work)?;
    if let Some(trees) = trees::looked_up(node, layers, &known, &shape)? {
        trees::decided(node, layers, &trees, |_, i| known.get(i)?.clone())?;
        return Ok(trees.of_kind(data.kind));
    }
    let results = match data.as_constants() {
        Some(constants) if is_one_table => {
            layers.check_size(node, &[length, width])?;
            layers.spend_work(node, length as u128 * width as u128)?;
            let cells = offsets.iter().flat_map(|offset| first.iter().map(move |base| base + offset));
            let values = node.expected(cells.map(|at| constants.get(at).copied()).collect())?;
            let operator = Rows { place, tuples, width, values, whole };
            layers.apply(node, Arc::new(operator), &[indices], vec![elements])?
        }
        _ => {
            let values = layers.check_size(node, &[elements, length])?;
            layers.spend_work(node, values as u128)?;
            let offsets = &offsets;
            let bases = columns.iter().flatten().map(|&(_, base)| base);
            let sources = bases.flat_map(|base| offsets.iter().map(move |offset| base + offset));
            let data = passed_on(node, layers, data)?;
            let values = rearranged(node, layers, &data, vec![values], sources)?;
            let operator = Chosen { place, tuples, width, length };
            layers.apply(node, Arc::new(operator), &[indices, &values], vec![elements])?
        }
    };
    let results = rearranged(node, layers, &results, shape, order.into_iter())?;
    trees::decided(node, layers, &results, |_, i| known.get(i)?.clone())?;
    Ok(results.of_kind(data.kind))
}

/// What conditions decide of each element of the result, where they decide the indices along one axis.
fn known<'a>(
    layers: &Layers,
    (data, indices): (&Tensor, &Tensor),
    axes: &[Axis],
    columns: impl Iterator<Item = (usize, &'a Vec<(usize, usize)>)>,
    elements: usize,
) -> Vec<Option<Known>> {
    let mut known = vec![None; elements];
    let &[Axis { size, stride }] = axes else { return known };
    for (tuple, reads) in columns {
        let Some(index) = indices.row(tuple).filter(|index| layers.decisions.is_decided(index)) else { continue };
        for &(at, base) in reads {
            let row = |place: f64| {
                let size = size as f64;
                let is_place = place.fract() == 0.0 && (-size..size).contains(&place);
                data.row(base + is_place.then(|| place.rem_euclid(size) as usize)? * stride)
            };
            if let Some(known) = known.get_mut(at) {
                *known = layers.decisions.at(&index, &row);
            }
        }
    }
    known
}

/// Where the element at a place of the axes lies.
fn offset(place: usize, axes: &[Axis]) -> usize {
    let (mut rest, mut offset) = (place, 0);
    for axis in axes.iter().rev() {
        offset += rest.checked_rem(axis.size).unwrap_or(0) * axis.stride;
        rest = rest.checked_div(axis.size).unwrap_or(0);
    }
    offset
}
