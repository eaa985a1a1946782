//! A quantized graph into a circuit: each layer by the gadget that carries its meaning.
//!
//! The circuit proves: *the committed or shown inputs, put through the graph, give the shown outputs*. Linear maps cost
//! nothing; requantization, ReLU and ArgMax cost what `assay_circuits` says; the statement costs Poseidon.

use ark_bn254::Fr;
use assay_circuits::layers::{argmax, dense, requantize};
use assay_circuits::{
    Bounded, BuildError, Builder, Circuit, StatementInput, StatementOutput, Visibility, statement,
};
use assay_interface::schema::{ModelSchema, SchemaError, TensorSchema};

use crate::model::argmax_groups;
use crate::quantize::graph::{QuantGraph, QuantLayer, Step};
use crate::quantize::interval;

/// Terms that all linear combinations of a circuit may have together before they are merged: 2^28.
const MAX_WORK: u128 = 1 << 28;

/// A quantized graph has no circuit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// A layer cannot be constrained.
    #[error("layer '{layer}': {error}")]
    Layer {
        /// Layer name.
        layer: String,
        /// What failed.
        error: Box<BuildError>,
    },
    /// Inputs or statement cannot be constrained.
    #[error("statement: {0}")]
    Statement(Box<BuildError>),
    /// Tensors that no schema can describe.
    #[error("the model has no valid schema: {0}; names and shapes come from the ONNX file")]
    Schema(SchemaError),
    /// Linear combinations that are too large.
    #[error("the circuit's linear maps have {terms} terms, more than the {limit} that are supported")]
    TooLarge {
        /// Terms, unmerged.
        terms: u128,
        /// The limit.
        limit: u128,
    },
}

/// The schema of a graph; `commit` names the inputs that are committed.
pub(crate) fn schema(graph: &QuantGraph, name: &str, commit: &[String]) -> Result<ModelSchema, LowerError> {
    let inputs = graph.inputs.iter().map(|input| TensorSchema {
        name: input.name.clone(),
        shape: input.shape.clone(),
        bits: input.bits,
        scale: input.scale,
        visibility: match commit.contains(&input.name) {
            true => Visibility::Committed,
            false => Visibility::Public,
        },
    });
    let outputs = graph.outputs.iter().map(|output| TensorSchema {
        name: output.name.clone(),
        shape: output.shape.clone(),
        bits: output.bits,
        scale: graph.layers.get(output.layer).map_or(0, |layer| layer.scale),
        visibility: Visibility::Public,
    });
    ModelSchema::new(name.to_owned(), inputs.collect(), outputs.collect()).map_err(LowerError::Schema)
}

/// The circuit of a graph under its schema.
pub(crate) fn lower(graph: &QuantGraph, schema: &ModelSchema) -> Result<Circuit, LowerError> {
    check_work(graph)?;
    let mut b = Builder::new();
    let mut values: Vec<Vec<Bounded>> = Vec::with_capacity(graph.inputs.len() + graph.layers.len());
    for input in &graph.inputs {
        let wires = b.input(&input.name, input.elements(), input.bits).map_err(statement_error)?;
        values.push(wires);
    }
    for (position, layer) in graph.layers.iter().enumerate() {
        let x: Vec<Bounded> =
            layer.sources.iter().filter_map(|&source| values.get(source)).flatten().cloned().collect();
        let result = b.scope(&scope(position, layer), |b| constrain(b, layer, &x));
        values.push(
            result
                .map_err(|error| LowerError::Layer { layer: layer.name.clone(), error: Box::new(error) })?,
        );
    }
    let inputs: Vec<StatementInput<'_>> = schema
        .inputs()
        .iter()
        .zip(&values)
        .map(|(tensor, values)| StatementInput { values, bits: tensor.bits, visibility: tensor.visibility })
        .collect();
    let outputs: Vec<StatementOutput<'_>> = graph
        .outputs
        .iter()
        .filter_map(|output| {
            let values = values.get(graph.inputs.len() + output.layer)?;
            Some(StatementOutput { values, bits: output.bits })
        })
        .collect();
    b.bind_statement(domain(schema), &inputs, &outputs).map_err(statement_error)?;
    b.finish().map_err(statement_error)
}

fn statement_error(error: BuildError) -> LowerError {
    LowerError::Statement(Box::new(error))
}

/// The name under which a layer's constraints appear; `/` separates names in a circuit.
pub(crate) fn scope(position: usize, layer: &QuantLayer) -> String {
    format!("layer {position} {}", layer.name.replace('/', "."))
}

fn constrain(b: &mut Builder, layer: &QuantLayer, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    let accumulators = dense::constrain(b, x, &layer.weights, &layer.bias)?;
    match &layer.step {
        Step::Accumulate => Ok(accumulators),
        Step::Requantize { shifts, lo, hi } => b.scope("requantize", |b| {
            let rows = accumulators.iter().zip(shifts).map(|(acc, &shift)| {
                let p = requantize::Requantize { shift: u32::from(shift), lo: *lo, hi: *hi };
                requantize::constrain_one(b, acc, p)
            });
            rows.collect()
        }),
        &Step::ArgMax { outer, length, inner } => {
            argmax_groups(outer as usize, length as usize, inner as usize)
                .map(|group| {
                    let scores: Vec<Bounded> = group.filter_map(|at| accumulators.get(at).cloned()).collect();
                    argmax::constrain(b, &scores)
                })
                .collect()
        }
    }
}

/// The domain tag as a field element.
fn domain(schema: &ModelSchema) -> Fr {
    // The tag is below 2^248: its first byte is zero.
    let [_, tag @ ..] = schema.domain().to_be_bytes();
    statement::domain_from_bytes(&tag)
}

/// Bounds the terms of the linear combinations. A layer's results are single wires, except where requantization
/// is free: then they keep the terms of their accumulators.
fn check_work(graph: &QuantGraph) -> Result<(), LowerError> {
    let intervals = interval::of_graph(graph).map_err(|position| {
        let layer = graph.layers.get(position).map(|layer| layer.name.clone()).unwrap_or_default();
        let overflow = BuildError::Overflow { operation: "weighted sum", lo: i128::MIN, hi: i128::MAX };
        LowerError::Layer { layer, error: Box::new(overflow) }
    })?;
    let mut widths: Vec<Vec<u128>> = graph.inputs.iter().map(|input| vec![1; input.elements()]).collect();
    let mut terms = 0u128;
    for (layer, intervals) in graph.layers.iter().zip(&intervals) {
        let columns: u128 = layer.sources.iter().filter_map(|&source| widths.get(source)).flatten().sum();
        terms = terms.saturating_add(columns.saturating_mul(layer.weights.rows as u128));
        if terms > MAX_WORK {
            return Err(LowerError::TooLarge { terms, limit: MAX_WORK });
        }
        let width =
            |row: usize| if crate::quantize::is_free_row(layer, intervals, row) { columns } else { 1 };
        widths.push((0..layer.len()).map(width).collect());
    }
    Ok(())
}
