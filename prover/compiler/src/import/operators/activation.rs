//! Operators that end a layer: Relu, Clip, the functions of one variable, Softmax, LayerNormalization and ArgMax.

use crate::import::domain::ONNX;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::activation::{self, dyadic};
use crate::model::{Activation, Dyadic, Groups, LayerFunction};

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

/// A function of each element.
pub(super) fn elementwise(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let function = match node.proto.op_type.as_str() {
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Erf" => Activation::Erf,
        "Exp" => Activation::Exp,
        "Sqrt" => Activation::Sqrt,
        "Reciprocal" => Activation::Reciprocal,
        "Softplus" => Activation::Softplus,
        "HardSwish" => Activation::HardSwish,
        "Gelu" => match node.text("approximate")?.as_deref() {
            None | Some("none") => Activation::Gelu,
            Some("tanh") => Activation::GeluTanh,
            Some(other) => {
                return Err(node.bad_attribute("approximate", other.into(), "none or tanh"));
            }
        },
        "LeakyRelu" => Activation::LeakyRelu { slope: fraction(node, "alpha", 0.01)? },
        "Elu" => Activation::Elu { alpha: fraction(node, "alpha", 1.0)? },
        "HardSigmoid" => Activation::HardSigmoid {
            alpha: fraction(node, "alpha", 0.2)?,
            beta: fraction(node, "beta", 0.5)?,
        },
        _ => return Err(Refusal::Operator { node: node.name.clone(), domain: ONNX.into() }),
    };
    apply(node, node.real(0)?, layers, function).map(Value::Real)
}

/// An attribute of a function, as a fraction with a power of two below.
fn fraction(node: &Node<'_>, attribute: &'static str, default: f32) -> Result<Dyadic, Refusal> {
    let value = node.float(attribute, default)?;
    dyadic(value)
        .ok_or_else(|| node.bad_attribute(attribute, value.to_string(), "a number between 2^-39 and 2^31"))
}

/// Ends a layer with a function of each element.
pub(super) fn apply(
    node: &Node<'_>,
    x: &Tensor,
    layers: &mut Layers,
    function: Activation,
) -> Result<Tensor, Refusal> {
    match x.as_constants() {
        Some(data) => {
            let values = data.iter().map(|&value| activation::apply(function, value)).collect();
            Ok(Tensor::constants(x.shape.clone(), values))
        }
        None => layers.push(node, x, LayerFunction::Elementwise(function), x.shape.clone()),
    }
}

/// Probabilities along `axis`; before operator set 13 over all dimensions from `axis` on.
pub(super) fn softmax(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.real(0)?;
    let (axis, default) = (node.optional_int("axis")?, if node.opset < 13 { 1 } else { -1 });
    let axis = node.axis(axis.unwrap_or(default), &x.shape, x.shape.len())?;
    let mut groups = groups(node, x, axis)?;
    if node.opset < 13 {
        groups = Groups { outer: groups.outer, length: groups.length * groups.inner, inner: 1 };
    }
    layers.push(node, x, LayerFunction::Softmax(groups), x.shape.clone()).map(Value::Real)
}

/// `scale · (x - mean) / sqrt(variance + epsilon) + bias` over the last dimension.
pub(super) fn layer_normalization(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let x = node.real(0)?;
    let axis = node.axis(node.int("axis", -1)?, &x.shape, x.shape.len())?;
    if axis + 1 != x.shape.len() {
        return Err(node.bad_attribute("axis", axis.to_string(), "the last dimension"));
    }
    let groups = groups(node, x, axis)?;
    let epsilon = node.float("epsilon", 1e-5)?;
    if epsilon < 0.0 {
        return Err(node.bad_attribute("epsilon", epsilon.to_string(), "a number that is not negative"));
    }
    let parameter = |position| -> Result<Option<Vec<f64>>, Refusal> {
        if node.operand(position).is_none() {
            return Ok(None);
        }
        let (shape, data) = node.constant(position)?;
        if data.len() == groups.length { Ok(Some(data)) } else { Err(node.mismatch(&x.shape, &shape)) }
    };
    let (scale, bias) = (parameter(1)?, parameter(2)?);
    let normalized = layers.push(node, x, LayerFunction::LayerNorm { groups, epsilon }, x.shape.clone())?;
    let of = |list: &Option<Vec<f64>>, i: usize, neutral| {
        list.as_ref().map_or(Some(neutral), |list| list.get(i % groups.length).copied())
    };
    layers.affine(node, &normalized, |i| of(&scale, i, 1.0).zip(of(&bias, i, 0.0))).map(Value::Real)
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
    let function = LayerFunction::ArgMax(groups(node, x, axis)?);
    let (before, behind) = x.shape.split_at(axis);
    let mut shape = before.to_vec();
    if keep {
        shape.push(1);
    }
    shape.extend(behind.iter().skip(1));
    layers.check_size(node, &shape)?;
    layers.push(node, x, function, shape).map(Value::Index)
}

/// The array around an axis, which must not be empty.
fn groups(node: &Node<'_>, x: &Tensor, axis: usize) -> Result<Groups, Refusal> {
    let product = |dims: &[usize]| dims.iter().product::<usize>();
    let (before, behind) = x.shape.split_at(axis.min(x.shape.len()));
    match behind {
        [length, rest @ ..] if *length > 0 => {
            Ok(Groups { outer: product(before), length: *length, inner: product(rest) })
        }
        _ => Err(node.mismatch(&x.shape, &[])),
    }
}

/// Whether two numbers differ by a fraction of `tolerance` at most.
pub(super) fn is_close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs())
}
