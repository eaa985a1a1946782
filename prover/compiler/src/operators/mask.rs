//! What stands for a mask until a softmax reads it, and where else there are infinite numbers.

use std::any::Any;
use std::sync::Arc;

use super::operator::{Argument, Formats, IntegerOperator, Operator, Takes};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{INFINITY, Tensor};
use crate::model::{Layer, Map, Row};
use crate::quantize::error::{Feasible, PlanError};

/// Factors and differences that no model computes with: those of the least float and of `-inf`.
pub(super) const BOUNDLESS: f64 = 1e30;

/// `-inf` of each element that is not zero: what a layer of this is added to is masked. No circuit has it; a softmax sees through it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask {
    pub len: usize,
}

impl Operator for Mask {
    fn name(&self) -> &'static str {
        "mask of -inf"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len, takes: Takes::Exact }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        x.iter().map(|&x| if x == 0.0 { 0.0 } else { -INFINITY }).collect()
    }

    fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        None.feasible()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `x` times constants of which some are beyond all that models compute with, `(1 - mask) * -3.4e38`; `None` where none is.
pub(super) fn scaled(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    factors: &[f64],
) -> Result<Option<Tensor>, Refusal> {
    if x.is_constant() || !factors.iter().any(|factor| factor.abs() >= BOUNDLESS) {
        return Ok(None);
    }
    let rows = layers.rows(node, x)?;
    let parts = rows.into_iter().zip(factors).map(|(row, &factor)| match factor.abs() >= BOUNDLESS {
        true => (row.scaled(-factor.signum(), 0.0), Row::constant(0.0)),
        false => (Row::default(), row.scaled(factor, 0.0)),
    });
    let (what, others): (Vec<Row>, Vec<Row>) = parts.unzip();
    hidden(node, layers, what, others, x.shape.clone()).map(Some)
}

/// Whether some constants are further from each other than those that models compute with.
pub(super) fn is_masking(x: &[f64], y: &[f64]) -> bool {
    x.iter().zip(y).any(|(x, y)| (x - y).abs() >= BOUNDLESS)
}

/// `condition ? x : y` of truth values and constants: where these are as far from each other, the larger one, or that masked.
pub(super) fn between(
    node: &Node<'_>,
    layers: &mut Layers,
    condition: &Tensor,
    (x, y): (&[f64], &[f64]),
) -> Result<Tensor, Refusal> {
    let rows = layers.rows(node, condition)?;
    let parts = rows.into_iter().zip(x.iter().zip(y)).map(|(row, (&x, &y))| match x - y {
        far if far >= BOUNDLESS => (row.scaled(-1.0, 1.0), Row::constant(x)),
        far if far <= -BOUNDLESS => (row, Row::constant(y)),
        near => (Row::default(), row.scaled(near, y)),
    });
    let (what, others): (Vec<Row>, Vec<Row>) = parts.unzip();
    hidden(node, layers, what, others, condition.shape.clone())
}

/// `others`, and `-inf` where `what` is not zero.
fn hidden(
    node: &Node<'_>,
    layers: &mut Layers,
    what: Vec<Row>,
    others: Vec<Row>,
    shape: Vec<usize>,
) -> Result<Tensor, Refusal> {
    let len = what.len();
    let what = Tensor::new(vec![len], what);
    if what.is_constant() {
        return Ok(Tensor::new(shape, others));
    }
    let masks = layers.apply(node, Arc::new(Mask { len }), &[&what], vec![len])?.rows();
    let sums = masks.iter().zip(&others).map(|(mask, row)| row.plus_scaled(mask, 1.0));
    Ok(Tensor::new(shape, sums.collect()))
}

/// Refuses numbers that are infinite, in a layer that a circuit would have.
pub(crate) fn check(layers: &[Layer]) -> Result<(), Refusal> {
    let is_infinite = |value: &f64| value.abs() >= INFINITY / 2.0;
    let has_infinite = |layer: &&Layer| {
        let is_mask = layer.function.operator().is_some_and(|operator| operator.as_any().is::<Mask>());
        is_mask
            || match layer.map.as_ref() {
                Map::Rows(rows) => rows.iter().any(|row| {
                    is_infinite(&row.bias) || row.terms.iter().any(|(_, factor)| is_infinite(factor))
                }),
                Map::Dense(map) => map.w.iter().chain(&map.bias).any(is_infinite),
                Map::Convolution(map) => map.w.iter().chain(&map.bias).any(is_infinite),
            }
    };
    match layers.iter().find(has_infinite) {
        None => Ok(()),
        Some(layer) => Err(Refusal::Infinite { layer: layer.name.clone() }),
    }
}
