//! Resize and Upsample with constant scales or sizes: along each axis, every output is a weighted mean of a few inputs at fixed positions, so
//! the whole is an affine map; for `nearest`, a map of indices. `positions.rs` has where the weights come from.

mod positions;

use positions::{Coordinates, Filter, Mode, Nearest, Sampling, Taps};

use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::{Groups, Row};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Resizing",
    cost: "nothing",
    operators: &[
        OnnxOperator::onnx("Resize", resize).folded().remarks("`antialias = 0`, constant scales or sizes"),
        OnnxOperator::onnx("Upsample", upsample).folded().remarks("constant scales"),
    ],
    integers: &[],
};

/// Upsample, which Resize replaced at operator set 10: `x / scale`, rounded down.
fn upsample(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    let scales = if node.opset < 9 {
        node.arity(1..=1, "1")?;
        node.floats("scales")?.unwrap_or_default()
    } else {
        node.arity(2..=2, "2")?;
        node.constant(1)?.1
    };
    plain(node, layers, x, &scales)
}

fn resize(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let x = node.tensor(0)?;
    if node.opset < 11 {
        node.arity(2..=2, "2")?;
        return plain(node, layers, x, &node.constant(1)?.1);
    }
    node.arity(1..=4, "1 to 4")?;
    if node.int("antialias", 0)? != 0 {
        return Err(node.bad_attribute("antialias", "1".into(), "0"));
    }
    let rank = x.shape.len();
    let axes: Vec<usize> = match node.ints("axes")? {
        Some(axes) => axes.iter().map(|&axis| node.axis(axis, &x.shape, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let filter = Filter {
        mode: mode(node)?,
        coordinates: coordinates(node)?,
        outside: node.float("extrapolation_value", 0.0)?,
        is_exclusive: node.int("exclude_outside", 0)? != 0,
    };
    let numbers = |position: usize| -> Result<Option<Vec<f64>>, Refusal> {
        let given = node.operand(position).map(|_| node.constant(position)).transpose()?;
        Ok(given.map(|(_, data)| data).filter(|data| !data.is_empty()))
    };
    let (region, scales, sizes) = (numbers(1)?, numbers(2)?, numbers(3)?);
    let sampled = sampled(node, &x.shape, &axes, scales, sizes)?;
    let crop = filter.coordinates == Coordinates::Region;
    let region =
        region.filter(|_| crop).unwrap_or_else(|| [vec![0.0; axes.len()], vec![1.0; axes.len()]].concat());
    if region.len() != 2 * axes.len() {
        return Err(node.mismatch(&[region.len()], &[2 * axes.len()]));
    }
    let mut result = x.clone();
    for (at, (&axis, &Sampled { output, scale, resized })) in axes.iter().zip(&sampled).enumerate() {
        let input = node.expected(x.shape.get(axis).copied())?;
        let ends = node.expected(region.get(at).copied().zip(region.get(axes.len() + at).copied()))?;
        // Without a region, an axis of one size at scale 1 is left alone.
        if output == input && scale == 1.0 && !crop {
            continue;
        }
        let sampling = Sampling { input, output, scale, resized, region: (ends.0 as f32, ends.1 as f32) };
        result = along(node, layers, &result, axis, &sampling, &filter)?;
    }
    Ok(result.into())
}

/// By scales for all axes, `x / scale` without any offset.
fn plain(node: &Node<'_>, layers: &mut Layers, x: &Tensor, scales: &[f64]) -> Result<Value, Refusal> {
    let mode = match node.text("mode")?.as_deref() {
        None | Some("nearest") => Mode::Nearest(Nearest::Floor),
        Some("linear" | "bilinear") => Mode::Linear,
        Some(other) => return Err(node.bad_attribute("mode", other.into(), "nearest or linear")),
    };
    let filter = Filter { mode, coordinates: Coordinates::Asymmetric, outside: 0.0, is_exclusive: false };
    let axes: Vec<usize> = (0..x.shape.len()).collect();
    let mut result = x.clone();
    for (&axis, Sampled { output, scale, resized }) in
        axes.iter().zip(sampled(node, &x.shape, &axes, Some(scales.to_vec()), None)?)
    {
        let input = node.expected(x.shape.get(axis).copied())?;
        if output != input || scale != 1.0 {
            let sampling = Sampling { input, output, scale, resized, region: (0.0, 1.0) };
            result = along(node, layers, &result, axis, &sampling, &filter)?;
        }
    }
    Ok(result.into())
}

/// What an axis becomes.
struct Sampled {
    output: usize,
    scale: f32,
    resized: f32,
}

/// Size and scale of each axis that is resized, in single precision, as every runtime computes them.
fn sampled(
    node: &Node<'_>,
    shape: &[usize],
    axes: &[usize],
    scales: Option<Vec<f64>>,
    sizes: Option<Vec<f64>>,
) -> Result<Vec<Sampled>, Refusal> {
    let inputs: Vec<usize> = axes.iter().filter_map(|&axis| shape.get(axis).copied()).collect();
    let bad = |what: &[f64]| Refusal::ShapeMismatch {
        node: node.name.clone(),
        left: shape.into(),
        right: vec![what.len()].as_slice().into(),
    };
    match (scales, sizes) {
        (Some(scales), None) if scales.len() == axes.len() => {
            let size = |(&input, &scale): (&usize, &f64)| {
                let scale = scale as f32;
                let resized = input as f32 * scale;
                let output = resized.floor();
                (scale > 0.0 && (1.0..=65536.0).contains(&output)).then_some(Sampled {
                    output: output as usize,
                    scale,
                    resized,
                })
            };
            let sampled: Option<Vec<_>> = inputs.iter().zip(&scales).map(size).collect();
            sampled.ok_or_else(|| bad(&scales))
        }
        (None, Some(sizes)) if sizes.len() == axes.len() => {
            let ratios: Vec<f32> =
                inputs.iter().zip(&sizes).map(|(&input, &size)| size as f32 / input as f32).collect();
            let common = match node.text("keep_aspect_ratio_policy")?.as_deref() {
                None | Some("stretch") => None,
                Some("not_larger") => Some(ratios.iter().copied().fold(f32::INFINITY, f32::min)),
                Some("not_smaller") => Some(ratios.iter().copied().fold(0.0, f32::max)),
                Some(other) => {
                    let allowed = "stretch, not_larger or not_smaller";
                    return Err(node.bad_attribute("keep_aspect_ratio_policy", other.into(), allowed));
                }
            };
            let size = |((&input, &size), &ratio): ((&usize, &f64), &f32)| {
                let scale = common.unwrap_or(ratio);
                let output = common.map_or(size, |scale| f64::from((input as f32 * scale + 0.5).floor()));
                (scale > 0.0 && (1.0..=65536.0).contains(&output)).then_some(Sampled {
                    output: output as usize,
                    scale,
                    resized: output as f32,
                })
            };
            let sampled: Option<Vec<_>> = inputs.iter().zip(&sizes).zip(&ratios).map(size).collect();
            sampled.ok_or_else(|| bad(&sizes))
        }
        (scales, sizes) => Err(bad(&scales.or(sizes).unwrap_or_default())),
    }
}

fn mode(node: &Node<'_>) -> Result<Mode, Refusal> {
    match node.text("mode")?.as_deref() {
        None | Some("nearest") => {}
        Some("linear") => return Ok(Mode::Linear),
        Some("cubic") => return Ok(Mode::Cubic(node.float("cubic_coeff_a", -0.75)?)),
        Some(other) => return Err(node.bad_attribute("mode", other.into(), "nearest, linear or cubic")),
    }
    Ok(Mode::Nearest(match node.text("nearest_mode")?.as_deref() {
        None | Some("round_prefer_floor") => Nearest::RoundPreferFloor,
        Some("round_prefer_ceil") => Nearest::RoundPreferCeil,
        Some("floor") => Nearest::Floor,
        Some("ceil") => Nearest::Ceil,
        Some(other) => {
            let allowed = "round_prefer_floor, round_prefer_ceil, floor or ceil";
            return Err(node.bad_attribute("nearest_mode", other.into(), allowed));
        }
    }))
}

fn coordinates(node: &Node<'_>) -> Result<Coordinates, Refusal> {
    Ok(match node.text("coordinate_transformation_mode")?.as_deref() {
        None | Some("half_pixel") => Coordinates::HalfPixel,
        Some("half_pixel_symmetric") => Coordinates::HalfPixelSymmetric,
        Some("pytorch_half_pixel") => Coordinates::PytorchHalfPixel,
        Some("tf_half_pixel_for_nn") => Coordinates::TfHalfPixel,
        Some("align_corners") => Coordinates::AlignCorners,
        Some("asymmetric") => Coordinates::Asymmetric,
        Some("tf_crop_and_resize") => Coordinates::Region,
        Some(other) => {
            let allowed = "a mode of operator set 19";
            return Err(node.bad_attribute("coordinate_transformation_mode", other.into(), allowed));
        }
    })
}

/// Resizes one axis.
fn along(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    axis: usize,
    sampling: &Sampling,
    filter: &Filter,
) -> Result<Tensor, Refusal> {
    let mut shape = x.shape.clone();
    *node.expected(shape.get_mut(axis))? = sampling.output;
    let elements = layers.check_size(node, &shape)?;
    let taps: Vec<Taps> = (0..sampling.output).map(|output| sampling.taps(output, filter)).collect();
    let x = layers.foldable(x)?;
    let rows = layers.rows(node, &x)?;
    let widest = rows.iter().map(|row| row.terms.len()).max().unwrap_or(0).max(1) as u128;
    let most = taps.iter().map(|taps| taps.weights.len()).max().unwrap_or(0).max(1) as u128;
    layers.spend_terms(node, elements as u128 * widest * most)?;
    let Groups { length, inner, .. } = node.groups(&x, axis)?;
    let row = |element: usize| -> Option<Row> {
        let (outer, rest) = (element / (sampling.output * inner), element % (sampling.output * inner));
        let taps = taps.get(rest / inner)?;
        let at = |input: usize| rows.get((outer * length + input) * inner + rest % inner);
        if let &[(input, 1.0)] = taps.weights.as_slice() {
            return at(input).cloned();
        }
        let mut sum = Row::constant(taps.constant);
        for &(input, weight) in &taps.weights {
            sum = sum.plus_scaled(at(input)?, weight);
        }
        Some(sum)
    };
    let rows = node.expected((0..elements).map(row).collect::<Option<Vec<Row>>>())?;
    Ok(Tensor::new(shape, rows).with_trail(x.trail.clone()))
}
