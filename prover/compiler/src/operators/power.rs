//! Pow by constants: whole exponents up to 16 are products, others are functions of one variable.

use super::broadcast::{common_shape, joined, rearranged, repeated, sources};
use super::family::{Family, OnnxOperator};
use super::{function, product};
use crate::elementary::logarithm::ln;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Activation;
use crate::model::activation::{dyadic, nearest};

/// The largest exponent that is made of products.
const MAX_EXPONENT: u32 = 16;
/// Different exponents of one node, at most.
const MAX_EXPONENTS: usize = 64;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Powers",
    cost: "a product and a rounding for each squaring and each further factor of a whole exponent up to 16; else a table",
    operators: &[OnnxOperator::onnx("Pow", import).remarks("by constants; by variables, of values that are positive on the calibration data")],
    integers: &[],
};

/// `x` to a constant power.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let (x, exponent) = (node.tensor(0)?, node.tensor(1)?);
    let (shape, elements) = common_shape(node, layers, &[x, exponent])?;
    let base = repeated(node, layers, x, &shape, elements)?;
    let Some(exponents) = exponent.as_constants() else {
        return of_variable(node, layers, &base, exponent);
    };
    let of_elements: Vec<f64> = node.expected(
        sources(&shape, elements, exponent).map(|at| exponents.get(at).copied()).collect::<Option<_>>(),
    )?;
    let mut distinct = of_elements.clone();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() > MAX_EXPONENTS {
        let value = format!("{} different numbers", distinct.len());
        return Err(node.bad_attribute("exponent", value, "at most 64 different ones"));
    }
    if let &[exponent] = distinct.as_slice() {
        return Ok(of_one(node, layers, &base, exponent)?.of_kind(x.kind).into());
    }
    // The elements of each exponent together, and back in their places.
    let (mut powers, mut order) = (Vec::with_capacity(distinct.len()), vec![0; elements]);
    let mut taken = 0;
    for &exponent in &distinct {
        let places = || (0..elements).filter(|&i| of_elements.get(i) == Some(&exponent));
        let bases = rearranged(node, layers, &base, vec![places().count()], places())?;
        for place in places() {
            *node.expected(order.get_mut(place))? = taken;
            taken += 1;
        }
        powers.push(of_one(node, layers, &bases, exponent)?);
    }
    let all = joined(node, layers, &powers.iter().collect::<Vec<_>>())?;
    Ok(rearranged(node, layers, &all, shape, order.into_iter())?.of_kind(x.kind).into())
}

/// Positive numbers to powers that vary: `b^y = e^(y ln b)`.
fn of_variable(
    node: &Node<'_>,
    layers: &mut Layers,
    base: &Tensor,
    exponent: &Tensor,
) -> Result<Value, Refusal> {
    if base.kind == Kind::Integer {
        return Err(node.not_constant(1));
    }
    let Some(bases) = base.as_constants() else {
        let exponent = repeated(node, layers, exponent, &base.shape, base.len())?;
        let logarithm = function::apply(node, base, layers, Activation::Log)?;
        let argument = product::elementwise(node, layers, &exponent, &logarithm)?;
        return function::apply(node, &argument, layers, Activation::Exp).map(Value::from);
    };
    if let Some(base) = bases.iter().find(|&&base| base <= 0.0) {
        return Err(node.bad_attribute("base", base.to_string(), "positive numbers, where the exponent varies"));
    }
    let exponent = repeated(node, layers, exponent, &base.shape, bases.len())?;
    let argument = layers.affine(node, &exponent, |i| Some((ln(*bases.get(i)?), 0.0)))?;
    function::apply(node, &argument, layers, Activation::Exp).map(Value::from)
}

/// `x` to one constant power.
fn of_one(node: &Node<'_>, layers: &mut Layers, x: &Tensor, exponent: f64) -> Result<Tensor, Refusal> {
    // The result has the type of x, which cuts fractions off.
    if x.kind == Kind::Integer && (exponent < 0.0 || exponent.fract() != 0.0) {
        let allowed = "of whole numbers, a whole number that is not negative; or cast them to floats";
        return Err(node.bad_attribute("exponent", exponent.to_string(), allowed));
    }
    match exponent {
        0.0 => Ok(Tensor::constants(x.shape.clone(), vec![1.0; x.len()])),
        -1.0 => function::reciprocal(node, layers, x),
        0.5 => function::apply(node, x, layers, Activation::Sqrt),
        -0.5 => function::apply(node, x, layers, Activation::InverseSqrt),
        whole if whole.fract() == 0.0 && (1.0..=f64::from(MAX_EXPONENT)).contains(&whole) => {
            by_squaring(node, layers, x, whole as u32)
        }
        other => {
            let exponent = dyadic(other).or_else(|| nearest(other));
            let refused = || node.bad_attribute("exponent", other.to_string(), "a number below 2^31");
            let exponent = exponent.ok_or_else(refused)?;
            function::apply(node, x, layers, Activation::Power { exponent })
        }
    }
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
