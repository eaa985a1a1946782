//! Nodes that are functions of one variable, from the model file.

use std::sync::Arc;

use super::logistic::reciprocal;
use super::table::Elementwise;
use crate::import::domain::ONNX;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::activation::dyadic;
use crate::model::{Activation, Dyadic};
use crate::operators::log_sum_exp;

/// A function of each element.
pub(in crate::operators) fn elementwise(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let function = match node.proto.op_type.as_str() {
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Erf" => Activation::Erf,
        "Exp" => {
            if let Some(probabilities) = log_sum_exp::exponentials(node, layers, node.tensor(0)?)? {
                return Ok(probabilities.into());
            }
            Activation::Exp
        }
        "Sqrt" => Activation::Sqrt,
        "Reciprocal" => return reciprocal(node, layers, node.tensor(0)?).map(Value::from),
        "Softplus" => Activation::Softplus,
        "HardSwish" => Activation::HardSwish,
        "Log" => Activation::Log,
        "Mish" => Activation::Mish,
        "Softsign" => Activation::Softsign,
        "Sin" => Activation::Sin,
        "Cos" => Activation::Cos,
        "Tan" => Activation::Tan,
        "Asin" => Activation::Asin,
        "Acos" => Activation::Acos,
        "Atan" => Activation::Atan,
        "Sinh" => Activation::Sinh,
        "Cosh" => Activation::Cosh,
        "Asinh" => Activation::Asinh,
        "Acosh" => Activation::Acosh,
        "Atanh" => Activation::Atanh,
        "ThresholdedRelu" => Activation::ThresholdedRelu { alpha: fraction(node, "alpha", 1.0)? },
        "Shrink" => {
            Activation::Shrink { lambda: fraction(node, "lambd", 0.5)?, bias: fraction(node, "bias", 0.0)? }
        }
        "Selu" => Activation::Selu {
            alpha: fraction(node, "alpha", 1.673_263_2)?,
            gamma: fraction(node, "gamma", 1.050_701)?,
        },
        "Celu" => match fraction(node, "alpha", 1.0)? {
            alpha if alpha.mantissa > 0 => Activation::Celu { alpha },
            _ => return Err(node.bad_attribute("alpha", "0 or less".into(), "a positive number")),
        },
        "Swish" => return swish(node, layers).map(Value::from),
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
    apply(node, node.tensor(0)?, layers, function).map(Value::from)
}

/// An attribute of a function, as a fraction with a power of two below.
fn fraction(node: &Node<'_>, attribute: &'static str, default: f32) -> Result<Dyadic, Refusal> {
    let value = node.float(attribute, default)?;
    dyadic(value)
        .ok_or_else(|| node.bad_attribute(attribute, value.to_string(), "a number between 2^-39 and 2^31"))
}

/// `x / (1 + e^(-alpha x))`, which is the SiLU of `alpha x` over alpha.
fn swish(node: &Node<'_>, layers: &mut Layers) -> Result<Tensor, Refusal> {
    let (x, alpha) = (node.tensor(0)?, node.float("alpha", 1.0)?);
    if alpha == 0.0 {
        return layers.affine(node, x, |_| Some((0.5, 0.0)));
    }
    let argument = layers.affine(node, x, |_| Some((alpha, 0.0)))?;
    let result = apply(node, &argument, layers, Activation::Silu)?;
    layers.affine(node, &result, |_| Some((1.0 / alpha, 0.0)))
}

/// Ends a layer with a function of each element.
pub(in crate::operators) fn apply(
    node: &Node<'_>,
    x: &Tensor,
    layers: &mut Layers,
    function: Activation,
) -> Result<Tensor, Refusal> {
    layers.apply(node, Arc::new(Elementwise { function, len: x.len() }), &[x], x.shape.clone())
}
