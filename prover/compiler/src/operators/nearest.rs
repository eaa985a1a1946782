//! The nearest of several constants: `ArgMin(|z - c_k|)`, as scikit-learn's exporter writes isotonic calibration. Which of them is the nearest
//! is how many of the places half-way between two neighbours lie below z, so nothing is rounded but z.

use assay_circuits::layers::comparison::Relation;

use super::{comparison, sign};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor};
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
    let distances: Option<Vec<Row>> = rows.iter().map(|row| under_magnitude(layers, row)).collect();
    let Some(distances) = distances else { return Ok(None) };
    let (mut compared, mut places, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups.positions() {
        let group = group.filter_map(|at| distances.get(at));
        let Some((z, centres)) = centres(group) else { return Ok(None) };
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
    layers.spend_terms(node, compared.iter().map(|row| row.terms.len() as u128 + 1).sum())?;
    let count = places.len();
    let (z, places) = (Tensor::new(vec![count], compared), Tensor::constants(vec![count], places));
    let mut is_above = comparison::compare(node, layers, &z, &places, Relation::Greater)?.rows().into_iter();
    let mut indices = Vec::with_capacity(counts.len());
    for (first, steps) in counts {
        let mut index = Row::constant(first as f64);
        for step in steps {
            let is_above = node.expected(is_above.next())?;
            index = index.plus_scaled(&is_above, step as f64);
        }
        indices.push(index);
    }
    Ok(Some(Tensor::new(shape.to_vec(), indices).of_kind(Kind::Integer)))
}

/// What an element is the magnitude of, not rounded yet.
fn under_magnitude(layers: &Layers, row: &Row) -> Option<Row> {
    let inner = sign::under_magnitude(layers, row.as_atom()?)?;
    let passed_on = inner.as_atom().and_then(|atom| {
        let (position, element) = layers.maker(atom)?;
        let layer = layers.layer(position)?;
        let is_sum = matches!(layer.function, LayerFunction::Linear) && layer.pool.is_none();
        is_sum.then(|| layer.map.row(element))
    });
    Some(passed_on.unwrap_or(inner))
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
