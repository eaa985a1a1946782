//! The weights of a model whose circuit has none: what its owner keeps beside the architecture.
//!
//! ```text
//! payload of a .weights file = mask: 32 bytes (a field element, big-endian); weights (`assay_compiler::ModelWeights`)
//! ```
//!
//! The parent of the file is the digest of the architecture's circuit. The mask blinds the commitment and is drawn with the weights: every
//! set of weights has one of its own. Of two sets under one mask the commitments would differ by the weights that do, and few changes can
//! be guessed.

use std::fmt;

use assay_compiler::ModelWeights;
use assay_interface::{
    artifact::{self, Kind},
    field::Scalar,
};

use crate::hex;

/// Weights of one architecture, with the mask of their commitment: a secret, with which anybody can prove as the model's owner.
#[derive(Clone, PartialEq)]
pub struct Weights {
    circuit: [u8; 32],
    mask: Scalar,
    model: ModelWeights,
}

impl Weights {
    /// These weights, of the architecture with this circuit, with this mask.
    pub(crate) fn of(circuit: [u8; 32], mask: Scalar, model: ModelWeights) -> Weights {
        Weights { circuit, mask, model }
    }

    /// The bytes of a `.weights` file, for its owner alone.
    pub fn to_secret_bytes(&self) -> Vec<u8> {
        let payload = [&self.mask.as_be_bytes()[..], &self.model.to_bytes()].concat();
        artifact::encode(Kind::Weights, self.circuit, &payload)
    }

    /// Circuit digest of the architecture.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.circuit
    }

    /// Every weight and bias, in the order of the circuit's wires.
    pub fn values(&self) -> &[i64] {
        &self.model.values
    }

    /// The mask of their commitment.
    pub fn mask(&self) -> Scalar {
        self.mask
    }

    /// SHA-256 of the ONNX file that they are of.
    pub fn source_digest(&self) -> [u8; 32] {
        self.model.source_digest
    }

    pub(crate) fn of_model(&self) -> &ModelWeights {
        &self.model
    }
}

impl fmt::Debug for Weights {
    /// Without weights and mask, which are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Weights({} secret, circuit {})", self.model.values.len(), hex::short(&self.circuit))
    }
}
