//! Products of two variables that are functions of one: `x · sigmoid(x)` is SiLU, `x · hard_sigmoid(x)` is hard swish,
//! and `x · (1 + erf(x / sqrt(2)))` is twice GELU. Exporters write activations that their operator set lacks this way.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Data, Tensor};
use crate::model::{Activation, Map, Row};

use super::function::{Elementwise, apply};

/// How far a constant of the pattern may be from its exact value: exporters round to single precision.
const TOLERANCE: f64 = 1e-5;

/// The product, if it is one of the patterns in either order; `None` if not.
pub(super) fn product(
    node: &Node<'_>,
    a: &Tensor,
    b: &Tensor,
    layers: &mut Layers,
) -> Result<Option<Tensor>, Refusal> {
    if a.shape != b.shape {
        // Of broadcast shapes each element meets several others: that is no function of one variable.
        return Ok(None);
    }
    for (x, gate) in [(a, b), (b, a)] {
        if let Some((function, inner, outer)) = pattern(x, gate, layers) {
            // x · gate = outer · function(inner · x)
            let argument = layers.affine(node, x, |_| Some((inner, 0.0)))?;
            let result = apply(node, &argument, layers, function)?;
            return layers.affine(node, &result, |_| Some((outer, 0.0))).map(Some);
        }
    }
    Ok(None)
}

/// The function whose argument is `inner · x` and whose result, times `outer`, is `x · gate`.
fn pattern(x: &Tensor, gate: &Tensor, layers: &Layers) -> Option<(Activation, f64, f64)> {
    // The gate is `slope · f(argument) + offset` with one slope and one offset, f a whole layer.
    let selection = gate.selection()?;
    let first = selection.first()?;
    let plain = Tensor::new(vec![], (0..gate.len() as u32).map(|i| Row::atom(first + i)).collect());
    let layer = layers.layer(layers.owner(&plain)?)?;
    let (slope, offset) = (*selection.factors.first()?, *selection.offsets.first()?);
    let uniform = |values: &[f64], value: f64| values.iter().all(|&v| is_close(v, value, TOLERANCE));
    if !(uniform(&selection.factors, slope) && uniform(&selection.offsets, offset)) || layer.pool.is_some() {
        return None;
    }
    let &Elementwise { function, .. } = layer.function.operator()?.as_any().downcast_ref()?;
    let ratio = ratio(x, &layer.map)?;
    match function {
        // x · slope · sigmoid(r x) = slope / r · silu(r x)
        Activation::Sigmoid if offset == 0.0 => Some((Activation::Silu, ratio, slope / ratio)),
        Activation::HardSigmoid { alpha, beta } if offset == 0.0 => {
            let fraction =
                |d: crate::model::Dyadic| d.mantissa as f64 * crate::number::pow2(-(d.shift as i32));
            let fits =
                is_close(fraction(alpha), 1.0 / 6.0, TOLERANCE) && is_close(fraction(beta), 0.5, TOLERANCE);
            fits.then_some((Activation::HardSwish, ratio, slope / ratio))
        }
        // x · slope · (1 + erf(r x)), and gelu(k x) = k x / 2 · (1 + erf(k x / sqrt 2)) with k = r sqrt 2
        Activation::Erf if is_close(slope, offset, TOLERANCE) => {
            let k = ratio * std::f64::consts::SQRT_2;
            let k = if is_close(k, 1.0, TOLERANCE) { 1.0 } else { k };
            Some((Activation::Gelu, k, 2.0 * slope / k))
        }
        _ => None,
    }
}

/// `r` where the argument of the gate is `r · x`, element by element.
fn ratio(x: &Tensor, argument: &Map) -> Option<f64> {
    let Data::Variable(map) = &x.data else { return None };
    if map.rows() != argument.rows() || map.terms() != argument.terms() {
        return None;
    }
    let mut ratio: Option<f64> = None;
    let mut matches = |of_x: f64, of_argument: f64| match (of_x, ratio) {
        (0.0, _) => of_argument == 0.0,
        (of_x, None) => {
            ratio = Some(of_argument / of_x);
            of_argument != 0.0
        }
        (of_x, Some(ratio)) => is_close(of_argument, ratio * of_x, TOLERANCE),
    };
    for row in 0..map.rows() {
        let (left, right) = (map.row(row), argument.row(row));
        let terms = left.terms.iter().zip(&right.terms);
        let same = left.terms.len() == right.terms.len()
            && terms.clone().all(|((a, _), (b, _))| a == b)
            && terms.clone().all(|(&(_, c), &(_, d))| matches(c, d))
            && matches(left.bias, right.bias);
        if !same {
            return None;
        }
    }
    ratio
}

/// Whether two numbers differ by a fraction of `tolerance` at most.
fn is_close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs())
}
