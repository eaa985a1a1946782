//! Neg: an affine map, which folds into the layer that reads it.

use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Step;
use crate::import::value::Value;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Negation",
    cost: "nothing",
    operators: &[OnnxOperator::onnx("Neg", import).folded()],
    integers: &[],
};

/// `-x`.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    Ok(layers.step(node, x, |_| Some(Step::Times(-1.0)))?.of_kind(x.kind).into())
}
