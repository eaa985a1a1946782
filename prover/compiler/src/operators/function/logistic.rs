//! Reciprocals. Exporters write the logistic function as `1 / (1 + e^z)`; taken for a sum and a reciprocal, its error would be that
//! of the reciprocal of a rounded power. With `c, d > 0`:
//!
//! ```text
//! 1 / (c + d e^z) = sigmoid(-(z + ln(d / c))) / c
//! ```

use std::sync::Arc;

use super::table::Elementwise;
use crate::elementary::logarithm::ln;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Tensor;
use crate::model::{Activation, Map, Row};

/// `1 / x`.
pub(in crate::operators) fn reciprocal(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
) -> Result<Tensor, Refusal> {
    match logistic(node, layers, x)? {
        Some(values) => Ok(values),
        None => apply(node, layers, x, Activation::Reciprocal),
    }
}

/// `1 / x`, if it is a logistic function.
pub(in crate::operators) fn logistic(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
) -> Result<Option<Tensor>, Refusal> {
    let Some(sums) = sums(layers, x) else { return Ok(None) };
    let mut rows: Vec<Row> = Vec::with_capacity(sums.len());
    for &Sum { constant, factor, layer, element } in &sums {
        let map = Arc::clone(&node.expected(layers.layer(layer))?.map);
        let terms = match map.as_ref() {
            Map::Rows(rows) => node.expected(rows.get(element))?.terms.len(),
            map => map.terms() / map.rows().max(1),
        };
        layers.spend_terms(node, terms as u128)?;
        rows.push(map.row(element).scaled(-1.0, -ln(factor / constant)));
    }
    let argument = Tensor::new(x.shape.clone(), rows);
    let values = apply(node, layers, &argument, Activation::Sigmoid)?;
    layers.affine(node, &values, |i| Some((1.0 / sums.get(i)?.constant, 0.0))).map(Some)
}

/// `constant + factor e^z`, `z` a row of a layer.
struct Sum {
    constant: f64,
    factor: f64,
    layer: usize,
    element: usize,
}

/// The elements as such sums, if all are.
fn sums(layers: &Layers, x: &Tensor) -> Option<Vec<Sum>> {
    let selection = x.selection()?;
    let each = selection.atoms.iter().zip(selection.factors.iter().zip(&selection.offsets));
    let sum = |(atom, (&factor, &constant)): (&Option<u32>, (&f64, &f64))| {
        let (layer, element) = layers.maker((*atom)?)?;
        let made = layers.layer(layer)?;
        let is_power = made.pool.is_none()
            && matches!(
                made.function.operator()?.as_any().downcast_ref(),
                Some(Elementwise { function: Activation::Exp, .. })
            );
        (is_power && factor > 0.0 && constant > 0.0).then_some(Sum { constant, factor, layer, element })
    };
    each.map(sum).collect()
}

fn apply(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    function: Activation,
) -> Result<Tensor, Refusal> {
    layers.apply(node, Arc::new(Elementwise { function, len: x.len() }), &[x], x.shape.clone())
}
