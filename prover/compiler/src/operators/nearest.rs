//! The nearest of several constants: `ArgMin(|z - c_k|)`, as scikit-learn's exporter writes isotonic calibration. Which of them is the nearest
//! is how many of the places half-way between two neighbours lie below z, so nothing is rounded but z.

use assay_circuits::layers::comparison::Relation;

use super::{comparison, sign};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Kind, Tensor};
use crate::model::{Groups, LayerFunction, Row};

/// The index of the smallest element of each group, if they are such distances, in a tensor of this shape.
pub(super) fn of_smallest(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: Groups,
    shape: &[usize],
) -> Result<Option<Tensor>, Refusal> {
    let Some(rows) = x.as_rows() else { return Ok(None) };
    let places: Option<Vec<(usize, usize)>> = rows.iter().map(|row| under_magnitude(layers, row)).collect();
    let Some(places) = places else { return Ok(None) };
    let terms =
        |&(layer, row): &(usize, usize)| layers.layer(layer).map_or(0, |layer| layer.map.row_terms(row));
    let terms = places.iter().map(|place| 1 + terms(place)).sum();
    if !layers.affords(terms) {
        return Ok(None);
    }
    layers.spend_terms(node, terms as u128)?;
    let row = |&(layer, row): &(usize, usize)| layers.layer(layer).map(|layer| layer.map.row(row));
    let distances: Vec<Row> = node.expected(places.iter().map(row).collect())?;
    let (mut compared, mut places, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups.positions() {
        let group = group.filter_map(|at| distances.get(at));
        let Some((z, centres)) = centres(group) else { return Ok(None) };
        // Each is compared with what is common to all: before that is repeated.
        let terms = (1 + z.terms.len()).saturating_mul(centres.len());
        if !layers.affords(terms) {
            return Ok(None);
        }
        layers.spend_terms(node, terms as u128)?;
        let pairs = centres.iter().zip(centres.iter().skip(1));
        for (&(below, first), &(above, next)) in pairs.clone() {
            if next < first {
                // Half-way the later one counts.
                return Ok(None);
            }
            compared.push(z.clone());
            places.push(0.5 * (below + above));
        }
        let first = centres.first().map_or(0, |&(_, first)| first);
        counts.push((first, pairs.map(|((_, first), (_, next))| next - first).collect::<Vec<usize>>()));
    }
    let count = places.len();
    let (z, places) = (Tensor::new(vec![count], compared), Tensor::constants(vec![count], places));
    let mut is_above = comparison::compare(node, layers, &z, &places, Relation::Greater)?.rows().into_iter();
    let mut indices = Vec::with_capacity(counts.len());
    let mut index = Accumulator::new(layers.atoms());
    for (first, steps) in counts {
        let mut bias = first as f64;
        for step in steps {
            let is_above = node.expected(is_above.next())?;
            index.add(&is_above, step as f64);
            bias += is_above.bias * step as f64;
        }
        indices.push(index.take(bias));
    }
    Ok(Some(Tensor::new(shape.to_vec(), indices).of_kind(Kind::Integer)))
}

/// The layer and the row there that an element is the magnitude of, not rounded yet.
fn under_magnitude(layers: &Layers, row: &Row) -> Option<(usize, usize)> {
    let (position, element) = sign::under_magnitude(layers, row.as_atom()?)?;
    let map = &layers.layer(position)?.map;
    let atom = if map.row_terms(element) == 1 { map.row(element).as_atom() } else { None };
    let passed_on = atom.and_then(|atom| layers.maker(atom)).filter(|&(position, _)| {
        let layer = layers.layer(position);
        layer.is_some_and(|layer| matches!(layer.function, LayerFunction::Linear) && layer.pool.is_none())
    });
    Some(passed_on.unwrap_or((position, element)))
}

/// What constants are subtracted from, and these with the places where they first stand, the least first.
fn centres<'a>(mut rows: impl Iterator<Item = &'a Row>) -> Option<(Row, Vec<(f64, usize)>)> {
    let first = rows.next().filter(|row| !row.terms.is_empty())?;
    let mut centres = vec![(-first.bias, 0)];
    for (place, row) in rows.enumerate() {
        if row.terms != first.terms {
            return None;
        }
        centres.push((-row.bias, place + 1));
    }
    centres.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    centres.dedup_by(|next, first| next.0 == first.0);
    Some((Row { bias: 0.0, ..first.clone() }, centres))
}
