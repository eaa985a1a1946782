//! Convolution with fixed weights, over one or two axes.

use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Tensor, Value};
use crate::model::{Axis, Convolution, Map, Row, Window};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Convolution",
    cost: "nothing, or one constraint a long sum",
    operators: &[OnnxOperator::onnx("Conv", conv)
        .folded()
        .remarks("over one or two axes, with fixed weights")],
    integers: &[],
};

/// `Y = X ⋆ W + B` for one image, `X` of shape `[1, channels, (height,) width]`.
fn conv(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let x = node.tensor(0)?;
    let (kernel_shape, w) = node.constant(1)?;
    let [filters, group_channels, kernel @ ..] = kernel_shape.as_slice() else {
        return Err(node.mismatch(&x.shape, &kernel_shape));
    };
    let (filters, group_channels) = (*filters, *group_channels);
    if node.ints("kernel_shape")?.is_some_and(|given| !equal(&given, kernel)) {
        return Err(node.mismatch(&x.shape, &kernel_shape));
    }
    // Images of a batch are convolved one by one.
    let (batch, one_image) = match x.shape.split_first() {
        Some((&batch, rest)) => (batch, [&[1], rest].concat()),
        None => (1, Vec::new()),
    };
    let mut window = window(node, &one_image, kernel)?;
    let groups = node.int("group", 1)?;
    let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0);
    let groups = groups.ok_or_else(|| node.bad_attribute("group", "0".into(), "1 or more"))?;
    if group_channels.checked_mul(groups) != Some(window.channels) || !filters.is_multiple_of(groups) {
        return Err(node.mismatch(&x.shape, &kernel_shape));
    }
    let bias = match node.operand(2) {
        None => vec![0.0; filters],
        Some(_) => node.constant(2)?.1,
    };
    if bias.len() != filters {
        return Err(node.mismatch(&kernel_shape, &[bias.len()]));
    }
    let (height, width) = window.output();
    let mut shape = vec![batch, filters];
    shape.extend(if kernel.len() == 1 { vec![width] } else { vec![height, width] });
    layers.check_size(node, &shape)?;

    let mut conv = Convolution { first: 0, window, filters, groups, w, bias };
    let x = layers.composable(node, x, |x| written_terms(x, &conv))?;
    if batch != 1 {
        let rows = layers.rows(node, &x)?;
        let mut results = Vec::new();
        for image in rows.chunks(window.inputs().max(1)) {
            let image = Tensor::new(one_image.clone(), image.to_vec());
            results.extend(written_out(node, &image, &conv, layers)?);
        }
        return Ok(Tensor::new(shape, results).with_trail(x.trail.clone()).into());
    }
    let folded = match in_place(&x, &mut window) {
        Some(input) => node.expected(fold(&mut conv, window, &input, layers))?,
        None => false,
    };
    if folded {
        return Ok(Value::from(Tensor::of_map(shape, Map::Convolution(conv)).with_trail(x.trail.clone())));
    }
    let results = written_out(node, &x, &conv, layers)?;
    Ok(Tensor::new(shape, results).with_trail(x.trail.clone()).into())
}

/// Atoms that are an image, each channel with its own factor and offset.
struct Image {
    first: u32,
    factors: Vec<f64>,
    offsets: Vec<f64>,
}

/// The image that `x` is, without the zeros around it: those become padding of the window.
fn in_place(x: &Tensor, window: &mut Window) -> Option<Image> {
    let selection = x.selection()?;
    let (height, width) = (window.height.input, window.width.input);
    let at = |y: usize, x: usize| selection.atoms.get(y * width + x).copied().flatten();
    let (top, left) =
        (0..height * width).map(|i| (i / width, i % width)).find(|&(y, x)| at(y, x).is_some())?;
    let bottom = (top..height).take_while(|&y| at(y, left).is_some()).count() + top;
    let right = (left..width).take_while(|&x| at(top, x).is_some()).count() + left;
    let first = at(top, left)?;
    let mut next = first;
    let (mut factors, mut offsets) = (Vec::new(), Vec::new());
    for channel in 0..window.channels {
        let corner = (channel * height + top) * width + left;
        let (factor, offset) = (*selection.factors.get(corner)?, *selection.offsets.get(corner)?);
        for i in 0..height * width {
            let element = channel * height * width + i;
            let inside = (top..bottom).contains(&(i / width)) && (left..right).contains(&(i % width));
            let (atom, is_factor, is_offset) = (
                *selection.atoms.get(element)?,
                *selection.factors.get(element)? == factor,
                *selection.offsets.get(element)? == offset,
            );
            match atom {
                Some(atom) if inside && atom == next && is_factor && is_offset => next += 1,
                None if !inside && *selection.offsets.get(element)? == 0.0 => {}
                _ => return None,
            }
        }
        factors.push(factor);
        offsets.push(offset);
    }
    let crop = |axis: &mut Axis, start: usize, end: usize| {
        axis.pad_before += start;
        axis.pad_after += axis.input - end;
        axis.input = end - start;
    };
    crop(&mut window.height, top, bottom);
    crop(&mut window.width, left, right);
    Some(Image { first, factors, offsets })
}

/// Puts the image's factors and offsets into the weights; false where padding stands in the way of an offset, or the
/// image is a part of a value. `None` for an image without its channels.
fn fold(conv: &mut Convolution, window: Window, image: &Image, layers: &Layers) -> Option<bool> {
    let padded = |axis: Axis| axis.pad_before > 0 || axis.pad_after > 0;
    let has_offset = image.offsets.iter().any(|&offset| offset != 0.0);
    if has_offset && (padded(window.height) || padded(window.width)) {
        return Some(false);
    }
    if !layers.is_whole(image.first, window.inputs()) {
        return Some(false);
    }
    conv.window = window;
    conv.first = image.first;
    let (size, group_channels) = (window.size().max(1), window.channels / conv.groups.max(1));
    let per_group = (conv.filters / conv.groups.max(1)).max(1);
    for (filter, (weights, bias)) in
        conv.w.chunks_exact_mut((group_channels * size).max(1)).zip(&mut conv.bias).enumerate()
    {
        let first = filter / per_group * group_channels;
        for (channel, taps) in weights.chunks_exact_mut(size).enumerate() {
            let (factor, offset) =
                (*image.factors.get(first + channel)?, *image.offsets.get(first + channel)?);
            *bias += taps.iter().sum::<f64>() * offset;
            taps.iter_mut().for_each(|w| *w *= factor);
        }
    }
    Some(true)
}

/// Terms of a convolution of elements that are no image of atoms.
fn written_terms(x: &Tensor, conv: &Convolution) -> u128 {
    x.widest() as u128 * conv.w.len() as u128 * conv.positions() as u128
}

/// The convolution of elements that are no image of atoms, output by output.
fn written_out(
    node: &Node<'_>,
    x: &Tensor,
    conv: &Convolution,
    layers: &mut Layers,
) -> Result<Vec<Row>, Refusal> {
    layers.spend_terms(node, written_terms(x, conv))?;
    let rows = layers.rows(node, x)?;
    let mut accumulator = Accumulator::new(layers.atoms());
    let outputs = (0..conv.filters * conv.positions()).map(|output| {
        let mut bias = *conv.bias.get(output / conv.positions().max(1))?;
        let mut is_whole = true;
        conv.for_each_tap(output, |element, tap| match (rows.get(element), conv.w.get(tap)) {
            (Some(row), Some(&w)) => {
                bias += w * row.bias;
                accumulator.add(row, w);
            }
            _ => is_whole = false,
        });
        is_whole.then(|| accumulator.take(bias))
    });
    node.expected(outputs.collect::<Option<_>>())
}

/// The window of a convolution or a pooling over a tensor `[1, channels, (height,) width]`, from the node's attributes.
pub(super) fn window(node: &Node<'_>, shape: &[usize], kernel: &[usize]) -> Result<Window, Refusal> {
    let rank = |allowed| Refusal::Rank { node: node.name.clone(), shape: shape.into(), allowed };
    let (channels, sizes) = match shape {
        [1, channels, sizes @ ..] if matches!(sizes.len(), 1 | 2) => (*channels, sizes),
        [batch, _, _] | [batch, _, _, _] if *batch != 1 => {
            return Err(rank("3 or 4, with a first dimension (the batch) of 1"));
        }
        _ => return Err(rank("3 or 4: batch, channels and one or two axes")),
    };
    if kernel.len() != sizes.len() {
        return Err(node.mismatch(shape, kernel));
    }
    let auto = node.text("auto_pad")?.unwrap_or_default();
    let strides = list(node, "strides", sizes.len(), 1)?;
    let dilations = list(node, "dilations", sizes.len(), 1)?;
    let pads = list(node, "pads", 2 * sizes.len(), 0)?;
    let mut axes = Vec::with_capacity(2);
    for (i, &input) in sizes.iter().enumerate() {
        let at = |values: &[usize], i: usize| node.expected(values.get(i).copied());
        let (kernel, stride, dilation) = (at(kernel, i)?, at(&strides, i)?, at(&dilations, i)?);
        if kernel == 0 || input == 0 {
            return Err(node.mismatch(shape, &[kernel]));
        }
        let span = (kernel - 1).saturating_mul(dilation).saturating_add(1);
        let (pad_before, pad_after) = match auto.as_str() {
            "" | "NOTSET" => (at(&pads, i)?, at(&pads, sizes.len() + i)?),
            "VALID" => (0, 0),
            "SAME_UPPER" | "SAME_LOWER" => {
                let total = (input.div_ceil(stride) - 1) * stride + span;
                let total = total.saturating_sub(input);
                let (less, more) = (total / 2, total - total / 2);
                if auto == "SAME_UPPER" { (less, more) } else { (more, less) }
            }
            _ => {
                let allowed = "NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                return Err(node.bad_attribute("auto_pad", auto, allowed));
            }
        };
        if input.saturating_add(pad_before).saturating_add(pad_after) < span {
            return Err(node.mismatch(shape, &[kernel]));
        }
        axes.push(Axis { input, kernel, stride, dilation, pad_before, pad_after });
    }
    Ok(match axes.as_slice() {
        &[width] => Window::line(channels, width),
        &[height, width, ..] => Window { channels, height, width },
        [] => return Err(rank("3 or 4")),
    })
}

/// A list of sizes, each of them at most 2^16 and, but for pads, at least 1.
pub(super) fn list(
    node: &Node<'_>,
    attribute: &'static str,
    len: usize,
    default: usize,
) -> Result<Vec<usize>, Refusal> {
    let Some(values) = node.ints(attribute)? else { return Ok(vec![default; len]) };
    let sizes: Option<Vec<usize>> = values
        .iter()
        .map(|&value| usize::try_from(value).ok().filter(|&size| size >= default && size <= 1 << 16))
        .collect();
    match sizes {
        Some(sizes) if sizes.len() == len => Ok(sizes),
        _ => {
            Err(node.bad_attribute(attribute, format!("{values:?}"), "one size for each axis (two for pads)"))
        }
    }
}

fn equal(given: &[i64], kernel: &[usize]) -> bool {
    given.len() == kernel.len() && given.iter().zip(kernel).all(|(&a, &b)| usize::try_from(a) == Ok(b))
}
