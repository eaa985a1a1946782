//! DequantizeLinear: integers as the numbers that they stand for, `(x - zero point) * scale`, by tensor, along an axis or in blocks.
//! Of constants it is constants, of integer inputs an affine map.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};

/// Which element of scales and zero points belongs to an element.
pub(super) enum Steps {
    One,
    /// Elements of the axis and behind it; elements behind it.
    Axis {
        len: usize,
        inner: usize,
    },
    /// As [`Steps::Axis`], with a step for each block along the axis.
    Blocks {
        len: usize,
        inner: usize,
        block: usize,
    },
}

impl Steps {
    pub fn of(&self, at: usize) -> Option<usize> {
        match *self {
            Steps::One => Some(0),
            Steps::Axis { len, inner } => at.checked_div(inner)?.checked_rem(len),
            Steps::Blocks { len, inner, block } => {
                let (outer, place) = (at.checked_div(len * inner)?, at.checked_div(inner)?.checked_rem(len)?);
                let blocks = len.div_ceil(block);
                Some((outer * blocks + place.checked_div(block)?) * inner + at.checked_rem(inner)?)
            }
        }
    }
}

/// Refuses variables at scales of half precision, which other engines round to it.
fn single(node: &Node<'_>, x: &Tensor) -> Result<(), Refusal> {
    if x.is_constant() || node.int("half_precision", 0)? == 0 {
        return Ok(());
    }
    let allowed = "of single precision: convert the model to float32, then quantize it";
    Err(node.bad_attribute("scale", "of half precision".into(), allowed))
}

/// What QuantizeLinear and DequantizeLinear have alike.
pub(super) struct Parameters<'n> {
    pub x: &'n Tensor,
    pub scales: Vec<f64>,
    /// As many as scales.
    pub zeros: Vec<f64>,
    /// Which of them each element has.
    pub steps: Steps,
}

/// Reads them: `x`, its scales, and their zero points, which are zero where there are none.
pub(super) fn parameters<'n>(node: &'n Node<'_>) -> Result<Parameters<'n>, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let x = node.tensor(0)?;
    single(node, x)?;
    let (dims, scales) = node.constant(1)?;
    let zeros = match node.operand(2) {
        Some(_) => node.constant(2)?.1,
        None => vec![0.0; scales.len()],
    };
    if zeros.len() != scales.len() {
        return Err(node.mismatch(&dims, &[zeros.len()]));
    }
    let steps = steps(node, x, &dims)?;
    Ok(Parameters { x, scales, zeros, steps })
}

/// DequantizeLinear.
pub(super) fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let Parameters { x, scales, zeros, steps } = parameters(node)?;
    let pair = |at: usize| {
        let step = steps.of(at)?;
        let (scale, zero) = (*scales.get(step)?, *zeros.get(step)?);
        Some((scale, -zero * scale))
    };
    Ok(layers.affine(node, x, pair)?.of_kind(Kind::Real).into())
}

/// How scales and zero points of these dimensions lie along the elements of `x`.
fn steps(node: &Node<'_>, x: &Tensor, dims: &[usize]) -> Result<Steps, Refusal> {
    if matches!(dims, [] | [1]) {
        return Ok(Steps::One);
    }
    let axis = node.axis(node.int("axis", 1)?, &x.shape, x.shape.len())?;
    let (before, behind) = x.shape.split_at(axis);
    let [len, rest @ ..] = behind else { return Err(node.mismatch(&x.shape, dims)) };
    let (len, inner) = (*len, rest.iter().fold(1usize, |inner, &size| inner.saturating_mul(size)));
    if dims == [len] {
        return Ok(Steps::Axis { len, inner });
    }
    let size = node.int("block_size", 0)?;
    let allowed = "the elements of the axis that share a scale";
    let block = usize::try_from(size).ok().filter(|&size| size > 0);
    let block = block.ok_or_else(|| node.bad_attribute("block_size", size.to_string(), allowed))?;
    if dims != [before, &[len.div_ceil(block)], rest].concat() {
        return Err(node.mismatch(&x.shape, dims));
    }
    Ok(Steps::Blocks { len, inner, block })
}
