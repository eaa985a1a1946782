//! Normalizations: of layers, instances, groups of channels, by mean square or length. All are one operator over groups of elements
//! ([`super::layer_norm`]), with an affine map behind it.

use std::sync::Arc;

use assay_circuits::layers::layer_norm::Center;

use super::axes::{self, Reduced};
use super::call::call;
use super::elementwise::{self, broadcast, source};
use super::family::{Family, OnnxOperator};
use super::layer_norm::LayerNorm;
use super::{function, norm, product, sum};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::{Activation, Groups};
use crate::onnx::{AttributeProto, AttributeType};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Normalization",
    cost: "two products an element, an inverse square root a group",
    operators: &[
        OnnxOperator::several("LayerNormalization", layer),
        OnnxOperator::onnx("RMSNormalization", root_mean_square),
        OnnxOperator::onnx("InstanceNormalization", instance),
        OnnxOperator::onnx("GroupNormalization", group),
        OnnxOperator::onnx("LpNormalization", length)
            .remarks("`p = 1` of groups that are not zero on the calibration data"),
        OnnxOperator::onnx("MeanVarianceNormalization", mean_variance),
    ],
    integers: &[],
};

/// `scale · (x - mean) / sqrt(variance + epsilon) + bias` over the dimensions from `axis` on; the mean and the inverse of the deviation,
/// where they are asked for.
fn layer(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    node.inputs(2..=3, "2 or 3")?;
    let mut results = vec![from_axis(node, layers, Center::Mean)?];
    if node.proto.output.iter().skip(1).any(|name| !name.is_empty()) {
        let x = node.tensor(0)?;
        let axis = node.axis(node.int("axis", -1)?, &x.shape, x.shape.len())?;
        let axes = AttributeProto {
            name: "axes".into(),
            r#type: AttributeType::Ints as i32,
            ints: (axis..x.shape.len()).map(|axis| axis as i64).collect(),
            ..AttributeProto::default()
        };
        let axes = [axes];
        let mean = call(node, layers, (&sum::FAMILY, "ReduceMean"), &[x], &axes)?;
        let deviations = elementwise::plus(node, layers, x, &mean, -1.0)?;
        let squares = call(node, layers, (&norm::FAMILY, "ReduceSumSquare"), &[&deviations], &axes)?;
        let (count, epsilon) = (x.len() as f64 / mean.len().max(1) as f64, epsilon(node)?);
        let variance = layers.affine(node, &squares, |_| Some((1.0 / count, epsilon)))?;
        let inverse = function::apply(node, &variance, layers, Activation::InverseSqrt)?;
        results.extend([Value::from(mean), Value::from(inverse)]);
    }
    Ok(results)
}

/// `scale · x / sqrt(mean of squares + epsilon)` over the dimensions from `axis` on.
fn root_mean_square(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=2, "2")?;
    from_axis(node, layers, Center::Zero)
}

fn from_axis(node: &Node<'_>, layers: &mut Layers, center: Center) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let axis = node.axis(node.int("axis", -1)?, &x.shape, x.shape.len())?;
    let axes: Vec<usize> = (axis..x.shape.len()).collect();
    let normalized = normalized(node, layers, x, center, &axes, epsilon(node)?)?;
    let parameter = |position, neutral: f64| -> Result<(Vec<usize>, Vec<f64>), Refusal> {
        if node.operand(position).is_none() {
            return Ok((Vec::new(), vec![neutral]));
        }
        let (shape, data) = node.constant(position)?;
        let fits = broadcast(&x.shape, &shape).as_ref() == Some(&x.shape);
        if fits { Ok((shape, data)) } else { Err(node.mismatch(&x.shape, &shape)) }
    };
    let (scale, bias) = (parameter(1, 1.0)?, parameter(2, 0.0)?);
    let at = |(shape, data): &(Vec<usize>, Vec<f64>), i| data.get(source(i, &x.shape, shape)).copied();
    layers.affine(node, &normalized, |i| at(&scale, i).zip(at(&bias, i))).map(Value::from)
}

/// Over the positions of each channel, with scale and bias of each channel.
fn instance(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let x = node.tensor(0)?;
    let (channels, area) = image(node, x)?;
    let axes: Vec<usize> = (2..x.shape.len()).collect();
    let normalized = normalized(node, layers, x, Center::Mean, &axes, epsilon(node)?)?;
    let (scale, bias) = (list(node, 1, channels)?, list(node, 2, channels)?);
    per_channel(node, layers, &normalized, channels, area, |channel| {
        Some((*scale.get(channel)?, *bias.get(channel)?))
    })
}

/// Over the positions of groups of channels; scale and bias of each channel, before operator set 21 of each group.
fn group(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(3..=3, "3")?;
    let x = node.tensor(0)?;
    let (channels, area) = image(node, x)?;
    let given = node.int("num_groups", 0)?;
    let groups = usize::try_from(given).ok().filter(|&groups| groups > 0 && channels.is_multiple_of(groups));
    let groups = groups.ok_or_else(|| {
        node.bad_attribute("num_groups", given.to_string(), "a divisor of the number of channels")
    })?;
    let in_group = channels / groups;
    let batch = x.shape.first().copied().unwrap_or(1);
    let matrix = x.with_shape(vec![batch * groups, in_group * area]);
    let normalized = normalized(node, layers, &matrix, Center::Mean, &[1], epsilon(node)?)?;
    let normalized = normalized.with_shape(x.shape.clone());
    let parameters = if node.opset < 21 { groups } else { channels };
    let (scale, bias) = (list(node, 1, parameters)?, list(node, 2, parameters)?);
    per_channel(node, layers, &normalized, channels, area, |channel| {
        let at = if node.opset < 21 { channel / in_group } else { channel };
        Some((*scale.get(at)?, *bias.get(at)?))
    })
}

/// To Euclidean length 1: the root mean square, over the root of the number of elements. Or so that magnitudes sum to 1: times the
/// reciprocal of their sum. What is zero stays zero.
fn length(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let axis = node.axis(node.int("axis", -1)?, &x.shape, x.shape.len())?;
    match node.int("p", 2)? {
        1 => {
            let groups = axes::along(node, layers, &x.shape, &[axis], Reduced::Kept)?;
            let sums = norm::l1(node, layers, x, &groups)?;
            let reciprocals = function::apply(node, &sums, layers, Activation::Reciprocal)?;
            return product::elementwise(node, layers, x, &reciprocals).map(Value::from);
        }
        2 => {}
        other => return Err(node.bad_attribute("p", other.to_string(), "1 or 2")),
    }
    let normalized = normalized(node, layers, x, Center::Zero, &[axis], 0.0)?;
    let count = x.shape.get(axis).copied().unwrap_or(1) as f64;
    layers.affine(node, &normalized, |_| Some((1.0 / count.sqrt(), 0.0))).map(Value::from)
}

/// `(x - mean) / (deviation + 1e-9)` over `axes`. As a part of the variance that is 1e-18.
fn mean_variance(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let given = node.ints("axes")?.unwrap_or_else(|| vec![0, 2, 3]);
    let axes: Vec<usize> =
        given.iter().map(|&axis| node.axis(axis, &x.shape, x.shape.len())).collect::<Result<_, _>>()?;
    normalized(node, layers, x, Center::Mean, &axes, 1e-18).map(Value::from)
}

/// The elements of each group along some axes, without their mean, over their deviation.
fn normalized(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    center: Center,
    axes: &[usize],
    epsilon: f64,
) -> Result<Tensor, Refusal> {
    let groups = axes::along(node, layers, &x.shape, axes, Reduced::Dropped)?;
    let grouped = axes::grouped(node, layers, x, &groups)?;
    let all = Groups { outer: groups.count(), length: groups.len, inner: 1 };
    let norm = LayerNorm { center, groups: all, epsilon };
    let results = layers.apply(node, Arc::new(norm), &[&grouped], vec![x.len()])?;
    axes::in_place(node, layers, &results, &groups, x.shape.clone())
}

fn epsilon(node: &Node<'_>) -> Result<f64, Refusal> {
    let epsilon = node.float("epsilon", 1e-5)?;
    if epsilon < 0.0 {
        return Err(node.bad_attribute("epsilon", epsilon.to_string(), "a number that is not negative"));
    }
    Ok(epsilon)
}

/// Channels, and positions of each, of a tensor `[batch, channels, ...]`.
fn image(node: &Node<'_>, x: &Tensor) -> Result<(usize, usize), Refusal> {
    match x.shape.as_slice() {
        [_, channels, positions @ ..] if x.len() > 0 => Ok((*channels, positions.iter().product())),
        _ => {
            let shape = x.shape.as_slice().into();
            Err(Refusal::Rank { node: node.name.clone(), shape, allowed: "2 or more" })
        }
    }
}

/// A constant of so many numbers.
fn list(node: &Node<'_>, position: usize, len: usize) -> Result<Vec<f64>, Refusal> {
    let (shape, data) = node.constant(position)?;
    if shape == [len] { Ok(data) } else { Err(node.mismatch(&[len], &shape)) }
}

/// `factor · x + offset` with the pair of each channel.
fn per_channel(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    channels: usize,
    area: usize,
    pair: impl Fn(usize) -> Option<(f64, f64)>,
) -> Result<Value, Refusal> {
    layers.affine(node, x, |i| pair(i / area.max(1) % channels.max(1))).map(Value::from)
}
