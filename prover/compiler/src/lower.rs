//! A quantized graph into a circuit: each layer by the gadget that carries its meaning.
//!
//! The circuit proves: *the committed or shown inputs, put through the graph, give the shown outputs*. Linear maps cost
//! nothing; requantization, ReLU and ArgMax cost what `assay_circuits` says; the statement costs Poseidon.

use ark_bn254::Fr;
use assay_circuits::layers::{max_pool, requantize};
use assay_circuits::{
    Bounded, BuildError, Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, gather,
    statement,
};
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{MAX_BITS, ModelSchema, SchemaError, TensorSchema};

use crate::internal::{Expected, InternalError};
use crate::model::Model;
use crate::options::Options;
use crate::quantize::bounds::{self, LayerIntervals};
use crate::quantize::committed::wires::{self, OfLayer, WiresError};
use crate::quantize::cost;
use crate::quantize::error::PlanError;
use crate::quantize::graph::{QuantArgument, QuantGraph, QuantLayer, QuantOutput, Rounding, Step};
use crate::quantize::realize::schema_shape;

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
    #[error(
        "the model has no valid schema: {0}; names and shapes come from the ONNX file: change them there, or choose outputs (--output)"
    )]
    Schema(SchemaError),
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
    /// Linear combinations that are too large.
    #[error("the circuit's linear maps have {terms} terms, more than the {limit} that are supported")]
    TooLarge {
        /// Terms, unmerged.
        terms: u128,
        /// The limit.
        limit: u128,
    },
}

/// Whether the tensors of a model have names, shapes and a number that a schema takes, before anything is known of their integers.
pub(crate) fn check_tensors(model: &Model, name: &str, options: &Options) -> Result<(), LowerError> {
    let tensor = |name: &str, shape: &[usize], visibility| TensorSchema {
        name: name.to_owned(),
        shape: schema_shape(shape),
        bits: MAX_BITS,
        scales: Scales::One(0),
        missing: Missing::Never,
        visibility,
    };
    let inputs = model.inputs.iter().map(|x| tensor(&x.name, &x.shape, visibility(&x.name, options)));
    let outputs = model.outputs.iter().map(|y| tensor(&y.name, &y.shape, Visibility::Public));
    let schema = ModelSchema::new(name.to_owned(), inputs.collect(), outputs.collect());
    schema.map(|_| ()).map_err(LowerError::Schema)
}

/// What a statement shows of an input.
fn visibility(name: &str, options: &Options) -> Visibility {
    match &options.member {
        Some(member) if member.name == name => Visibility::Member { depth: member.depth },
        _ if options.commit.iter().any(|committed| committed == name) => Visibility::Committed,
        _ => Visibility::Public,
    }
}

/// The schema of a graph; the options say which inputs a statement hides.
pub(crate) fn schema(graph: &QuantGraph, name: &str, options: &Options) -> Result<ModelSchema, LowerError> {
    let inputs = graph.inputs.iter().map(|input| TensorSchema {
        name: input.name.clone(),
        shape: input.shape.clone(),
        bits: input.bits,
        scales: input.scales.clone(),
        missing: input.missing.clone(),
        visibility: visibility(&input.name, options),
    });
    let outputs = graph.outputs.iter().map(|output| {
        Ok(TensorSchema {
            name: output.name.clone(),
            shape: output.shape.clone(),
            bits: output.bits,
            scales: graph.layers.get(output.layer).expected("the layer of an output")?.scale.into(),
            missing: Missing::Never,
            visibility: Visibility::Public,
        })
    });
    let outputs = outputs.collect::<Result<_, InternalError>>()?;
    ModelSchema::new(name.to_owned(), inputs.collect(), outputs).map_err(LowerError::Schema)
}

/// The circuit of a graph under its schema. How it proves ranges does not change what it proves.
pub(crate) fn lower(graph: &QuantGraph, schema: &ModelSchema, ranges: Ranges) -> Result<Circuit, LowerError> {
    let intervals = check_work(graph)?;
    let mut b = Builder::with_ranges(ranges);
    let weights = wires::declare(&mut b, graph).map_err(|error| match error {
        WiresError::Build(error) => statement_error(error),
        WiresError::Missing(missing) => InternalError::from(missing).into(),
    })?;
    let mut values: Vec<Vec<Bounded>> = Vec::with_capacity(graph.inputs.len() + graph.layers.len());
    for input in &graph.inputs {
        let wires = b.input_of(&input.name, input.bits, &input.domains).map_err(statement_error)?;
        values.push(wires);
    }
    for (position, ((layer, intervals), weights)) in
        graph.layers.iter().zip(&intervals).zip(&weights).enumerate()
    {
        let x = layer.gather(&values).map_err(InternalError::from)?;
        let result = b.scope(&scope(position, layer), |b| constrain(b, layer, weights, &x, intervals));
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
    let output = |output: &QuantOutput| {
        let values = values.get(graph.inputs.len() + output.layer).expected("the values of an output")?;
        Ok(StatementOutput { values, bits: output.bits })
    };
    let outputs: Vec<StatementOutput<'_>> =
        graph.outputs.iter().map(output).collect::<Result<_, InternalError>>()?;
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

/// The results of a layer. Whether it pools before it rounds changes what it costs and not what it gives.
fn constrain(
    b: &mut Builder,
    layer: &QuantLayer,
    weights: &OfLayer,
    x: &[Bounded],
    intervals: &LayerIntervals,
) -> Result<Vec<Bounded>, BuildError> {
    let pools_first = cost::pools_first(layer, intervals, b.ranges());
    let accumulators = match &layer.committed {
        None => layer.map.constrain(b, x)?,
        Some(_) => wires::constrain(b, &layer.map, weights, x)?,
    };
    let pool = |b: &mut Builder, values: Vec<Bounded>| match &layer.pool {
        Some(window) => max_pool::constrain(b, &values, window),
        None => Ok(values),
    };
    match &layer.step {
        Step::Accumulate => pool(b, accumulators),
        Step::Requantize(rounding) if pools_first => {
            let pooled = pool(b, accumulators)?;
            round(b, rounding, &pooled)
        }
        Step::Requantize(rounding) => {
            let rounded = round(b, rounding, &accumulators)?;
            pool(b, rounded)
        }
        Step::Operator { arguments, operator } => {
            let pooled = pool(b, accumulators)?;
            if let ([QuantArgument { rounding: Some(rounding), .. }], Some(fused)) =
                (arguments.as_slice(), operator.with_rounding())
            {
                let parameters: Vec<_> = rounding.of_each(pooled.len())?.collect();
                return fused.constrain_rounded(b, &pooled, &parameters);
            }
            let mut rounded = Vec::with_capacity(pooled.len());
            for (argument, part) in Step::split(arguments, &pooled)? {
                match &argument.rounding {
                    Some(rounding) => rounded.extend(round(b, rounding, part)?),
                    None => rounded.extend_from_slice(part),
                }
            }
            operator.constrain(b, &rounded)
        }
    }
}

/// Rounds and clamps.
fn round(b: &mut Builder, rounding: &Rounding, values: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    cost::by_shift(rounding, values, |group, p| requantize::constrain(b, group, p))
}

/// The domain tag as a field element.
fn domain(schema: &ModelSchema) -> Fr {
    // The tag is below 2^248: its first byte is zero.
    let [_, tag @ ..] = schema.domain().to_be_bytes();
    statement::domain_from_bytes(&tag)
}

/// The intervals of all layers, and a bound on the terms of the linear combinations. A layer's results are single wires,
/// except where nothing is rounded: then they keep the terms of their accumulators.
pub(crate) fn check_work(graph: &QuantGraph) -> Result<Vec<LayerIntervals>, LowerError> {
    let intervals = bounds::of_graph(graph).map_err(|(layer, error)| match error {
        PlanError::Infeasible => {
            let overflow = BuildError::Overflow { operation: "weighted sum", lo: i128::MIN, hi: i128::MAX };
            LowerError::Layer { layer: layer.name.clone(), error: Box::new(overflow) }
        }
        PlanError::Internal(what) => InternalError(what).into(),
    })?;
    // Terms of the widest element of each value.
    let mut widths: Vec<u128> = graph.inputs.iter().map(|_| 1).collect();
    let mut terms = 0u128;
    for (layer, intervals) in graph.layers.iter().zip(&intervals) {
        let sources = gather("a value that a layer reads", &widths, layer.sources.iter().copied());
        let widest =
            sources.map_err(InternalError::from)?.into_iter().max().expected("a source of a layer")?;
        let of_layer = layer.map.terms().saturating_mul(widest);
        terms = terms.saturating_add(of_layer);
        if terms > MAX_WORK {
            return Err(LowerError::TooLarge { terms, limit: MAX_WORK });
        }
        let of_row = (of_layer / (layer.map.rows().max(1) as u128)).max(1);
        widths.push(if cost::is_free(layer, intervals) { of_row } else { 1 });
    }
    Ok(intervals)
}
