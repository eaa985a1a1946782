//! Bytes of a quantized graph, little-endian and canonical. Names, shapes, widths and scales of inputs and outputs are
//! in the schema beside it and are not repeated.
//!
//! ```text
//! graph    = layers: u32 count, layer*, outputs: u32 count, u32 layer*
//! layer    = name, sources: u32 count, u32*, map, pool, scale: i8, step
//! map      = 0, rows: u32, columns: u32, weights: integers, biases: integers
//!          | 1, window, filters: u32, groups: u32, weights: integers, biases: integers
//!          | 2, rows: u32, columns: u32, (terms of each row: u32)*, (column: u32)*, weights: integers, biases: integers
//!          | 3 | 4 | 5, formats, what follows 0, 1 or 2 without weights and biases, which are committed to, and for each place of a
//!            weight in a row by how many bits weights are narrower there: u8*
//! formats  = u32 count, (scale of the accumulators: i8, bits of the widest weight: u8, bits of a bias: u8)*
//! pool     = 0 | 1, window
//! window   = channels: u32, two axes of (input, kernel, stride, dilation, pad before, pad behind): u32
//! integers = bytes of each: u8 (the fewest of 1, 2, 4 and 8 that hold all of them), signed integers
//! step     = 0 | 1, rounding | tag: u8, arguments: u32 count, argument*, what the operator's family writes
//! argument = accumulators: u32, (0 | 1, rounding)
//! rounding = shifts: u32 count, u8*, lo: i64, hi: i64
//! name     = u32 length, UTF-8 bytes
//! ```
//!
//! A convolution takes the bytes of its kernel; tables follow from their function, domain and scales. What is made of so
//! few bytes is spent from the reader's budget first.

use std::sync::Arc;

use assay_circuits::layers::{conv, dense, max_pool, sparse};
use assay_interface::schema::ModelSchema;

use super::committed::{self, Committed, WeightFormat};
use super::domain::Element;
use super::graph::{QuantArgument, QuantGraph, QuantInput, QuantLayer, QuantOutput, Rounding, Step};
use super::linear::Linear;
use crate::bytes::{ReadError, Reader, Writer};
use crate::feature::Feature;
use crate::model::{Axis, Kind, Window};
use crate::operators;
use crate::operators::family::Shape;

/// Most bits that a requantization drops: the gadget's limit.
const MAX_SHIFT: u8 = 58;
/// Layers that a graph may have.
const MAX_LAYERS: usize = 1 << 16;
/// Largest size along an axis.
const MAX_AXIS: usize = 1 << 16;
/// Results that a layer may have, and values that all windows of a pooling may see together. The most of the benchmark
/// networks are 9,408 of `cnn-264k`'s first convolution.
const MAX_VALUES: usize = 1 << 22;
/// What is added to the kind of a map whose weights are committed to.
const COMMITTED: u8 = 3;
/// Arguments that an operator may have.
const MAX_ARGUMENTS: usize = 64;

/// Appends a graph.
pub(crate) fn write(graph: &QuantGraph, out: &mut Writer) {
    out.count(graph.layers.len());
    for layer in &graph.layers {
        out.text(&layer.name);
        out.count(layer.sources.len());
        layer.sources.iter().for_each(|&source| out.count(source));
        write_map(&layer.map, layer.committed.as_ref(), out);
        match &layer.pool {
            None => out.bytes(&[0]),
            Some(window) => {
                out.bytes(&[1]);
                write_window(window, out);
            }
        }
        out.bytes(&layer.scale.to_le_bytes());
        write_step(&layer.step, out);
    }
    out.count(graph.outputs.len());
    graph.outputs.iter().for_each(|output| out.count(output.layer));
}

fn write_map(map: &Linear, committed: Option<&Committed>, out: &mut Writer) {
    let kind = match map {
        Linear::Dense(..) => 0,
        Linear::Convolution(_) => 1,
        Linear::Sparse(_) => 2,
    };
    out.bytes(&[if committed.is_some() { kind + COMMITTED } else { kind }]);
    if let Some(Committed { formats, .. }) = committed {
        out.count(formats.len());
        for WeightFormat { scale, weight_bits, bias_bits } in formats {
            out.bytes(&scale.to_le_bytes());
            out.bytes(&[*weight_bits, *bias_bits]);
        }
    }
    // Of what is committed to, no number goes into the file.
    let numbers = |values: &[i64], out: &mut Writer| {
        if committed.is_none() {
            out.integers(values);
        }
    };
    match map {
        Linear::Dense(weights, bias) => {
            out.count(weights.rows);
            out.count(weights.cols);
            numbers(&weights.w, out);
            numbers(bias, out);
        }
        Linear::Convolution(conv) => {
            write_window(&conv.window, out);
            out.count(conv.filters);
            out.count(conv.groups);
            numbers(&conv.w, out);
            numbers(&conv.bias, out);
        }
        Linear::Sparse(rows) => {
            out.count(rows.bias.len());
            out.count(rows.inputs);
            let starts = std::iter::once(&0).chain(&rows.ends);
            starts.zip(&rows.ends).for_each(|(start, end)| out.count((end - start) as usize));
            rows.terms.iter().for_each(|&(column, _)| out.count(column as usize));
            numbers(&rows.terms.iter().map(|&(_, w)| w).collect::<Vec<_>>(), out);
            numbers(&rows.bias, out);
        }
    }
    if let Some(Committed { narrower, .. }) = committed {
        out.bytes(narrower);
    }
}

fn write_window(window: &Window, out: &mut Writer) {
    out.count(window.channels);
    for axis in [window.height, window.width] {
        let Axis { input, kernel, stride, dilation, pad_before, pad_after } = axis;
        [input, kernel, stride, dilation, pad_before, pad_after].into_iter().for_each(|size| out.count(size));
    }
}

fn write_step(step: &Step, out: &mut Writer) {
    match step {
        Step::Accumulate => out.bytes(&[0]),
        Step::Requantize(rounding) => {
            out.bytes(&[1]);
            write_rounding(rounding, out);
        }
        Step::Operator { arguments, operator } => {
            out.bytes(&[operator.tag()]);
            out.count(arguments.len());
            for QuantArgument { len, rounding } in arguments {
                out.count(*len);
                out.bytes(&[u8::from(rounding.is_some())]);
                if let Some(rounding) = rounding {
                    write_rounding(rounding, out);
                }
            }
            operator.write(out);
        }
    }
}

fn write_rounding(rounding: &Rounding, out: &mut Writer) {
    out.count(rounding.shifts.len());
    out.bytes(&rounding.shifts);
    out.bytes(&rounding.lo.to_le_bytes());
    out.bytes(&rounding.hi.to_le_bytes());
}

/// Reads a graph and checks everything that evaluating and lowering it rely on.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    schema: &ModelSchema,
    features: &[Feature],
) -> Result<QuantGraph, ReadError> {
    let mut features = features.iter();
    let inputs: Vec<QuantInput> = schema
        .inputs()
        .iter()
        .map(|tensor| {
            let formats = tensor.scales.each(&tensor.shape).zip(tensor.missing.each(&tensor.shape));
            let of_feature = |(feature, (scale, may_be_missing)): (&Feature, _)| {
                let range = (feature.min, feature.max);
                let is_whole = feature.kind != Kind::Real;
                let element = Element { range, is_whole, scale, bits: tensor.bits, may_be_missing };
                element.domain().ok_or_else(|| ReadError::Domain(feature.name.clone()))
            };
            Ok(QuantInput {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                bits: tensor.bits,
                scales: tensor.scales.clone(),
                missing: tensor.missing.clone(),
                domains: features
                    .by_ref()
                    .take(tensor.elements())
                    .zip(formats)
                    .map(of_feature)
                    .collect::<Result<_, _>>()?,
            })
        })
        .collect::<Result<_, ReadError>>()?;
    let mut lengths: Vec<usize> = inputs.iter().map(QuantInput::elements).collect();
    let count = reader.count("layers", MAX_LAYERS)?;
    let mut layers: Vec<QuantLayer> = Vec::new();
    for _ in 0..count {
        let layer = read_layer(reader, &lengths)?;
        lengths.push(layer.len());
        layers.push(layer);
    }
    let expected = schema.outputs().len();
    let found = reader.count("outputs", MAX_LAYERS)?;
    if found != expected {
        return Err(ReadError::Count { what: "outputs", expected, found });
    }
    let mut outputs = Vec::with_capacity(found);
    for tensor in schema.outputs() {
        let position = reader.count("output layer", MAX_LAYERS)?;
        let layer = layers.get(position).ok_or(ReadError::Index { what: "output layer", index: position })?;
        if layer.len() != tensor.elements() {
            let (expected, found) = (tensor.elements(), layer.len());
            return Err(ReadError::Count { what: "output elements", expected, found });
        }
        if tensor.scales.single() != Some(layer.scale) {
            return Err(ReadError::OutputScale { schema: tensor.scales.clone(), graph: layer.scale });
        }
        outputs.push(QuantOutput {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            layer: position,
            bits: tensor.bits,
        });
    }
    Ok(QuantGraph { inputs, layers, outputs })
}

fn read_layer(reader: &mut Reader<'_>, lengths: &[usize]) -> Result<QuantLayer, ReadError> {
    let name = reader.text()?;
    let count = reader.count("sources", lengths.len())?;
    let mut sources: Vec<usize> = Vec::new();
    let mut columns = 0usize;
    for _ in 0..count {
        let source = reader.count("source", lengths.len())?;
        // Ascending, so that a graph has one encoding.
        let ascending = sources.last().is_none_or(|&last| last < source);
        match lengths.get(source) {
            Some(&len) if ascending => columns = columns.saturating_add(len),
            _ => return Err(ReadError::Index { what: "source", index: source }),
        }
        sources.push(source);
    }
    reader.spend("columns", columns)?;
    let (map, committed) = read_map(reader, columns)?;
    reader.spend("accumulators", map.rows())?;
    reader.spend("terms", map.terms())?;
    let pool = match reader.byte()? {
        0 => None,
        1 => Some(read_pool(reader, map.rows())?),
        other => return Err(ReadError::Step(other)),
    };
    let scale = i8::from_le_bytes(reader.fixed()?);
    let (map, step) = (Arc::new(map), Step::Accumulate);
    let mut layer = QuantLayer { name, sources, map, committed, pool, step, scale };
    layer.step = read_step(reader, layer.pooled_len(), scale)?;
    Ok(layer)
}

/// A map, and the formats of its weights where these are committed to: it then holds placeholders.
fn read_map(reader: &mut Reader<'_>, columns: usize) -> Result<(Linear, Option<Committed>), ReadError> {
    let read_columns = |reader: &mut Reader<'_>| match reader.count("columns", usize::MAX)? {
        found if found == columns && columns > 0 => Ok(()),
        found => Err(ReadError::Count { what: "columns", expected: columns, found }),
    };
    let some = |what, count: usize| match count {
        0 => Err(ReadError::Count { what, expected: 1, found: 0 }),
        count => Ok(count),
    };
    let kind = reader.byte()?;
    let formats = match kind {
        COMMITTED.. => Some(read_formats(reader)?),
        _ => None,
    };
    let numbers = |reader: &mut Reader<'_>, count: usize, most: u8, placeholder: i64| match &formats {
        None => reader.integers(count, most),
        Some(_) => {
            // Memory that no byte of the file stands for.
            reader.spend("weights", count)?;
            Ok(vec![placeholder; count])
        }
    };
    let map = match kind % COMMITTED {
        _ if kind >= 2 * COMMITTED => return Err(ReadError::Step(kind)),
        0 => {
            let rows = some("rows", reader.count("rows", MAX_VALUES)?)?;
            read_columns(reader)?;
            let w = numbers(reader, rows.saturating_mul(columns), 4, 0)?;
            let bias = numbers(reader, rows, 8, 0)?;
            Linear::Dense(dense::Weights { rows, cols: columns, w }, bias)
        }
        1 => {
            let window = read_window(reader)?;
            let filters = some("filters", reader.count("filters", MAX_VALUES)?)?;
            let groups = some("groups", reader.count("groups", filters)?)?;
            let taps = (window.channels / groups).saturating_mul(window.size());
            let w = numbers(reader, filters.saturating_mul(taps), 4, 0)?;
            let bias = numbers(reader, filters, 8, 0)?;
            let conv = conv::Convolution { window, filters, groups, w, bias };
            conv.check(columns).map_err(ReadError::Layer)?;
            Linear::Convolution(conv)
        }
        // The third kind; there are no more.
        _ => {
            let count = some("rows", reader.count("rows", MAX_VALUES)?)?;
            read_columns(reader)?;
            let words = |bytes: &[u8]| -> Vec<u32> {
                bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
            };
            let lengths = words(reader.array(count, 4)?);
            let (mut end, mut ends) = (0u32, Vec::with_capacity(count));
            for length in lengths {
                end = end.checked_add(length).ok_or(ReadError::Limit {
                    what: "terms",
                    limit: u32::MAX as usize,
                    found: (end as usize).saturating_add(length as usize),
                })?;
                ends.push(end);
            }
            let terms = words(reader.array(end as usize, 4)?);
            // A term is none if its weight is zero.
            let w = numbers(reader, end as usize, 4, 1)?;
            if w.contains(&0) {
                return Err(ReadError::Index { what: "term of weight", index: 0 });
            }
            let bias = numbers(reader, count, 8, 0)?;
            let rows =
                sparse::Rows { inputs: columns, ends, terms: terms.into_iter().zip(w).collect(), bias };
            rows.check(columns).map_err(ReadError::Layer)?;
            Linear::Sparse(rows)
        }
    };
    if map.rows() > MAX_VALUES {
        return Err(ReadError::Limit { what: "accumulators", limit: MAX_VALUES, found: map.rows() });
    }
    match formats {
        None => Ok((map, None)),
        Some(formats) => {
            let groups = committed::groups(&map);
            if !groups.is_multiple_of(formats.len()) {
                return Err(ReadError::Count {
                    what: "formats of weights",
                    expected: groups,
                    found: formats.len(),
                });
            }
            let narrower = reader.array(committed::places(&map), 1)?.to_vec();
            Ok((map, Some(Committed { formats, narrower, known: false })))
        }
    }
}

/// One format at least, each of bits that a registration circuit proves.
fn read_formats(reader: &mut Reader<'_>) -> Result<Vec<WeightFormat>, ReadError> {
    let count = reader.count("formats of weights", MAX_VALUES)?;
    if count == 0 {
        return Err(ReadError::Count { what: "formats of weights", expected: 1, found: 0 });
    }
    let bytes = reader.array(count, 3)?;
    let format = |[scale, weight_bits, bias_bits]: &[u8; 3]| {
        let format = WeightFormat {
            scale: i8::from_le_bytes([*scale]),
            weight_bits: *weight_bits,
            bias_bits: *bias_bits,
        };
        if format.is_sound() {
            Ok(format)
        } else {
            Err(ReadError::WeightFormat { weight_bits: *weight_bits, bias_bits: *bias_bits })
        }
    };
    bytes.as_chunks().0.iter().map(format).collect()
}

fn read_window(reader: &mut Reader<'_>) -> Result<Window, ReadError> {
    let channels = reader.count("channels", MAX_AXIS)?;
    let mut axis = || -> Result<Axis, ReadError> {
        let mut size = || reader.count("positions along an axis", MAX_AXIS);
        let axis = Axis {
            input: size()?,
            kernel: size()?,
            stride: size()?,
            dilation: size()?,
            pad_before: size()?,
            pad_after: size()?,
        };
        let is_empty = [axis.input, axis.kernel, axis.stride, axis.dilation].contains(&0);
        if is_empty {
            return Err(ReadError::Index { what: "axis", index: axis.input });
        }
        Ok(axis)
    };
    let (height, width) = (axis()?, axis()?);
    Ok(Window { channels, height, width })
}

fn read_pool(reader: &mut Reader<'_>, rows: usize) -> Result<Window, ReadError> {
    let window = read_window(reader)?;
    let (height, width) = window.output();
    let outputs = window.channels.saturating_mul(height).saturating_mul(width);
    let found = outputs.saturating_mul(window.size());
    if found > MAX_VALUES {
        return Err(ReadError::Limit { what: "pooled values", limit: MAX_VALUES, found });
    }
    reader.spend("pooled values", found)?;
    max_pool::reference(&vec![0; rows], &window).map_err(ReadError::Layer)?;
    Ok(window)
}

fn read_step(reader: &mut Reader<'_>, len: usize, scale: i8) -> Result<Step, ReadError> {
    let tag = match reader.byte()? {
        0 => return Ok(Step::Accumulate),
        1 => return Ok(Step::Requantize(read_rounding(reader, len)?)),
        tag => tag,
    };
    let count = reader.count("arguments", MAX_ARGUMENTS)?;
    let mut arguments: Vec<QuantArgument> = Vec::new();
    for _ in 0..count {
        let len = reader.count("accumulators of an argument", len)?;
        let rounding = match reader.byte()? {
            0 => None,
            1 => Some(read_rounding(reader, len)?),
            other => return Err(ReadError::Step(other)),
        };
        arguments.push(QuantArgument { len, rounding });
    }
    let found = arguments.iter().map(|argument| argument.len).sum();
    if found != len {
        return Err(ReadError::Count { what: "accumulators of all arguments", expected: len, found });
    }
    let clamp = |rounding: &Rounding| (rounding.lo, rounding.hi);
    let shape: Vec<_> = arguments.iter().map(|a| (a.len, a.rounding.as_ref().map(clamp))).collect();
    let operator = operators::read(tag, reader, &Shape { arguments: &shape, scale })?;
    match operator.len() {
        found if found <= MAX_VALUES => Ok(Step::Operator { arguments, operator }),
        found => Err(ReadError::Limit { what: "results", limit: MAX_VALUES, found }),
    }
}

fn read_rounding(reader: &mut Reader<'_>, len: usize) -> Result<Rounding, ReadError> {
    let count = reader.count("shifts", len)?;
    if count == 0 || !len.is_multiple_of(count) {
        return Err(ReadError::Count { what: "shifts", expected: len, found: count });
    }
    let shifts = reader.array(count, 1)?.to_vec();
    if let Some(&shift) = shifts.iter().find(|&&shift| shift > MAX_SHIFT) {
        return Err(ReadError::Shift(shift));
    }
    let (lo, hi) = (i64::from_le_bytes(reader.fixed()?), i64::from_le_bytes(reader.fixed()?));
    let limit = 1i64 << (assay_circuits::LIMIT_BITS - 1);
    if lo > hi || lo < -limit || hi > limit {
        return Err(ReadError::Clamp { lo, hi });
    }
    Ok(Rounding { shifts, lo, hi })
}
