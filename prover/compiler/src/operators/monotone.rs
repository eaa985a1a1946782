//! Thresholds of rising functions: `sigmoid(z) > c` says `z > ln(c / (1 - c))`, and `clip(z) > c` that `z > c`. So decisions on what a function
//! gives are decisions on what it takes, which no table rounds.

use super::function::Elementwise;
use crate::elementary::exp;
use crate::elementary::logarithm::{atanh, ln};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Tensor;
use crate::model::{Activation, LayerFunction, Row};

/// Functions of functions that are seen through, in all.
const MOST: usize = 16;

/// What an element is a rising function of: a row of a layer, times a sign, and the threshold of that.
struct Inner {
    layer: usize,
    row: usize,
    sign: f64,
    threshold: f64,
}

/// What `x` is a rising function of, and the thresholds of that; `None` where it is none, or has no such values.
pub(super) fn undone(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    thresholds: &[f64],
) -> Result<Option<(Tensor, Vec<f64>)>, Refusal> {
    let mut found: Option<(Tensor, Vec<f64>)> = None;
    for _ in 0..MOST {
        let (x, thresholds) = match &found {
            Some((x, thresholds)) => (x, thresholds.as_slice()),
            None => (x, thresholds),
        };
        let Some(rows) = x.as_rows() else { break };
        let each = rows.iter().zip(thresholds).map(|(row, &c)| one(layers, row, c));
        let Some(all) = each.collect::<Option<Vec<Inner>>>() else { break };
        let map = |inner: &Inner| layers.layer(inner.layer).map(|layer| &layer.map);
        let terms = all.iter().map(|inner| 1 + map(inner).map_or(0, |map| map.row_terms(inner.row))).sum();
        // Too many to be written out: what the function gives is compared.
        if !layers.affords(terms) {
            break;
        }
        let row = |inner: &Inner| Some(map(inner)?.row(inner.row).scaled(inner.sign, 0.0));
        let rows = node.expected(all.iter().map(row).collect::<Option<Vec<Row>>>())?;
        let thresholds = all.iter().map(|inner| inner.threshold).collect();
        layers.spend_terms(node, terms as u128)?;
        found = Some((Tensor::new(x.shape.clone(), rows).with_trail(x.trail.clone()), thresholds));
    }
    Ok(found)
}

fn one(layers: &Layers, row: &Row, c: f64) -> Option<Inner> {
    let &[(atom, factor)] = row.terms.as_slice() else { return None };
    let (position, element) = layers.maker(atom)?;
    let layer = layers.layer(position).filter(|layer| layer.pool.is_none())?;
    let of_atom = (c - row.bias) / factor;
    let inner = match &layer.function {
        &LayerFunction::Clip { low, high } => {
            (low.is_none_or(|low| low < of_atom) && high.is_none_or(|high| of_atom < high)).then_some(of_atom)
        }
        LayerFunction::Operator(operator) => {
            inverse(operator.as_any().downcast_ref::<Elementwise>()?.function, of_atom)
        }
        _ => None,
    };
    // Falling where the factor is negative, as both sides of the relation are then.
    let sign = factor.signum();
    let inner = inner.filter(|inner| inner.is_finite() && factor != 0.0)?;
    Some(Inner { layer: position, row: element, sign, threshold: sign * inner })
}

/// Where a rising function has a value, if it is one.
fn inverse(function: Activation, y: f64) -> Option<f64> {
    match function {
        Activation::Sigmoid if y > 0.0 && y < 1.0 => Some(ln(y / (1.0 - y))),
        Activation::Tanh if y > -1.0 && y < 1.0 => Some(atanh(y)),
        Activation::Exp if y > 0.0 => Some(ln(y)),
        Activation::Log => Some(exp(y)),
        Activation::Sqrt if y > 0.0 => Some(y * y),
        Activation::Softplus if y > 0.0 => Some(y + ln(1.0 - exp(-y))),
        _ => None,
    }
}
