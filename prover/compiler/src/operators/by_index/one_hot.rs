//! OneHot: a further axis, with one value at the place that an index names and another elsewhere; of an index beyond
//! the axis the other everywhere. Reference: ONNX, "OneHot".
//!
//! `[x = k]` or `[x = k - depth]` for each place `k`: with the sign of an index that may be negative, `x + depth * [x < 0] = k`.

use assay_circuits::layers::comparison::Relation;

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Row;
use crate::operators::broadcast::rearranged;
use crate::operators::call::call;
use crate::operators::{cast, comparison};
use crate::onnx::{AttributeProto, AttributeType, DataType};

pub(super) fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let (depth, values) = (node.constant(1)?.1, node.constant(2)?.1);
    let depth = match depth.as_slice() {
        &[depth] if depth >= 1.0 && depth <= f64::from(u32::MAX) => depth.trunc(),
        other => return Err(node.bad_attribute("depth", format!("{other:?}"), "one number of at least 1")),
    };
    let &[off, on] = values.as_slice() else {
        return Err(node.bad_attribute("values", format!("{values:?}"), "two: elsewhere, and at the index"));
    };
    let indices = node.tensor(0)?;
    let rank = indices.shape.len() + 1;
    let axis = node.axis(node.int("axis", -1)?, &indices.shape, rank)?;
    let (before, behind) = indices.shape.split_at(axis);
    let shape = [before, &[depth as usize], behind].concat();
    let elements = layers.check_size(node, &shape)?;
    layers.check_size(node, &[depth as usize])?;
    layers.spend_work(node, elements as u128)?;

    let column = whole(node, layers, indices)?.with_shape(vec![indices.len(), 1]);
    let places: Vec<f64> = (0..depth as u32).map(f64::from).collect();
    let places = Tensor::constants(vec![1, places.len()], places).of_kind(Kind::Integer);
    let from_start = from_start(node, layers, &column, depth)?;
    let hot = comparison::compare(node, layers, &from_start, &places, Relation::Equal)?;

    // From an index after the other to the axis.
    let (depth, inner) = (depth as usize, behind.iter().fold(1usize, |inner, &size| inner.saturating_mul(size)));
    let order = (0..elements).map(|at| {
        let (outer, rest) = (at / (depth * inner).max(1), at % (depth * inner).max(1));
        (outer * inner + rest % inner.max(1)) * depth + rest / inner.max(1)
    });
    let hot = rearranged(node, layers, &hot, shape, order)?;
    let kind = node.tensor(2)?.kind;
    Ok(layers.affine(node, &hot, |_| Some((on - off, off)))?.of_kind(kind).into())
}

/// Indices of floats lose their fractions, as in a cast.
fn whole(node: &Node<'_>, layers: &mut Layers, x: &Tensor) -> Result<Tensor, Refusal> {
    if x.kind == Kind::Integer {
        return Ok(x.clone());
    }
    let to = AttributeProto {
        name: "to".into(),
        r#type: AttributeType::Int as i32,
        i: DataType::Int64 as i64,
        ..AttributeProto::default()
    };
    call(node, layers, (&cast::FAMILY, "Cast"), &[x], &[to])
}

/// `x + depth * [x < 0]`.
fn from_start(node: &Node<'_>, layers: &mut Layers, x: &Tensor, depth: f64) -> Result<Tensor, Refusal> {
    let zero = Tensor::constants(vec![], vec![0.0]).of_kind(Kind::Integer);
    let is_negative = comparison::compare(node, layers, x, &zero, Relation::Less)?;
    if let (Some(x_data), Some(negative)) = (x.as_constants(), is_negative.as_constants()) {
        let data = x_data.iter().zip(negative).map(|(x, negative)| x + depth * negative).collect();
        return Ok(Tensor::constants(x.shape.clone(), data).of_kind(Kind::Integer));
    }
    let (left, right) = (layers.rows(node, x)?, layers.rows(node, &is_negative)?);
    let rows: Vec<Row> = left.iter().zip(&right).map(|(x, negative)| x.plus_scaled(negative, depth)).collect();
    Ok(Tensor::new(x.shape.clone(), rows).with_trail(x.trail.clone()).of_kind(Kind::Integer))
}
