//! Bytes of a quantized graph, little-endian and canonical. Names, shapes, widths and scales of inputs and outputs are
//! in the schema beside it and are not repeated.
//!
//! ```text
//! graph  = layers: u32 count, layer*, outputs: u32 count, u32 layer*
//! layer  = name, sources: u32 count, u32*, rows: u32, columns: u32, weights: i32*, biases: i64*, step, scale: i8
//! step   = 0 | 1, shifts: u8*, lo: i64, hi: i64 | 2, outer: u32, length: u32, inner: u32
//! name   = u32 length, UTF-8 bytes
//! ```

use assay_circuits::layers::dense::Weights;
use assay_interface::schema::ModelSchema;

use super::graph::{QuantGraph, QuantInput, QuantLayer, QuantOutput, Step};
use crate::bytes::{ReadError, Reader, Writer};

/// Most bits that a requantization drops: the gadget's limit.
const MAX_SHIFT: u8 = 58;
/// Layers that a graph may have.
const MAX_LAYERS: usize = 1 << 16;

/// Appends a graph.
pub(crate) fn write(graph: &QuantGraph, out: &mut Writer) {
    out.count(graph.layers.len());
    for layer in &graph.layers {
        out.text(&layer.name);
        out.count(layer.sources.len());
        layer.sources.iter().for_each(|&source| out.count(source));
        out.count(layer.weights.rows);
        out.count(layer.weights.cols);
        layer.weights.w.iter().for_each(|&w| out.bytes(&i32::try_from(w).unwrap_or(i32::MAX).to_le_bytes()));
        layer.bias.iter().for_each(|bias| out.bytes(&bias.to_le_bytes()));
        match &layer.step {
            Step::Accumulate => out.bytes(&[0]),
            Step::Requantize { shifts, lo, hi } => {
                out.bytes(&[1]);
                out.bytes(shifts);
                out.bytes(&lo.to_le_bytes());
                out.bytes(&hi.to_le_bytes());
            }
            Step::ArgMax { outer, length, inner } => {
                out.bytes(&[2]);
                [outer, length, inner].iter().for_each(|dim| out.bytes(&dim.to_le_bytes()));
            }
        }
        out.bytes(&layer.scale.to_le_bytes());
    }
    out.count(graph.outputs.len());
    graph.outputs.iter().for_each(|output| out.count(output.layer));
}

/// Reads a graph and checks everything that evaluating and lowering it rely on.
pub(crate) fn read(reader: &mut Reader<'_>, schema: &ModelSchema) -> Result<QuantGraph, ReadError> {
    let inputs: Vec<QuantInput> = schema
        .inputs()
        .iter()
        .map(|tensor| QuantInput {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            bits: tensor.bits,
            scale: tensor.scale,
        })
        .collect();
    let mut lengths: Vec<usize> = inputs.iter().map(QuantInput::elements).collect();
    // Values that later layers may read: not the accumulators and indices that only outputs are made of.
    let mut readable: Vec<bool> = vec![true; lengths.len()];
    let count = reader.count("layers", MAX_LAYERS)?;
    let mut layers: Vec<QuantLayer> = Vec::new();
    for _ in 0..count {
        let layer = read_layer(reader, &lengths, &readable)?;
        lengths.push(layer.len());
        readable.push(matches!(layer.step, Step::Requantize { .. }));
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
        if layer.scale != tensor.scale {
            return Err(ReadError::OutputScale { schema: tensor.scale, graph: layer.scale });
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

fn read_layer(
    reader: &mut Reader<'_>,
    lengths: &[usize],
    readable: &[bool],
) -> Result<QuantLayer, ReadError> {
    let name = reader.text()?;
    let count = reader.count("sources", lengths.len())?;
    let mut sources: Vec<usize> = Vec::with_capacity(count);
    let mut columns = 0usize;
    for _ in 0..count {
        let source = reader.count("source", lengths.len())?;
        // Ascending, so that a graph has one encoding.
        let ascending = sources.last().is_none_or(|&last| last < source);
        match (lengths.get(source), readable.get(source)) {
            (Some(&len), Some(true)) if ascending => columns = columns.saturating_add(len),
            _ => return Err(ReadError::Index { what: "source", index: source }),
        }
        sources.push(source);
    }
    let rows = reader.count("rows", usize::MAX)?;
    let found = reader.count("columns", usize::MAX)?;
    if rows == 0 || columns == 0 || found != columns {
        return Err(ReadError::Count { what: "columns", expected: columns, found });
    }
    let weights = reader.array(rows.saturating_mul(columns), 4)?;
    let w = weights.as_chunks::<4>().0.iter().map(|bytes| i64::from(i32::from_le_bytes(*bytes))).collect();
    let bias = reader.array(rows, 8)?;
    let bias = bias.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
    let step = match reader.byte()? {
        0 => Step::Accumulate,
        1 => {
            let shifts = reader.array(rows, 1)?.to_vec();
            if let Some(&shift) = shifts.iter().find(|&&shift| shift > MAX_SHIFT) {
                return Err(ReadError::Shift(shift));
            }
            let (lo, hi) = (i64::from_le_bytes(reader.fixed()?), i64::from_le_bytes(reader.fixed()?));
            let limit = 1i64 << (assay_circuits::LIMIT_BITS - 1);
            if lo > hi || lo < -limit || hi > limit {
                return Err(ReadError::Clamp { lo, hi });
            }
            Step::Requantize { shifts, lo, hi }
        }
        2 => {
            let mut dim = || reader.fixed().map(u32::from_le_bytes);
            let (outer, length, inner) = (dim()?, dim()?, dim()?);
            let found = super::graph::elements(&[outer, length, inner]);
            if found != rows {
                return Err(ReadError::Count { what: "scores", expected: rows, found });
            }
            Step::ArgMax { outer, length, inner }
        }
        other => return Err(ReadError::Step(other)),
    };
    let scale = i8::from_le_bytes(reader.fixed()?);
    let weights = Weights { rows, cols: columns, w };
    Ok(QuantLayer { name, sources, weights, bias, step, scale })
}
