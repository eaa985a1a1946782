//! Constants that stand in the file, and shapes: Constant, Shape and Size.

use std::sync::Arc;

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor;
use crate::import::value::{Kind, Tensor, Value};

/// A constant of the graph: `value`, `value_float(s)`, `value_int(s)` or `value_string(s)`, or stored sparse.
pub(super) fn constant(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(0..=0, "0")?;
    let given = |name: &str| node.proto.attribute.iter().find(|proto| proto.name == name);
    let name = node.proto.output.first().map(String::as_str).unwrap_or_default();
    if let Some(value) = given("value").map(|proto| &proto.t) {
        let absent = || node.bad_attribute("value", "absent".into(), "a tensor");
        return tensor::read(value.as_ref().ok_or_else(absent)?, name);
    }
    if let Some(sparse) = given("sparse_value").and_then(|proto| proto.sparse_tensor.as_ref()) {
        return tensor::read_sparse(sparse, name, |dims| layers.check_size(node, dims).map(drop));
    }
    let (shape, kind, mut data) = if let Some(value) = node.optional_float("value_float")? {
        (vec![], Kind::Real, vec![value])
    } else if let Some(data) = node.floats("value_floats")? {
        (vec![data.len()], Kind::Real, data)
    } else if let Some(value) = node.optional_int("value_int")? {
        (vec![], Kind::Integer, vec![value as f64])
    } else if let Some(data) = node.ints("value_ints")? {
        (vec![data.len()], Kind::Integer, data.into_iter().map(|value| value as f64).collect())
    } else if let Some(text) = node.text("value_string")? {
        return Ok(Value::Strings { shape: vec![], data: Arc::new(vec![text]) });
    } else if let Some(strings) = given("value_strings").map(|proto| &proto.strings) {
        let data: Vec<String> = strings.iter().map(|text| tensor::text_of(text)).collect();
        return Ok(Value::Strings { shape: vec![data.len()], data: Arc::new(data) });
    } else {
        return Err(node.bad_attribute("value", "absent".into(), "a tensor, or numbers or text"));
    };
    tensor::fold_infinite(&shape, &mut data, &node.name.name)?;
    Ok(Tensor::constants(shape, data).of_kind(kind).into())
}

/// The dimensions of the operand, or those from `start` to before `end`, which are cut to the rank.
pub(super) fn shape(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let dims = node.value(0)?.shape();
    let rank = dims.len() as i64;
    let position =
        |axis: i64| (if axis < 0 { axis.saturating_add(rank) } else { axis }).clamp(0, rank) as usize;
    let (start, end) = (position(node.int("start", 0)?), position(node.int("end", rank)?));
    let dims: Vec<f64> = dims.get(start..end).unwrap_or_default().iter().map(|&dim| dim as f64).collect();
    Ok(Tensor::constants(vec![dims.len()], dims).of_kind(Kind::Integer).into())
}

/// The number of elements of the operand.
pub(super) fn size(node: &Node<'_>, _: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let elements: usize = node.value(0)?.shape().iter().product();
    Ok(Tensor::constants(vec![], vec![elements as f64]).of_kind(Kind::Integer).into())
}
