//! PRelu: `x` where positive, else `slope * x`, with fixed slopes: `slope * x + (1 - slope) * max(x, 0)`, an affine map behind a ReLU.

use super::elementwise::{broadcast, source};
use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value, merged};
use crate::model::Row;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "ReLU with slopes",
    cost: "a ReLU an element",
    operators: &[OnnxOperator::onnx("PRelu", import).remarks("with fixed slopes")],
    integers: &[],
};

fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    let x = &layers.foldable(node.tensor(0)?)?;
    let (of_slopes, slopes) = node.constant(1)?;
    if broadcast(&x.shape, &of_slopes).as_ref() != Some(&x.shape) {
        return Err(node.mismatch(&x.shape, &of_slopes));
    }
    let slope = |element: usize| slopes.get(source(element, &x.shape, &of_slopes)).copied();
    let relu = layers.clip(node, x, Some(0.0), None)?;
    let (rows, positive) = (layers.rows(node, x)?, layers.rows(node, &relu)?);
    let rows = rows.iter().zip(&positive).enumerate().map(|(element, (row, positive))| {
        let slope = slope(element)?;
        Some(row.scaled(slope, 0.0).plus_scaled(positive, 1.0 - slope))
    });
    let rows = node.expected(rows.collect::<Option<Vec<Row>>>())?;
    let trail = merged([&x.trail, &relu.trail].into_iter());
    Ok(Tensor::new(x.shape.clone(), rows).with_trail(trail).into())
}
