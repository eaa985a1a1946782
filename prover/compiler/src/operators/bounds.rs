//! Bounds of the elements of a tensor.

use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Tensor;
use crate::model::{Layer, LayerFunction};

/// The elements within bounds; of what knows how to give no others, by itself.
pub(super) fn clipped(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    low: Option<f64>,
    high: Option<f64>,
) -> Result<Tensor, Refusal> {
    let owner = layers.owner(x).and_then(|position| layers.layer(position));
    let bounded = owner.and_then(|layer| Some((layer, layer.function.operator()?.clipped(low, high)?)));
    let Some((layer, operator)) = bounded else { return layers.clip(node, x, low, high) };
    let name = format!("{} + {}", layer.name, node.name.name);
    let layer = Layer { name, function: LayerFunction::Operator(operator), ..layer.clone() };
    layers.push_layer(layer, x.shape.clone())
}
