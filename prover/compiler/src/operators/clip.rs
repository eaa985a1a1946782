//! Relu and Clip: bounds of a requantization, which costs nothing more for them.

use super::bounds::clipped;
use super::call::call;
use super::extremum;
use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Clipping",
    cost: "one or two signs with their ranges an element, in the rounding",
    operators: &[OnnxOperator::onnx("Relu", relu), OnnxOperator::onnx("Clip", clip)],
    integers: &[],
};

/// `max(x, 0)`.
fn relu(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    layers.clip(node, node.tensor(0)?, Some(0.0), None).map(Value::from)
}

/// `min(max(x, min), max)`; the bounds are attributes before operator set 11 and operands since.
fn clip(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let (low, high) = if node.opset < 11 {
        node.arity(1..=1, "1")?;
        (node.optional_float("min")?, node.optional_float("max")?)
    } else {
        node.arity(1..=3, "1 to 3")?;
        (bound(node, 1)?, bound(node, 2)?)
    };
    // Exporters write "no bound" as the largest float.
    let limit = f64::from(f32::MAX);
    let low = low.filter(|&low| low > -limit);
    let high = high.filter(|&high| high < limit);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        return Err(node.bad_attribute("min", low.to_string(), "a value of at most max"));
    }
    let x = node.tensor(0)?;
    if low.is_none() && high.is_none() {
        return Ok(Value::from(x.clone()));
    }
    if x.kind == Kind::Integer {
        return integers(node, layers, x, low, high).map(Value::from);
    }
    clipped(node, layers, x, low, high).map(Value::from)
}

/// Integers stay what they are, which no rounding to a format of their own may change: they may be indices.
fn integers(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    low: Option<f64>,
    high: Option<f64>,
) -> Result<Tensor, Refusal> {
    let mut clipped = x.clone();
    for (operator, bound) in [("Max", low), ("Min", high)] {
        if let Some(bound) = bound {
            let bound = Tensor::constants(Vec::new(), vec![bound]).of_kind(Kind::Integer);
            clipped = call(node, layers, (&extremum::FAMILY, operator), &[&clipped, &bound], &[])?;
        }
    }
    Ok(clipped)
}

fn bound(node: &Node<'_>, position: usize) -> Result<Option<f64>, Refusal> {
    if node.operand(position).is_none() {
        return Ok(None);
    }
    let (shape, data) = node.constant(position)?;
    match data.as_slice() {
        &[value] => Ok(Some(value)),
        _ => Err(Refusal::Rank {
            node: node.name.clone(),
            shape: shape.as_slice().into(),
            allowed: "0 (a scalar)",
        }),
    }
}

