//! What a report says: plain data, for scripts as JSON.

use assay_circuits::Ranges;
use assay_circuits::cost::Size;
use assay_interface::scales::Scales;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::bound::BoundReport;
use super::histogram::Histogram;
use super::saturation::SaturationReport;
use crate::compiled::CompiledModel;
use crate::compute_units::ComputeUnits;
use crate::strategy::Machine;
use crate::warning::Warning;

/// The word of reports for a way to prove ranges.
pub(super) fn word(ranges: Ranges) -> &'static str {
    match ranges {
        Ranges::Bits => "bits",
        Ranges::Lookup => "lookups",
    }
}

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
    /// Largest part of rows like these samples that lie outside of the declared domains, where a domain is the samples' own range (for a
    /// margin of 0; with one it is less).
    pub outside: f64,
    /// By which part of its span the samples' range was widened.
    pub margin: f64,
    /// Samples made of these, which the search for formats looked at, too.
    pub made_samples: usize,
    /// Samples that errors were measured on: all, or several thousand of them.
    pub measured_samples: usize,
    /// Largest error that was allowed.
    pub max_error: f64,
    /// Largest error that was to be certified, where one was asked for; warnings name the outputs of which it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_error_certified: Option<f64>,
    /// The independent engine that ran the ONNX file; `None` where none did, and errors are against this compiler's own
    /// evaluation.
    pub float_engine: Option<&'static str>,
    /// Input tensors.
    pub inputs: Vec<TensorReport>,
    /// Output tensors with their errors.
    pub outputs: Vec<OutputReport>,
    /// Layers with their ranges and widths.
    pub layers: Vec<LayerReport>,
    /// Size of the circuit.
    pub circuit: CircuitReport,
    /// Compute units of verifying a proof on chain.
    pub compute_units: ComputeUnits,
    /// Memory that a proof takes, the loaded key included, in bytes, if the caller knows: see [`Report::with_proving_memory`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proving_memory_bytes: Option<u64>,
    /// Weights that are committed to, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<WeightsReport>,
    /// Both ways to prove ranges, and why one was taken.
    pub ranges: RangesReport,
    /// Values that may saturate for some input of the domain; none where it is certain that none does, or nothing is certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saturation: Option<SaturationReport>,
    /// What is likely to be wrong.
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
    /// Binary scales: a number, or `{axis, scales}`; `"float32"` where there is none, and numbers are exact.
    #[serde(rename = "scale", serialize_with = "serialize_scales")]
    pub scales: Scales,
    /// `public` or `committed`.
    pub visibility: &'static str,
    /// The inputs of the ONNX file that are its columns, where it joins several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
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
    /// Binary scales: a number, or `{axis, scales}`.
    #[serde(rename = "scale", serialize_with = "serialize_scales")]
    pub scales: Scales,
    /// What the error is measured on.
    pub measured_on: MeasuredOn,
    /// Largest absolute error over the calibration data.
    pub max_error: f64,
    /// Mean absolute error over the calibration data.
    pub mean_error: f64,
    /// The largest error beside what the output varies by; none where the float model's output is constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<RelativeError>,
    /// The largest error on the whole of the declared domain; none where decisions are counted alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<BoundReport>,
    /// Errors with their signs, integer model minus float model, as far as they are allowed.
    pub errors: Histogram,
    /// Largest difference between the float reference engine and the compiler's own evaluation.
    pub engine_gap: Option<f64>,
    /// Elements that fall on another side of the threshold than in the float model (or, for an ArgMax, that are
    /// another index).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Decisions>,
}

/// One scale as a number, scales along an axis as `{axis, scales}`, none as `"float32"`.
fn serialize_scales<S: Serializer>(scales: &Scales, serializer: S) -> Result<S::Ok, S::Error> {
    match scales {
        Scales::One(scale) => serializer.serialize_i8(*scale),
        Scales::Float32 => serializer.serialize_str("float32"),
        Scales::Axis { axis, scales } => {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("axis", axis)?;
            map.serialize_entry("scales", scales)?;
            map.end()
        }
    }
}

/// What an output's error is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MeasuredOn {
    /// The output's values.
    Value,
    /// The scores that a decision compares.
    Score,
    /// Nothing: its decisions are counted.
    Decision,
}

/// An output's largest error beside what the output varies by over the calibration data: of its elements the one with
/// the largest range in the float model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RelativeError {
    /// Largest value less smallest.
    pub range: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// Largest error, of the range.
    pub of_range: f64,
    /// Largest error, of the standard deviation, unless that is too small for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_deviation: Option<f64>,
}

/// Decisions of the integer model against those of the float model, over all of the calibration data: whether elements
/// are at least the threshold, or which score is the largest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decisions {
    /// The threshold, if the decision is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Decisions.
    pub total: usize,
    /// Those that differ from the float model's, but where its scores tie in single precision.
    pub flipped: usize,
    /// Those within the largest allowed error of the other decision, where an error can change them.
    pub near: usize,
    /// Distances of the float model's values from the threshold, with their signs; for an ArgMax, half of what the
    /// largest score is ahead of the next.
    pub distances: Histogram,
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

/// What committing to the weights takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightsReport {
    /// Weights, biases included: wires of the circuit.
    pub count: usize,
    /// Constraints that the circuit has.
    pub constraints: usize,
    /// Constraints that it would have with fixed weights.
    pub fixed_constraints: usize,
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
    /// Estimated time of witness and proof.
    pub proving: ProvingTime,
    /// Compute units of verifying a proof on chain.
    pub compute_units: ComputeUnits,
}

/// Estimated time of witness and proof, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvingTime {
    /// On two cores of a server, since nothing is known about the caller's machine.
    Typical {
        /// With AVX-512 IFMA.
        with_ifma_ms: f64,
        /// With the portable arithmetic.
        without_ifma_ms: f64,
    },
    /// On the caller's machine: see [`Report::with_proving_time`].
    Here {
        /// Milliseconds.
        ms: f64,
    },
}

impl Report {
    /// The same report with the memory of a proof, in bytes, which the proof system knows: this crate does not depend on it.
    pub fn with_proving_memory(mut self, bytes: u64) -> Self {
        self.proving_memory_bytes = Some(bytes);
        self
    }

    /// The same report with the time of witness and proof on the caller's machine, which the proof system estimates from a
    /// calibration. What the other way to prove ranges would take follows in proportion.
    pub fn with_proving_time(mut self, time: ProvingTime) -> Self {
        let ProvingTime::Here { ms } = time else { return self };
        let taken = self.ranges.taken();
        for way in [&mut self.ranges.bits, &mut self.ranges.lookups] {
            way.proving = ProvingTime::Here { ms: ms * way.proving.relative_to(&taken.proving) };
        }
        self
    }
}

impl RangesReport {
    /// The way that was taken.
    pub fn taken(&self) -> WayReport {
        if self.chosen == word(Ranges::Bits) { self.bits } else { self.lookups }
    }
}

impl ProvingTime {
    /// Of a model's circuit on two cores of a server.
    pub fn typical(model: &CompiledModel) -> ProvingTime {
        let (size, ranges) = (Size::of(&model.circuit), model.ranges());
        ProvingTime::Typical {
            with_ifma_ms: Machine::WITH_IFMA.proving_ms(size, ranges),
            without_ifma_ms: Machine::WITHOUT_IFMA.proving_ms(size, ranges),
        }
    }

    /// How many times as long this takes; times of two machines are not compared.
    fn relative_to(&self, other: &ProvingTime) -> f64 {
        match (self, other) {
            (
                ProvingTime::Typical { with_ifma_ms: ours, .. },
                ProvingTime::Typical { with_ifma_ms: theirs, .. },
            )
            | (ProvingTime::Here { ms: ours }, ProvingTime::Here { ms: theirs }) => ours / theirs,
            _ => 1.0,
        }
    }
}
