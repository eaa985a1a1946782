//! Operators in terms of others: a node stands for a few of the default domain, as if the file had them in its place.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Kind, Tensor};
use crate::model::Row;
use crate::onnx::{AttributeProto, AttributeType};
use crate::operators::broadcast::{joined, rearranged};
pub(super) use crate::operators::call::call;

/// An attribute of one integer.
pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..AttributeProto::default() }
}

/// An attribute of integers.
pub(super) fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    let ints = ints.to_vec();
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints,
        ..AttributeProto::default()
    }
}

/// The operand as rows of features: `[N, F]`, N being 1 for a vector.
pub(super) fn features(node: &Node<'_>, position: usize) -> Result<Tensor, Refusal> {
    let x = node.tensor(position)?;
    match x.shape.as_slice() {
        [_, _] => Ok(x.clone()),
        [len] => Ok(x.with_shape(vec![1, *len])),
        _ => {
            let shape = x.shape.as_slice().into();
            Err(Refusal::Rank { node: node.name.clone(), shape, allowed: "1 or 2" })
        }
    }
}

/// The two dimensions of what [`features`] gave.
pub(super) fn sizes(node: &Node<'_>, x: &Tensor) -> Result<(usize, usize), Refusal> {
    match x.shape.as_slice() {
        &[rows, columns] => Ok((rows, columns)),
        _ => Err(node.mismatch(&x.shape, &[])),
    }
}

/// Some columns of a matrix, in this order.
pub(super) fn columns(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    chosen: &[usize],
) -> Result<Tensor, Refusal> {
    let (rows, width) = sizes(node, x)?;
    let order = (0..rows).flat_map(|row| chosen.iter().map(move |column| row * width + column));
    rearranged(node, layers, x, vec![rows, chosen.len()], order)
}

/// Matrices of as many rows beside each other.
pub(super) fn beside(node: &Node<'_>, layers: &mut Layers, parts: &[&Tensor]) -> Result<Tensor, Refusal> {
    let sizes = parts.iter().map(|part| sizes(node, part)).collect::<Result<Vec<_>, _>>()?;
    let rows = sizes.first().map_or(0, |&(rows, _)| rows);
    if let Some((part, _)) = parts.iter().zip(&sizes).find(|(_, size)| size.0 != rows) {
        return Err(node.mismatch(&[rows], &part.shape));
    }
    let kind = parts.first().map_or(Kind::Real, |part| part.kind);
    let kind = if parts.iter().all(|part| part.kind == kind) { kind } else { Kind::Real };
    let all = joined(node, layers, parts)?;
    let mut starts = Vec::with_capacity(parts.len());
    let mut start = 0;
    for &(_, width) in &sizes {
        starts.push((start, width));
        start += rows * width;
    }
    let starts = &starts;
    let order = (0..rows).flat_map(|row| {
        starts.iter().flat_map(move |&(start, width)| (0..width).map(move |i| start + row * width + i))
    });
    let width = sizes.iter().map(|&(_, width)| width).sum();
    Ok(rearranged(node, layers, &all, vec![rows, width], order)?.of_kind(kind))
}

/// `x · w + bias` for each row of `x`: `w` has a row of coefficients for each column of the result.
pub(super) fn affine_rows(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    w: &[f64],
    bias: &[f64],
) -> Result<Tensor, Refusal> {
    let (_, width) = sizes(node, x)?;
    let results = bias.len();
    if w.len() != width.saturating_mul(results) {
        return Err(node.mismatch(&x.shape, &[results, w.len() / results.max(1)]));
    }
    let transposed = (0..width).flat_map(|i| (0..results).map(move |j| w.get(j * width + i).copied()));
    let matrix = Tensor::constants(vec![width, results], node.expected(transposed.collect())?);
    let product = call(node, layers, (&crate::operators::linear::FAMILY, "MatMul"), &[x, &matrix], &[])?;
    layers.affine(node, &product, |i| Some((1.0, *bias.get(i % results.max(1))?)))
}

/// `sum_j c_j x_j` over each row of `x`: one column.
pub(super) fn weighted_sums(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    coefficients: &[f64],
) -> Result<Tensor, Refusal> {
    let (rows, width) = sizes(node, x)?;
    let x = layers.foldable(x)?;
    let all = layers.rows(node, &x)?;
    let mut accumulator = Accumulator::new(layers.atoms());
    let mut sums: Vec<Row> = Vec::with_capacity(rows);
    for row in all.chunks(width.max(1)) {
        let mut bias = 0.0;
        for (element, &coefficient) in row.iter().zip(coefficients) {
            accumulator.add(element, coefficient);
            bias += element.bias * coefficient;
        }
        sums.push(accumulator.take(bias));
    }
    Ok(Tensor::new(vec![rows, 1], sums).with_trail(x.trail))
}
