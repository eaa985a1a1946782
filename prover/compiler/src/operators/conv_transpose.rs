//! Transposed convolution with fixed weights, over one or two axes: each element adds its multiple of the kernel to the result, `stride`
//! positions apart. It is affine; it is written out, output by output.

use super::conv::list;
use super::family::{Family, OnnxOperator};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Accumulator, Tensor, Value};
use crate::model::Row;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Transposed convolution",
    cost: "nothing, or one constraint a long sum",
    operators: &[OnnxOperator::onnx("ConvTranspose", import)
        .folded()
        .remarks("over one or two axes, with fixed weights; pads that are not negative")],
    integers: &[],
};

/// One axis: output `i · stride + k · dilation - pad` gets what position `k` of the kernel makes of input `i`.
#[derive(Clone, Copy)]
struct Axis {
    input: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    output: usize,
}

impl Axis {
    /// The input that the kernel's position `k` brings to an output.
    fn input(&self, output: usize, k: usize) -> Option<usize> {
        let from = (output + self.pad).checked_sub(k * self.dilation)?;
        let input = from / self.stride;
        (from.is_multiple_of(self.stride) && input < self.input).then_some(input)
    }
}

fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(2..=3, "2 or 3")?;
    let x = &layers.foldable(node.tensor(0)?)?;
    let (of_kernel, w) = node.constant(1)?;
    let ([batch, channels, sizes @ ..], [in_channels, per_group, kernel @ ..]) =
        (x.shape.as_slice(), of_kernel.as_slice())
    else {
        return Err(node.mismatch(&x.shape, &of_kernel));
    };
    if in_channels != channels || kernel.len() != sizes.len() || !matches!(sizes.len(), 1 | 2) {
        return Err(node.mismatch(&x.shape, &of_kernel));
    }
    let given = node.int("group", 1)?;
    let groups = usize::try_from(given).ok().filter(|&groups| groups > 0 && channels.is_multiple_of(groups));
    let groups = groups.ok_or_else(|| {
        node.bad_attribute("group", given.to_string(), "a divisor of the number of channels")
    })?;
    let filters = per_group * groups;
    if filters == 0 {
        return Err(node.mismatch(&x.shape, &of_kernel));
    }
    let bias = match node.operand(2) {
        None => vec![0.0; filters],
        Some(_) => node.constant(2)?.1,
    };
    if bias.len() != filters {
        return Err(node.mismatch(&of_kernel, &[bias.len()]));
    }
    let axes = axes(node, sizes, kernel)?;
    let unit = Axis { input: 1, kernel: 1, stride: 1, dilation: 1, pad: 0, output: 1 };
    let (height, width) = match *axes.as_slice() {
        [height, width] => (height, width),
        [width] => (unit, width),
        _ => return Err(node.mismatch(&x.shape, &of_kernel)),
    };
    let mut shape = vec![*batch, filters];
    shape.extend(axes.iter().map(|axis| axis.output));
    let outputs = layers.check_size(node, &shape)?;
    let rows = layers.rows(node, x)?;
    let widest = rows.iter().map(|row| row.terms.len()).max().unwrap_or(0).max(1) as u128;
    let in_group = channels / groups;
    // Of the kernel's positions, one in `stride` meets an element.
    let taps = |axis: Axis| axis.kernel.div_ceil(axis.stride.min(axis.kernel).max(1)) as u128;
    layers.spend_work(node, outputs as u128 * (height.kernel * width.kernel) as u128)?;
    layers.spend_terms(node, widest * outputs as u128 * in_group as u128 * taps(height) * taps(width))?;

    let area = (height.output * width.output).max(1);
    let mut accumulator = Accumulator::new(layers.atoms());
    let results = (0..outputs).map(|output| {
        let (image, filter, position) = (output / area / filters, output / area % filters, output % area);
        let (y, x) = (position / width.output.max(1), position % width.output.max(1));
        let (group, of_group) = (filter / per_group.max(&1), filter % per_group.max(&1));
        let mut sum = *bias.get(filter)?;
        for i in 0..height.kernel {
            for j in 0..width.kernel {
                let Some((line, column)) = height.input(y, i).zip(width.input(x, j)) else { continue };
                for channel in group * in_group..(group + 1) * in_group {
                    let tap = ((channel * per_group + of_group) * height.kernel + i) * width.kernel + j;
                    let weight = *w.get(tap)?;
                    let channel = image * channels + channel;
                    let row = rows.get((channel * height.input + line) * width.input + column)?;
                    accumulator.add(row, weight);
                    sum += weight * row.bias;
                }
            }
        }
        Some(accumulator.take(sum))
    });
    let results = node.expected(results.collect::<Option<Vec<Row>>>())?;
    Ok(Tensor::new(shape, results).with_trail(x.trail.clone()).into())
}

/// The axes with their padding: as given, or as the shape of the output, or that of the input times the stride, makes it.
fn axes(node: &Node<'_>, sizes: &[usize], kernel: &[usize]) -> Result<Vec<Axis>, Refusal> {
    if node.ints("kernel_shape")?.is_some_and(|given| {
        given.len() != kernel.len() || given.iter().zip(kernel).any(|(&a, &b)| usize::try_from(a) != Ok(b))
    }) {
        return Err(node.mismatch(sizes, kernel));
    }
    let rank = sizes.len();
    let auto = node.text("auto_pad")?.unwrap_or_default();
    let strides = list(node, "strides", rank, 1)?;
    let dilations = list(node, "dilations", rank, 1)?;
    let extra = list(node, "output_padding", rank, 0)?;
    let pads = list(node, "pads", 2 * rank, 0)?;
    let outputs = match node.ints("output_shape")? {
        Some(given) if !given.is_empty() => {
            // With or without batch and channels in front.
            let spatial = given.iter().skip(given.len().saturating_sub(rank));
            let sizes: Option<Vec<usize>> = spatial
                .map(|&size| usize::try_from(size).ok().filter(|size| (1..=1 << 16).contains(size)))
                .collect();
            let sizes = sizes.filter(|sizes| sizes.len() == rank);
            Some(sizes.ok_or_else(|| {
                node.bad_attribute("output_shape", format!("{given:?}"), "one size for each axis")
            })?)
        }
        _ => None,
    };
    let mut axes = Vec::with_capacity(rank);
    for (i, &input) in sizes.iter().enumerate() {
        let at = |values: &[usize], i: usize| node.expected(values.get(i).copied());
        let (kernel, stride, dilation) = (at(kernel, i)?, at(&strides, i)?, at(&dilations, i)?);
        if kernel == 0 || input == 0 {
            return Err(node.mismatch(sizes, &[kernel]));
        }
        // What the kernels cover, and what is asked for behind them.
        let covered = (input - 1)
            .saturating_mul(stride)
            .saturating_add((kernel - 1).saturating_mul(dilation))
            .saturating_add(1 + at(&extra, i)?);
        let wanted = match (&outputs, auto.as_str()) {
            (Some(outputs), _) => Some(at(outputs, i)?),
            (None, "SAME_UPPER" | "SAME_LOWER") => Some(input.saturating_mul(stride)),
            (None, "" | "NOTSET" | "VALID") => None,
            _ => {
                let allowed = "NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                return Err(node.bad_attribute("auto_pad", auto, allowed));
            }
        };
        let (before, behind) = match wanted {
            Some(wanted) => {
                // What is wanted beyond what is covered lies behind, and has no kernel.
                let total = covered.saturating_sub(wanted);
                let (less, more) = (total / 2, total - total / 2);
                if auto == "SAME_UPPER" { (less, more) } else { (more, less) }
            }
            None if auto == "VALID" => (0, 0),
            None => (at(&pads, i)?, at(&pads, rank + i)?),
        };
        let left = covered.checked_sub(before).and_then(|rest| rest.checked_sub(behind));
        let output = wanted.or(left).filter(|&output| output > 0);
        let output = output.ok_or_else(|| node.mismatch(sizes, &[before, behind]))?;
        axes.push(Axis { input, kernel, stride, dilation, pad: before, output });
    }
    Ok(axes)
}
