//! The weights of a model for an architecture: what `.weights` files hold, beside the mask.
//!
//! ```text
//! weights = ONNX file: 32 bytes (SHA-256); calibration data: 32 bytes; for each output what is claimed of its decisions
//!           (`decision/encoding.rs`); values: u32 count, integers (`bytes`): in the order of the circuit's wires
//! ```

use crate::bytes::{ReadError, Reader, Writer};
use crate::compiled::CompiledModel;
use crate::decision::{self, DecisionClaim};
use crate::internal::InternalError;
use crate::provenance::Provenance;
use crate::quantize::committed::wires::{values, with_values};

/// Most weights: each is a wire.
const MOST: usize = 1 << 26;

/// The weights of a model, with what they were made of.
#[derive(Clone, PartialEq)]
pub struct ModelWeights {
    /// SHA-256 of the ONNX file.
    pub source_digest: [u8; 32],
    /// Digest of the calibration data: see [`crate::calibration_digest`].
    pub calibration_digest: [u8; 32],
    /// What each output decides, and for which integers the float model certainly decides the same.
    pub decisions: Vec<DecisionClaim>,
    /// Every weight and bias, in the order of the circuit's wires.
    pub values: Vec<i64>,
}

impl std::fmt::Debug for ModelWeights {
    /// Without the weights, which are secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ModelWeights({} weights)", self.values.len())
    }
}

/// Bytes are no weights of an architecture, or weights do not fit it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// The bytes are malformed.
    #[error("the weights are malformed: {0}")]
    Read(#[from] ReadError),
    /// The model's weights are constants of its circuit.
    #[error(
        "the model has fixed weights, which its circuit holds: weights are given for a model that was compiled with --weights committed"
    )]
    Fixed,
    /// Another number of weights.
    #[error("{found} weights, and the architecture has {expected}")]
    Count {
        /// Weights of the architecture.
        expected: usize,
        /// Weights given.
        found: usize,
    },
    /// A weight outside its format.
    #[error("layer '{layer}': {what} of {bits} bits is {value}")]
    Outside {
        /// Layer name.
        layer: String,
        /// `a weight` or `a bias`.
        what: &'static str,
        /// Its bits, signed.
        bits: u8,
        /// The integer.
        value: i64,
    },
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl CompiledModel {
    /// Whether weights are missing: the file of an architecture holds none.
    pub fn needs_weights(&self) -> bool {
        self.graph.layers.iter().any(|layer| layer.committed.as_ref().is_some_and(|known| !known.known))
    }

    /// The weights, where they are committed to and known.
    ///
    /// # Errors
    /// A graph that contradicts itself.
    pub fn weights(&self) -> Result<Option<ModelWeights>, InternalError> {
        if !self.is_committed() || self.needs_weights() {
            return Ok(None);
        }
        Ok(Some(ModelWeights {
            source_digest: self.source_digest,
            calibration_digest: self.provenance.calibration_digest,
            decisions: self.decisions.clone(),
            values: values(&self.graph)?,
        }))
    }

    /// The same architecture with these weights: what it computes with and proves.
    ///
    /// # Errors
    /// [`WeightsError`] where they are none of this architecture.
    pub fn with_weights(&self, weights: &ModelWeights) -> Result<CompiledModel, WeightsError> {
        if !self.is_committed() {
            return Err(WeightsError::Fixed);
        }
        let found = weights.values.len();
        let graph = with_values(&self.graph, &weights.values).map_err(InternalError::from)?;
        let Some(graph) = graph else {
            let expected = values(&self.graph).map_err(InternalError::from)?.len();
            return Err(WeightsError::Count { expected, found });
        };
        for layer in &graph.layers {
            let Some(committed) = &layer.committed else { continue };
            if let Some(outside) = committed.outside(&layer.map).map_err(InternalError::from)? {
                let what = if outside.is_bias { "a bias" } else { "a weight" };
                let (layer, bits, value) = (layer.name.clone(), outside.bits, outside.value);
                return Err(WeightsError::Outside { layer, what, bits, value });
            }
        }
        let (decisions, source_digest) = (weights.decisions.clone(), weights.source_digest);
        let provenance =
            Provenance { calibration_digest: weights.calibration_digest, ..self.provenance.clone() };
        Ok(CompiledModel { graph, decisions, source_digest, provenance, ..self.clone() })
    }
}

impl ModelWeights {
    /// The bytes of weights.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(&self.source_digest);
        out.bytes(&self.calibration_digest);
        decision::write(&self.decisions, &mut out);
        out.count(self.values.len());
        out.integers(&self.values);
        out.finish()
    }

    /// The weights in bytes, for this architecture.
    ///
    /// # Errors
    /// [`WeightsError::Read`].
    pub fn from_bytes(bytes: &[u8], architecture: &CompiledModel) -> Result<ModelWeights, WeightsError> {
        let mut reader = Reader::new(bytes);
        let (source_digest, calibration_digest) = (reader.fixed()?, reader.fixed()?);
        let CompiledModel { schema, graph, provenance, .. } = architecture;
        let decisions = decision::read(&mut reader, schema, graph, &provenance.options)?;
        let count = reader.count("weights", MOST)?;
        let values = reader.integers(count, 8)?;
        reader.finish()?;
        Ok(ModelWeights { source_digest, calibration_digest, decisions, values })
    }
}
