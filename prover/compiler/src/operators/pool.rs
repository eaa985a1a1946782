//! Pooling: the maximum or the average of windows.
//!
//! A sum is linear, so averages cost nothing: the windows are summed, and `1 / count` goes into what reads them.

use super::axes::Groups;
use super::conv::window;
use super::family::{Family, OnnxOperator};
use super::quantized::{self, Centered};
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
        OnnxOperator::onnx("MaxPool", max).remarks("over one or two axes, without indices"),
        OnnxOperator::onnx("AveragePool", average).remarks("over one or two axes"),
        OnnxOperator::onnx("GlobalMaxPool", global_max).remarks("over one or two axes"),
        OnnxOperator::onnx("GlobalAveragePool", global_average).remarks("over one or two axes"),
    ],
    integers: &[],
};

/// Windows over a tensor `[batch, channels, (height,) width]`; what is in different images is in different channels.
pub(super) struct Pooling {
    /// Their geometry; with `ceil_mode`, padded behind as far as the last windows reach.
    pub window: Window,
    /// Shape of the results.
    pub shape: Vec<usize>,
    /// Padding behind height and width that the node asks for.
    asked: (usize, usize),
}

/// The elements that a mean is over.
enum Counted {
    /// Those of the tensor.
    Elements,
    /// Padding as well, as far as the node asks for it behind height and width.
    Padding((usize, usize)),
}

/// The largest element of each window; padding does not count.
fn max(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    if node.int("storage_order", 0)? != 0 {
        return Err(node.bad_attribute("storage_order", "1".into(), "0"));
    }
    let pooling = pooling(node, x, layers)?;
    largest(node, layers, x, pooling)
}

/// The largest element of each channel.
fn global_max(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    largest(node, layers, x, whole(node, x)?)
}

fn largest(node: &Node<'_>, layers: &mut Layers, x: &Tensor, pooling: Pooling) -> Result<Value, Refusal> {
    if x.is_constant() {
        return Err(node.bad_attribute("kernel_shape", "over a constant".into(), "pooling of a variable"));
    }
    let Some(Centered { integers, zero, ends }) = quantized::centered(layers, x) else {
        return layers.max_pool(node, x, pooling.window, pooling.shape).map(Value::from);
    };
    let largest = layers.max_pool(node, &integers, pooling.window, pooling.shape)?;
    let largest = quantized::noted(layers, largest, ends);
    Ok(layers.affine(node, &largest, |_| Some((1.0, zero)))?.of_kind(x.kind).into())
}

/// The mean of each window.
fn average(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let Pooling { window, shape, asked } = pooling(node, x, layers)?;
    let counted = match node.int("count_include_pad", 0)? {
        0 => Counted::Elements,
        1 => Counted::Padding(asked),
        other => return Err(node.bad_attribute("count_include_pad", other.to_string(), "0 or 1")),
    };
    means(node, x, window, counted, shape, layers)
}

/// The mean of each channel.
fn global_average(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let Pooling { window, shape, .. } = whole(node, x)?;
    means(node, x, window, Counted::Elements, shape, layers)
}

/// Means over groups that are the channels of an image, in order.
pub(super) fn mean_of_channels(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    groups: &Groups,
) -> Result<Option<Value>, Refusal> {
    let Some(Pooling { window, .. }) = whole(node, x).ok() else { return Ok(None) };
    let are_channels = groups.count() == window.channels
        && groups.order.len() == window.inputs()
        && groups.order.iter().enumerate().all(|(at, &element)| at == element);
    if !are_channels {
        return Ok(None);
    }
    means(node, x, window, Counted::Elements, groups.shape.clone(), layers).map(Some)
}

/// The windows that `kernel_shape` and its companions describe.
pub(super) fn pooling(node: &Node<'_>, x: &Tensor, layers: &mut Layers) -> Result<Pooling, Refusal> {
    let is_ceil = match node.int("ceil_mode", 0)? {
        0 => false,
        1 => true,
        other => return Err(node.bad_attribute("ceil_mode", other.to_string(), "0 or 1")),
    };
    let kernel = node.ints("kernel_shape")?.unwrap_or_default();
    let wrong = || node.bad_attribute("kernel_shape", format!("{kernel:?}"), "one size for each axis");
    let sizes: Option<Vec<usize>> = kernel
        .iter()
        .map(|&size| usize::try_from(size).ok().filter(|size| (1..=1 << 16).contains(size)))
        .collect();
    let mut window = window(node, &one_image(&x.shape), &sizes.ok_or_else(wrong)?)?;
    let asked = (window.height.pad_after, window.width.pad_after);
    if is_ceil {
        (window.height, window.width) = (reaching(window.height), reaching(window.width));
    }
    let (height, width) = window.output();
    layers.check_size(node, &[window.channels, height, width])?;
    let along = |axis: Axis| axis.output() as u128 * axis.kernel as u128;
    layers.spend_work(node, along(window.height) + along(window.width))?;
    // A window of nothing but padding has no value.
    let covered =
        |axis: Axis| (0..axis.output()).all(|o| (0..axis.kernel).any(|k| axis.position(o, k).is_some()));
    if covered(window.height) && covered(window.width) {
        return Ok(Pooling { window, shape: pooled_shape(&x.shape, &window), asked });
    }
    Err(node.bad_attribute("pads", "wider than the kernel".into(), "less padding than the window is wide"))
}

/// `ceil_mode`: a last window that reaches beyond the padding, unless it would begin behind the input.
fn reaching(axis: Axis) -> Axis {
    let span = (axis.kernel - 1) * axis.dilation + 1;
    let (begin, padded) = (axis.pad_before + axis.input, axis.pad_before + axis.input + axis.pad_after);
    let last = padded.saturating_sub(span).div_ceil(axis.stride) * axis.stride;
    if last >= begin || last + span <= padded {
        return axis;
    }
    Axis { pad_after: last + span - begin, ..axis }
}

/// One window over each channel.
pub(super) fn whole(node: &Node<'_>, x: &Tensor) -> Result<Pooling, Refusal> {
    let axis = |size: usize| Axis::new(size, size);
    let window = match *one_image(&x.shape).as_slice() {
        [1, channels, width] if width > 0 => Window::line(channels, axis(width)),
        [1, channels, height, width] if height > 0 && width > 0 => {
            Window { channels, height: axis(height), width: axis(width) }
        }
        _ => {
            return Err(Refusal::Rank {
                node: node.name.clone(),
                shape: x.shape.as_slice().into(),
                allowed: "3 or 4: batch, channels and one or two axes",
            });
        }
    };
    Ok(Pooling { window, shape: pooled_shape(&x.shape, &window), asked: (0, 0) })
}

/// The elements of each window, one window behind the other; `None` for padding.
pub(super) fn windows(
    node: &Node<'_>,
    layers: &mut Layers,
    window: &Window,
) -> Result<Vec<Option<usize>>, Refusal> {
    let (height, width) = window.output();
    let elements = layers.check_size(node, &[window.channels, height, width, window.size()])?;
    layers.spend_work(node, elements as u128)?;
    let mut order = Vec::with_capacity(elements);
    for channel in 0..window.channels {
        for y in 0..height {
            for x in 0..width {
                for i in 0..window.height.kernel {
                    for j in 0..window.width.kernel {
                        let cell = window.height.position(y, i).zip(window.width.position(x, j));
                        order.push(cell.map(|(line, column)| {
                            (channel * window.height.input + line) * window.width.input + column
                        }));
                    }
                }
            }
        }
    }
    Ok(order)
}

/// The channels of all images as those of one.
fn one_image(shape: &[usize]) -> Vec<usize> {
    match shape {
        [batch, channels, rest @ ..] => [&[1, batch * channels], rest].concat(),
        other => other.to_vec(),
    }
}

/// The shape with the axes that windows leave.
fn pooled_shape(shape: &[usize], window: &Window) -> Vec<usize> {
    let (height, width) = window.output();
    let front: Vec<usize> = shape.iter().copied().take(2).collect();
    if shape.len() == 3 { [&front[..], &[width]].concat() } else { [&front[..], &[height, width]].concat() }
}

/// Positions of a window within an axis and its padding, `asked` of it behind.
fn counted(axis: Axis, asked: usize, output: usize) -> usize {
    let end = axis.pad_before + axis.input + asked;
    (0..axis.kernel).filter(|k| output * axis.stride + k * axis.dilation < end).count()
}

/// Sums as a layer of their own where `x` is a whole value, each element with a factor of its channel; written out
/// otherwise.
fn means(
    node: &Node<'_>,
    x: &Tensor,
    window: Window,
    counted_elements: Counted,
    shape: Vec<usize>,
    layers: &mut Layers,
) -> Result<Value, Refusal> {
    let taps = |x: &Tensor| x.widest() as u128 * x.len() as u128 * window.size() as u128;
    let x = layers.composable(node, x, taps)?;
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
        let divisor = match counted_elements {
            Counted::Elements => seen,
            Counted::Padding((below, behind)) => {
                let columns = width.max(1);
                counted(window.height, below, output / columns)
                    * counted(window.width, behind, output % columns)
            }
        };
        (seen as f64, divisor as f64)
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
