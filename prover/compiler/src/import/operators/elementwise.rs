//! Affine operators on single elements: Add, Sub, Mul by a constant, BatchNormalization and Scaler. All of them
//! fold into the layer that reads them.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor::check_size;
use crate::import::value::{MAX_TERMS, Tensor, Value};
use crate::model::Row;

/// `A + B`.
pub(super) fn add(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    binary(node, |a, b| a.plus_scaled(b, 1.0))
}

/// `A - B`.
pub(super) fn sub(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    binary(node, |a, b| a.plus_scaled(b, -1.0))
}

/// `A · B` elementwise, one factor constant.
pub(super) fn mul(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    if !node.real(0)?.is_constant() && !node.real(1)?.is_constant() {
        return Err(Refusal::NonConstantProduct { node: node.name.clone(), operand: node.operand_name(1) });
    }
    binary(node, |a, b| if b.terms.is_empty() { a.scaled(b.bias, 0.0) } else { b.scaled(a.bias, 0.0) })
}

/// `scale · (x - mean) / sqrt(variance + epsilon) + bias`, per channel (dimension 1): the inference form.
pub(super) fn batch_normalization(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(5..=5, "5")?;
    if let training @ 1.. = node.int("training_mode", 0)? {
        return Err(node.bad_attribute("training_mode", training.to_string(), "0"));
    }
    if node.int("spatial", 1)? != 1 {
        return Err(node.bad_attribute("spatial", "0".into(), "1"));
    }
    let epsilon = node.float("epsilon", 1e-5)?;
    let x = node.real(0)?;
    let [_, channels, rest @ ..] = x.shape.as_slice() else {
        let shape = x.shape.as_slice().into();
        return Err(Refusal::Rank { node: node.name.clone(), shape, allowed: "2 or more" });
    };
    let (channels, inner) = (*channels, rest.iter().product::<usize>());
    let parameter = |position| {
        let (shape, data) = node.constant(position)?;
        if shape == [channels] { Ok(data) } else { Err(node.mismatch(&x.shape, &shape)) }
    };
    let (scale, bias, mean, variance) = (parameter(1)?, parameter(2)?, parameter(3)?, parameter(4)?);
    let factors: Vec<(f64, f64)> = scale
        .iter()
        .zip(&bias)
        .zip(mean.iter().zip(&variance))
        .map(|((scale, bias), (mean, variance))| {
            let factor = scale / (variance + epsilon).sqrt();
            (factor, bias - mean * factor)
        })
        .collect();
    per_element(x, |i| factors.get(i / inner.max(1) % channels.max(1)).copied())
}

/// `(x - offset) · scale`, per element of the last dimension (`ai.onnx.ml`).
pub(super) fn scaler(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.real(0)?;
    let features = x.shape.last().copied().unwrap_or(1);
    let list = |attribute, neutral: f64| {
        let values = node.floats(attribute)?.unwrap_or_else(|| vec![neutral]);
        match values.len() {
            1 => Ok(vec![values.first().copied().unwrap_or(neutral); features]),
            n if n == features => Ok(values),
            n => Err(node.bad_attribute(
                attribute,
                format!("{n} values"),
                "one value, or one for each feature",
            )),
        }
    };
    let (offset, scale) = (list("offset", 0.0)?, list("scale", 1.0)?);
    per_element(x, |i| {
        let feature = i % features.max(1);
        let (offset, scale) = (*offset.get(feature)?, *scale.get(feature)?);
        Some((scale, -offset * scale))
    })
}

/// `factor · x + offset` with the pair of each element.
fn per_element(x: &Tensor, pair: impl Fn(usize) -> Option<(f64, f64)>) -> Result<Value, Refusal> {
    let rows = x.rows.iter().enumerate().map(|(i, row)| {
        let (factor, offset) = pair(i).unwrap_or((1.0, 0.0));
        row.scaled(factor, offset)
    });
    let rows = rows.collect::<Vec<Row>>();
    Ok(Value::Real(Tensor { shape: x.shape.clone(), rows: rows.into(), trail: x.trail.clone() }))
}

/// Applies `combine` with NumPy's broadcasting.
fn binary(node: &Node<'_>, combine: impl Fn(&Row, &Row) -> Row) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (a, b) = (node.real(0)?, node.real(1)?);
    let shape = broadcast(&a.shape, &b.shape).ok_or_else(|| node.mismatch(&a.shape, &b.shape))?;
    let elements = check_size(&shape, || node.name.to_string())?;
    let widest = |tensor: &Tensor| tensor.rows.iter().map(|row| row.terms.len()).max().unwrap_or(0) as u128;
    let terms = elements as u128 * (widest(a) + widest(b));
    if terms > MAX_TERMS as u128 {
        return Err(Refusal::TooLarge { what: node.name.to_string(), elements: terms, limit: MAX_TERMS });
    }
    let rows = (0..elements).filter_map(|i| {
        let (left, right) = (source(i, &shape, &a.shape), source(i, &shape, &b.shape));
        Some(combine(a.rows.get(left)?, b.rows.get(right)?))
    });
    let rows = rows.collect::<Vec<Row>>();
    let mut trail = a.trail.clone();
    trail.extend(b.trail.iter().filter(|name| !a.trail.contains(name)).cloned());
    Ok(Value::Real(Tensor { shape, rows: rows.into(), trail }))
}

fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |shape: &[usize], i: usize| {
        (i + shape.len()).checked_sub(rank).and_then(|at| shape.get(at)).copied().unwrap_or(1)
    };
    (0..rank)
        .map(|i| match (dim(a, i), dim(b, i)) {
            (left, right) if left == right => Some(left),
            (1, right) => Some(right),
            (left, 1) => Some(left),
            _ => None,
        })
        .collect()
}

/// The element of an operand of shape `from` that element `flat` of the broadcast shape `to` reads.
fn source(mut flat: usize, to: &[usize], from: &[usize]) -> usize {
    let (mut element, mut stride) = (0, 1);
    let mut operand = from.iter().rev();
    for &dim in to.iter().rev() {
        let index = flat % dim.max(1);
        flat /= dim.max(1);
        if let Some(&size) = operand.next() {
            if size != 1 {
                element += index * stride;
            }
            stride *= size;
        }
    }
    element
}
