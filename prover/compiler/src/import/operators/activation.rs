//! Operators that end a layer: Relu, Clip and ArgMax.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::tensor::check_size;
use crate::import::value::Value;
use crate::model::Function;

/// `max(x, 0)`.
pub(super) fn relu(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    layers.clip(node, node.real(0)?, Some(0.0), None).map(Value::Real)
}

/// `min(max(x, min), max)`; the bounds are attributes before operator set 11 and operands since.
pub(super) fn clip(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
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
    let x = node.real(0)?;
    if low.is_none() && high.is_none() {
        return Ok(Value::Real(x.clone()));
    }
    layers.clip(node, x, low, high).map(Value::Real)
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

/// Index of the maximum along `axis`; of equal elements the first.
pub(super) fn argmax(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.real(0)?;
    if node.int("select_last_index", 0)? != 0 {
        return Err(node.bad_attribute("select_last_index", "1".into(), "0"));
    }
    let keep = match node.int("keepdims", 1)? {
        0 => false,
        1 => true,
        other => return Err(node.bad_attribute("keepdims", other.to_string(), "0 or 1")),
    };
    let axis = node.axis(node.int("axis", 0)?, &x.shape, x.shape.len())?;
    let product = |dims: &[usize]| dims.iter().product::<usize>();
    let (before, behind) = x.shape.split_at(axis);
    let [length, behind @ ..] = behind else { return Err(node.mismatch(&x.shape, &[])) };
    if *length == 0 {
        return Err(node.mismatch(&x.shape, &[]));
    }
    let function = Function::ArgMax { outer: product(before), length: *length, inner: product(behind) };
    let mut shape = before.to_vec();
    if keep {
        shape.push(1);
    }
    shape.extend_from_slice(behind);
    check_size(&shape, || node.name.to_string())?;
    layers.push(node, x, function, shape).map(Value::Index)
}
