//! Pooling: the maximum or the average of windows.
//!
//! A sum is linear, so averages cost nothing: the windows are summed, and `1 / count` goes into what reads them.

use super::conv::window;
use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::{Axis, Convolution, LayerFunction, Map, Row, Window};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Pooling",
    cost: "nothing for averages, a comparison an element for maxima",
    operators: &[
        OnnxOperator::onnx("MaxPool", max).remarks("over one or two axes, `ceil_mode = 0`, without indices"),
        OnnxOperator::onnx("AveragePool", average).remarks("over one or two axes, `ceil_mode = 0`"),
        OnnxOperator::onnx("GlobalAveragePool", global_average),
        OnnxOperator::onnx("ReduceMean", reduce_mean).remarks("over all axes behind the channels"),
    ],
    integers: &[],
};

/// The largest element of each window; padding does not count.
fn max(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    if node.int("storage_order", 0)? != 0 {
        return Err(node.bad_attribute("storage_order", "1".into(), "0"));
    }
    let window = pooling(node, x, layers)?;
    let shape = pooled_shape(&x.shape, &window);
    if x.is_constant() {
        return Err(node.bad_attribute("kernel_shape", "over a constant".into(), "pooling of a variable"));
    }
    layers.max_pool(node, x, window, shape).map(Value::from)
}

/// The mean of each window.
fn average(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let counts_padding = match node.int("count_include_pad", 0)? {
        0 => false,
        1 => true,
        other => return Err(node.bad_attribute("count_include_pad", other.to_string(), "0 or 1")),
    };
    let window = pooling(node, x, layers)?;
    let shape = pooled_shape(&x.shape, &window);
    means(node, x, window, counts_padding, shape, layers)
}

/// The mean of each channel.
fn global_average(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let window = whole(node, x)?;
    let shape = pooled_shape(&x.shape, &window);
    means(node, x, window, false, shape, layers)
}

/// The mean over all axes behind the channels: an attribute before operator set 18, an operand since.
fn reduce_mean(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    let axes = if node.opset < 18 {
        node.arity(1..=1, "1")?;
        node.ints("axes")?
    } else {
        node.arity(1..=2, "1 or 2")?;
        node.operand(1).map(|_| node.integers(1)).transpose()?
    };
    let x = node.tensor(0)?;
    let window = whole(node, x)?;
    let spatial: Vec<usize> = (2..x.shape.len()).collect();
    let given = axes.clone().unwrap_or_default();
    let mut found =
        given.iter().map(|&axis| node.axis(axis, &x.shape, x.shape.len())).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable();
    if found != spatial {
        return Err(node.bad_attribute("axes", format!("{given:?}"), "all axes behind the channels"));
    }
    let shape = match node.int("keepdims", 1)? {
        0 => vec![1, window.channels],
        _ => pooled_shape(&x.shape, &window),
    };
    means(node, x, window, false, shape, layers)
}

/// The window that `kernel_shape` and its companions describe.
fn pooling(node: &Node<'_>, x: &Tensor, layers: &mut Layers) -> Result<Window, Refusal> {
    if node.int("ceil_mode", 0)? != 0 {
        return Err(node.bad_attribute("ceil_mode", "1".into(), "0"));
    }
    let kernel = node.ints("kernel_shape")?.unwrap_or_default();
    let wrong = || node.bad_attribute("kernel_shape", format!("{kernel:?}"), "one size for each axis");
    let sizes: Option<Vec<usize>> = kernel
        .iter()
        .map(|&size| usize::try_from(size).ok().filter(|size| (1..=1 << 16).contains(size)))
        .collect();
    let window = window(node, &x.shape, &sizes.ok_or_else(wrong)?)?;
    let (height, width) = window.output();
    layers.check_size(node, &[window.channels, height, width])?;
    let along = |axis: Axis| axis.output() as u128 * axis.kernel as u128;
    layers.spend_work(node, along(window.height) + along(window.width))?;
    // A window of nothing but padding has no value.
    let covered =
        |axis: Axis| (0..axis.output()).all(|o| (0..axis.kernel).any(|k| axis.position(o, k).is_some()));
    if covered(window.height) && covered(window.width) {
        return Ok(window);
    }
    Err(node.bad_attribute("pads", "wider than the kernel".into(), "less padding than the window is wide"))
}

/// One window over each channel.
fn whole(node: &Node<'_>, x: &Tensor) -> Result<Window, Refusal> {
    let axis = |size: usize| Axis::new(size, size);
    match *x.shape.as_slice() {
        [1, channels, width] if width > 0 => Ok(Window::line(channels, axis(width))),
        [1, channels, height, width] if height > 0 && width > 0 => {
            Ok(Window { channels, height: axis(height), width: axis(width) })
        }
        _ => Err(Refusal::Rank {
            node: node.name.clone(),
            shape: x.shape.as_slice().into(),
            allowed: "3 or 4, with a first dimension (the batch) of 1",
        }),
    }
}

fn pooled_shape(shape: &[usize], window: &Window) -> Vec<usize> {
    let (height, width) = window.output();
    if shape.len() == 3 { vec![1, window.channels, width] } else { vec![1, window.channels, height, width] }
}

/// Sums as a layer of their own where `x` is a whole value, each element with a factor of its channel; written out
/// otherwise.
fn means(
    node: &Node<'_>,
    x: &Tensor,
    window: Window,
    counts_padding: bool,
    shape: Vec<usize>,
    layers: &mut Layers,
) -> Result<Value, Refusal> {
    let x = layers.foldable(x)?;
    // A coefficient for each position of a window, and each window gone through once.
    let (height, width) = window.output();
    layers.check_size(node, &[window.channels, window.height.kernel, window.width.kernel])?;
    layers.spend_work(node, (height as u128 * width as u128).saturating_mul(window.size() as u128))?;
    let sums = Convolution::ones(0, window);
    let positions = sums.positions().max(1);
    let area = (window.height.input * window.width.input).max(1);
    // Elements that each window sees, and what their sum is divided by.
    let seen = |output: usize| {
        let mut seen = 0usize;
        sums.for_each_tap(output, |_, _| seen += 1);
        (seen as f64, if counts_padding { window.size() as f64 } else { seen as f64 })
    };
    let counts: Vec<(f64, f64)> = (0..positions).map(seen).collect();
    let count = |output: usize| counts.get(output % positions).copied();

    let selection = x.selection();
    if let Some((selection, first)) = selection.as_ref().and_then(|s| Some((s, s.first()?)))
        && layers.is_whole(first, x.len())
        && per_channel(&selection.factors, area)
        && per_channel(&selection.offsets, area)
    {
        let map = Map::Convolution(Convolution { first, ..sums.clone() });
        let tensor = Tensor::of_map(shape.clone(), map).with_trail(x.trail.clone());
        let summed = layers.push(node, &tensor, LayerFunction::Sum, shape)?;
        let channel = |values: &[f64], output: usize| values.get(output / positions * area).copied();
        let pair = |output| {
            let (seen, divisor) = count(output)?;
            let (factor, offset) =
                (channel(&selection.factors, output)?, channel(&selection.offsets, output)?);
            Some((factor / divisor, offset * seen / divisor))
        };
        return layers.affine(node, &summed, pair).map(Value::from);
    }
    let rows = layers.rows(node, &x)?;
    let widest = rows.iter().map(|row| row.terms.len()).max().unwrap_or(0).max(1) as u128;
    layers.spend_terms(node, widest * (sums.filters * positions * window.size()) as u128)?;
    let mut trail = x.trail.clone();
    trail.push(node.name.name.clone());
    let outputs = (0..sums.filters * positions).map(|output| {
        let mut sum = Row::default();
        let mut is_whole = true;
        sums.for_each_tap(output, |element, _| match rows.get(element) {
            Some(row) => sum = sum.plus_scaled(row, 1.0),
            None => is_whole = false,
        });
        let (_, divisor) = count(output).filter(|_| is_whole)?;
        Some(sum.scaled(1.0 / divisor, 0.0))
    });
    let outputs = node.expected(outputs.collect::<Option<Vec<Row>>>())?;
    Ok(Value::from(Tensor::new(shape, outputs).with_trail(trail)))
}

/// Whether all elements of a channel have one value.
fn per_channel(values: &[f64], area: usize) -> bool {
    values.chunks_exact(area).all(|channel| channel.iter().all(|value| Some(value) == channel.first()))
}
