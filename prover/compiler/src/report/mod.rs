//! What a compilation costs and what it loses.
//!
//! The report is for people and scripts; nothing is decided from it. Where the build has a float engine, its float numbers come from
//! there, so their last digits may differ between machines; the compiled model's bytes do not.

mod cost;
mod error;
mod text;

use serde::Serialize;

use crate::compile::CompileError;
use crate::compiled::CompiledModel;
use crate::float::{self, FloatModel};
use crate::model::Model;
use crate::options::Options;
use crate::quantize::plan::{Plan, Realized};
use crate::quantize::profile::Profile;
use crate::strategy;
use crate::warning::Warning;

/// Costs and losses of a compilation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name in the schema.
    pub model: String,
    /// SHA-256 of the ONNX file, in hex.
    pub source_digest: String,
    /// Digest of the circuit, in hex: what keys are bound to.
    pub circuit_digest: String,
    /// Samples of the calibration data.
    pub samples: usize,
    /// Largest error that was allowed.
    pub max_error: f64,
    /// The independent engine that ran the ONNX file beside this compiler's own evaluation; `None` where the build has
    /// none, and errors are against that evaluation alone.
    pub float_engine: Option<&'static str>,
    /// Input tensors.
    pub inputs: Vec<TensorReport>,
    /// Output tensors with their errors.
    pub outputs: Vec<OutputReport>,
    /// Layers with their ranges and widths.
    pub layers: Vec<LayerReport>,
    /// Size of the circuit.
    pub circuit: CircuitReport,
    /// Compute units of the verifier's `verify` on chain by CPI.
    pub verify_compute_units: u64,
    /// Memory that a proof takes, the loaded key included, in bytes, if the caller knows: see [`Report::with_proving_memory`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proving_memory_bytes: Option<u64>,
    /// Both ways to prove ranges, and why one was taken.
    pub ranges: RangesReport,
    /// What was accepted and should be looked at.
    pub warnings: Vec<Warning>,
}

/// An input tensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorReport {
    /// Name.
    pub name: String,
    /// Shape.
    pub shape: Vec<u32>,
    /// Bits of an element.
    pub bits: u8,
    /// Binary scale.
    pub scale: i8,
    /// `public` or `committed`.
    pub visibility: &'static str,
}

/// An output tensor and its error against the float model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputReport {
    /// Name.
    pub name: String,
    /// Shape.
    pub shape: Vec<u32>,
    /// Bits of an element.
    pub bits: u8,
    /// Binary scale.
    pub scale: i8,
    /// What the error is measured on: `value`, or `score` behind an ArgMax.
    pub measured_on: &'static str,
    /// Largest absolute error over the calibration data.
    pub max_error: f64,
    /// Mean absolute error over the calibration data.
    pub mean_error: f64,
    /// Largest difference between the float reference engine and the compiler's own evaluation, if there is an engine.
    pub engine_gap: Option<f64>,
    /// Elements that fall on another side of the threshold than in the float model (or, for an ArgMax, that are
    /// another index).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Decisions>,
}

/// Decisions of the integer model against those of the float model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decisions {
    /// The threshold, if the decision is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Elements compared.
    pub total: usize,
    /// Elements that differ.
    pub flipped: usize,
}

/// A layer of the quantized graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerReport {
    /// ONNX nodes of the layer.
    pub name: String,
    /// Elements of its result.
    pub rows: usize,
    /// Elements it reads.
    pub columns: usize,
    /// `accumulate`, `requantize`, `relu`, `clip`, `argmax`, `softmax`, `layer norm` or the name of a function, behind
    /// `max pool, ` where the layer pools.
    pub step: String,
    /// Weights, each counted once.
    pub parameters: usize,
    /// Bits of the widest weight, with its sign.
    pub weight_bits: u32,
    /// Bits of the widest accumulator, with its sign, for any inputs.
    pub accumulator_bits: u32,
    /// Bits of the widest result, with its sign, for any inputs.
    pub bits: u32,
    /// Binary scale of the results.
    pub scale: i8,
    /// Whether results can saturate at their width.
    pub saturates: bool,
    /// Range of the float results over the calibration data (of the scores, for an ArgMax).
    pub calibrated: (f64, f64),
    /// Range that interval arithmetic proves, for any inputs, in real units.
    pub proven: (f64, f64),
    /// Constraints of the layer.
    pub constraints: usize,
}

/// Size of the circuit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CircuitReport {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Wires, instance and witness.
    pub wires: usize,
    /// Nonzero entries of the three matrices.
    pub nonzeros: usize,
    /// Size of the FFT domain that Groth16 needs.
    pub domain: usize,
    /// Constraints of each part: inputs, layers, statement, tables.
    pub parts: Vec<PartReport>,
    /// Constraints of each kind, over all parts.
    pub kinds: Vec<KindReport>,
}

/// Constraints of one part of the circuit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartReport {
    /// The part: an input, a layer, the statement, the lookup tables.
    pub part: String,
    /// How many.
    pub constraints: usize,
    /// The same by kind.
    pub kinds: Vec<KindReport>,
}

/// Constraints of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindReport {
    /// What the constraints are for: see [`assay_circuits::Kinds`].
    pub kind: &'static str,
    /// How many.
    pub constraints: usize,
}

/// The two ways to prove ranges, estimated alike: see [`crate::strategy`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangesReport {
    /// `bits` or `lookups`.
    pub chosen: &'static str,
    /// Why.
    pub reason: String,
    /// Ranges proven by bits.
    pub bits: WayReport,
    /// Ranges proven by lookups.
    pub lookups: WayReport,
}

/// What one way to prove ranges costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WayReport {
    /// Rank-1 constraints: of the circuit for the way that was taken, by formula for the other.
    pub constraints: usize,
    /// Estimated time of witness and proof on the machine that the strategy's constants come from, in milliseconds.
    pub proving_ms: f64,
    /// Compute units of the verifier's `verify` by CPI.
    pub verify_compute_units: u64,
}

impl Report {
    /// The same report with the memory of a proof, in bytes, which the proof system knows: this crate does not depend on it.
    pub fn with_proving_memory(mut self, bytes: u64) -> Self {
        self.proving_memory_bytes = Some(bytes);
        self
    }

    /// The report as text for people.
    pub fn text(&self) -> String {
        text::render(self)
    }
}

/// What a report is made from.
pub(crate) struct Evidence<'a> {
    pub model: &'a Model,
    pub profile: &'a Profile,
    /// Powers of two by which equalization scaled each row of each layer.
    pub exponents: &'a [Vec<i32>],
    pub plan: &'a Plan,
    pub realized: &'a Realized,
    pub float: Option<&'a FloatModel>,
    pub options: &'a Options,
    pub warnings: Vec<Warning>,
}

pub(crate) fn make(compiled: &CompiledModel, evidence: &Evidence<'_>) -> Result<Report, CompileError> {
    let schema = &compiled.schema;
    let inputs = schema.inputs().iter().map(|tensor| TensorReport {
        name: tensor.name.clone(),
        shape: tensor.shape.clone(),
        bits: tensor.bits,
        scale: tensor.scale,
        visibility: match tensor.visibility {
            assay_interface::schema::Visibility::Public => "public",
            assay_interface::schema::Visibility::Committed => "committed",
        },
    });
    let parts = compiled.circuit.parts();
    let stats = compiled.circuit.stats();
    Ok(Report {
        model: schema.name().to_owned(),
        source_digest: hex(&compiled.source_digest),
        circuit_digest: hex(&compiled.circuit.digest()),
        samples: evidence.profile.samples.len(),
        max_error: evidence.options.max_error,
        float_engine: evidence.float.and(float::ENGINE),
        inputs: inputs.collect(),
        outputs: error::outputs(compiled, evidence)?,
        layers: cost::layers(compiled, evidence, &parts),
        circuit: CircuitReport {
            constraints: stats.constraints,
            wires: stats.instance + stats.witness,
            nonzeros: stats.nonzeros,
            domain: stats.domain,
            parts: cost::parts(&parts),
            kinds: cost::kinds(&compiled.circuit.kinds()),
        },
        verify_compute_units: strategy::verify_compute_units(schema, compiled.ranges()),
        proving_memory_bytes: None,
        ranges: cost::ranges(compiled, evidence),
        warnings: evidence.warnings.clone(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
