//! Weights as wires of a circuit: which there are, in which order, and how a layer's sums are made of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_circuits::{Bounded, BuildError, Builder, Missing, Weight, at, at_mut, weighted};

use super::{group, groups};
use crate::quantize::graph::QuantGraph;
use crate::quantize::linear::Linear;

/// Weights of a layer that have equally many bits, or such biases: a tensor of the circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tensor {
    pub name: String,
    pub layer: usize,
    pub is_bias: bool,
    pub bits: u8,
    /// Which of the layer's weights, row by row, or of its biases.
    pub positions: Vec<usize>,
}

/// The tensors of all weights, in the order of the wires: layer by layer, weights and then biases, the narrowest first.
pub(crate) fn tensors(graph: &QuantGraph) -> Result<Vec<Tensor>, Missing> {
    let mut tensors = Vec::new();
    for (layer, quantized) in graph.layers.iter().enumerate() {
        let Some(committed) = &quantized.committed else { continue };
        let (mut weights, mut biases) = (BTreeMap::new(), BTreeMap::new());
        let (groups, mut position) = (groups(&quantized.map), 0);
        for row in 0..groups {
            let of_bias: &mut Vec<usize> =
                biases.entry(committed.format(row, groups)?.bias_bits).or_default();
            of_bias.push(row);
            for bits in committed.bits_of(&quantized.map, row)? {
                let of_weight: &mut Vec<usize> = weights.entry(bits).or_default();
                of_weight.push(position);
                position += 1;
            }
        }
        let name = quantized.name.replace('/', ".");
        for (is_bias, what, by_bits) in [(false, "weights", weights), (true, "biases", biases)] {
            for (bits, positions) in by_bits {
                let name = format!("layer {layer} {name}/{what} of {bits} bits");
                tensors.push(Tensor { name, layer, is_bias, bits, positions });
            }
        }
    }
    Ok(tensors)
}

/// The weights of a graph in the order of the circuit's wires.
pub(crate) fn values(graph: &QuantGraph) -> Result<Vec<i64>, Missing> {
    let mut values = Vec::new();
    let each = graph.layers.iter().map(|layer| numbers(&layer.map));
    let known = each.collect::<Result<Vec<_>, Missing>>()?;
    for Tensor { layer, is_bias, positions, .. } in tensors(graph)? {
        let (weights, biases) = at("the weights of a layer", &known, layer)?;
        let list = if is_bias { biases } else { weights };
        for position in positions {
            values.push(*at("a weight", list, position)?);
        }
    }
    Ok(values)
}

/// The weights of a map, row by row, and its biases.
fn numbers(map: &Linear) -> Result<(Vec<i64>, Vec<i64>), Missing> {
    let biases = (0..groups(map)).map(|row| Ok(group(map, row)?.0)).collect::<Result<_, Missing>>()?;
    Ok((map.weights().collect(), biases))
}

/// The wires of a layer's weights, row by row, and of its biases; none of a layer whose weights are constants.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfLayer {
    pub weights: Vec<Weight>,
    pub biases: Vec<Weight>,
}

/// The wires of all weights of a circuit: of each layer its weights row by row, and its biases.
pub(crate) fn declare(b: &mut Builder, graph: &QuantGraph) -> Result<Vec<OfLayer>, WiresError> {
    let tensors = tensors(graph)?;
    if tensors.is_empty() {
        return Ok(vec![OfLayer::default(); graph.layers.len()]);
    }
    let declared: Vec<(&str, usize, u8)> =
        tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.positions.len(), tensor.bits)).collect();
    let mut of_layers = vec![[Vec::new(), Vec::new()]; graph.layers.len()];
    for (tensor, wires) in tensors.iter().zip(b.weights(&declared)?) {
        let [weights, biases] = at_mut("the weights of a layer", &mut of_layers, tensor.layer)?;
        let list = if tensor.is_bias { biases } else { weights };
        list.extend(tensor.positions.iter().copied().zip(wires));
    }
    let in_order = |mut list: Vec<(usize, Weight)>| {
        list.sort_unstable_by_key(|(position, _)| *position);
        list.into_iter().map(|(_, weight)| weight).collect()
    };
    let of_layer = |[weights, biases]: [Vec<(usize, Weight)>; 2]| OfLayer {
        weights: in_order(weights),
        biases: in_order(biases),
    };
    Ok(of_layers.into_iter().map(of_layer).collect())
}

/// Wires that cannot be declared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WiresError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// The accumulators of a map whose weights are wires.
pub(crate) fn constrain(
    b: &mut Builder,
    map: &Linear,
    OfLayer { weights, biases }: &OfLayer,
    x: &[Bounded],
) -> Result<Vec<Bounded>, BuildError> {
    match map {
        Linear::Dense(..) => weighted::dense(b, x, weights, biases),
        Linear::Convolution(conv) => weighted::convolution(b, x, conv, weights, biases),
        Linear::Sparse(rows) => weighted::sparse(b, x, rows, weights, biases),
    }
}

/// A graph with these weights in the order of the wires; `None` of another number of them.
pub(crate) fn with_values(graph: &QuantGraph, values: &[i64]) -> Result<Option<QuantGraph>, Missing> {
    let mut known = graph.layers.iter().map(|layer| numbers(&layer.map)).collect::<Result<Vec<_>, _>>()?;
    let mut rest = values.iter();
    for Tensor { layer, is_bias, positions, .. } in tensors(graph)? {
        let (weights, biases) = at_mut("the weights of a layer", &mut known, layer)?;
        let list = if is_bias { biases } else { weights };
        for position in positions {
            let Some(value) = rest.next() else { return Ok(None) };
            *at_mut("a weight", list, position)? = *value;
        }
    }
    if rest.next().is_some() {
        return Ok(None);
    }
    let mut graph = graph.clone();
    for (layer, (weights, biases)) in graph.layers.iter_mut().zip(known) {
        let Some(committed) = &mut layer.committed else { continue };
        committed.known = true;
        layer.map = Arc::new(placed(&layer.map, &weights, biases));
    }
    Ok(Some(graph))
}

/// The same graph without weights: what its bytes say.
pub(crate) fn without_values(graph: &QuantGraph) -> QuantGraph {
    let mut graph = graph.clone();
    for layer in &mut graph.layers {
        let Some(committed) = &mut layer.committed else { continue };
        committed.known = false;
        let placeholder = i64::from(matches!(layer.map.as_ref(), Linear::Sparse(_)));
        let count = layer.map.weights().count();
        let biases = vec![0; groups(&layer.map)];
        layer.map = Arc::new(placed(&layer.map, &vec![placeholder; count], biases));
    }
    graph
}

/// A map with other weights, as many as it has.
fn placed(map: &Linear, weights: &[i64], biases: Vec<i64>) -> Linear {
    let mut map = map.clone();
    match &mut map {
        Linear::Dense(of_map, bias) => {
            of_map.w = weights.to_vec();
            *bias = biases;
        }
        Linear::Convolution(conv) => {
            conv.w = weights.to_vec();
            conv.bias = biases;
        }
        Linear::Sparse(rows) => {
            rows.terms.iter_mut().zip(weights).for_each(|((_, weight), &value)| *weight = value);
            rows.bias = biases;
        }
    }
    map
}
