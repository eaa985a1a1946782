//! Pow by constants: whole exponents are products, which may be of either sign; others are functions, whose tables are correctly rounded.

use super::broadcast::{common_shape, repeated};
use super::family::{Family, OnnxOperator};
use super::{function, product};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::Activation;
use crate::model::activation::dyadic;

/// The largest exponent that is made of products.
const MAX_EXPONENT: u32 = 16;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Powers",
    cost: "a product and a rounding for each squaring and each further factor; a table where the exponent is no whole number from 1 to 16",
    operators: &[OnnxOperator::onnx("Pow", import)
        .remarks("by one constant; one that is not whole gives 0 for negative values")],
    integers: &[],
};

/// `x` to a constant power.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (x, exponent) = (node.tensor(0)?, node.tensor(1)?);
    let (shape, elements) = common_shape(node, layers, &[x, exponent])?;
    let exponents = exponent.as_constants().ok_or_else(|| node.not_constant(1))?;
    let base = repeated(node, layers, x, &shape, elements)?;
    if let Some(bases) = base.as_constants() {
        let exponents = repeated(node, layers, exponent, &shape, elements)?;
        let exponents = exponents.as_constants().ok_or_else(|| node.not_constant(1))?;
        let powers = bases.iter().zip(exponents).map(|(x, p)| x.powf(*p)).collect();
        return Ok(Tensor::constants(shape, powers).of_kind(x.kind).into());
    }
    let wrong = |value: String| node.bad_attribute("exponent", value, "one constant between 2^-39 and 2^31");
    let (Some(&exponent), true) =
        (exponents.first(), exponents.windows(2).all(|pair| pair.first() == pair.last()))
    else {
        return Err(wrong(format!("{} different values", exponents.len())));
    };
    let power = match exponent {
        0.0 => Tensor::constants(shape, vec![1.0; elements]),
        -1.0 => function::apply(node, &base, layers, Activation::Reciprocal)?,
        0.5 => function::apply(node, &base, layers, Activation::Sqrt)?,
        whole if whole.fract() == 0.0 && (1.0..=f64::from(MAX_EXPONENT)).contains(&whole) => {
            by_squaring(node, layers, &base, whole as u32)?
        }
        other => match dyadic(other) {
            Some(exponent) => function::apply(node, &base, layers, Activation::Power { exponent })?,
            None => return Err(wrong(other.to_string())),
        },
    };
    Ok(power.of_kind(x.kind).into())
}

/// `x` to a whole power of at least 1, from the highest bit of the exponent down.
fn by_squaring(node: &Node<'_>, layers: &mut Layers, x: &Tensor, exponent: u32) -> Result<Tensor, Refusal> {
    let mut power = x.clone();
    for bit in (0..exponent.max(1).ilog2()).rev() {
        power = product::elementwise(node, layers, &power, &power.clone())?;
        if exponent >> bit & 1 == 1 {
            power = product::elementwise(node, layers, &power, x)?;
        }
    }
    Ok(power)
}
