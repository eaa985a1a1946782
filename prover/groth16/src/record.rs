//! What shows which circuit a development key is of: the seed that its secrets follow from.
//!
//! A Groth16 key does not show its circuit. Each IC point of a verifying key is a multiple of the generator by an element that
//! the circuit's polynomials *and* the secrets determine; without the secrets, telling one circuit's element from another's
//! is to compute discrete logarithms, so the circuit digest in a `.vk` or `.pk` is a claim of whoever wrote the file. A
//! [`SetupRecord`] makes it checkable: [`SetupRecord::recompute`] makes the key again and compares it, byte for byte.
//!
//! ```text
//! .secret = circuit digest 32 | digest of the .vk artifact 32 | seed 32
//! ```
//!
//! **Whoever holds a record can forge proofs under its key**, as whoever made the key could have. It is for those who make a
//! development key and want to show, to themselves or to an auditor who then holds the same power, that key and circuit
//! belong together. The artifact's parent is the circuit digest, repeated in the payload for the checksum's sake.

use assay_circuits::Circuit;
use assay_interface::artifact::{self, ArtifactError, Kind};
use thiserror::Error;

use crate::{
    key::{ProvingKey, VerifyingKey},
    progress::Observer,
    setup::{SetupError, SetupSeed, setup_from_seed},
};

/// The seed of a development setup, and the names of what it made.
#[derive(Clone, Debug)]
pub struct SetupRecord {
    circuit: [u8; 32],
    verifying_key: [u8; 32],
    seed: SetupSeed,
}

/// Why a record is none, or is not of a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The payload has another length.
    #[error("a setup record has 96 bytes, this one {0}")]
    Length(usize),
    /// The header names another circuit than the content.
    #[error("the header and the content of the setup record name different circuits: the file is damaged")]
    Parent,
    /// The record is of another circuit.
    #[error("the setup record is of another circuit")]
    WrongCircuit {
        /// Digest in the record.
        record: [u8; 32],
        /// Digest of the circuit.
        circuit: [u8; 32],
    },
    /// What the seed gives is not the key: the key is of another circuit or another seed, or was altered.
    #[error(
        "the {what} that this record and circuit give is another one: the key is not this circuit's, or was altered"
    )]
    OtherKey {
        /// `verifying key` or `proving key`.
        what: &'static str,
    },
    /// The setup failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl SetupRecord {
    /// The record of the key that `seed` just gave.
    pub fn new(key: &VerifyingKey, seed: SetupSeed) -> SetupRecord {
        SetupRecord { circuit: key.circuit_digest(), verifying_key: key.digest(), seed }
    }

    /// Digest of the circuit.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.circuit
    }

    /// Digest of the `.vk` artifact.
    pub fn key_digest(&self) -> [u8; 32] {
        self.verifying_key
    }

    /// Makes the key again, which takes what the setup took, and refuses one that is not the record's.
    pub fn recompute(&self, circuit: &Circuit, observer: Observer<'_>) -> Result<ProvingKey, RecordError> {
        let digest = circuit.digest();
        if self.circuit != digest {
            return Err(RecordError::WrongCircuit { record: self.circuit, circuit: digest });
        }
        let key = setup_from_seed(circuit, &self.seed, observer)?;
        if key.verifying_key().digest() != self.verifying_key {
            return Err(RecordError::OtherKey { what: "verifying key" });
        }
        Ok(key)
    }

    /// The `.secret` artifact, for a file that only its owner can read.
    pub fn to_secret_bytes(&self) -> Vec<u8> {
        let payload = [self.circuit, self.verifying_key, *self.seed.secret_bytes()].concat();
        artifact::encode(Kind::SetupRecord, self.circuit, &payload)
    }

    /// The record in a `.secret` artifact.
    pub fn from_bytes(bytes: &[u8]) -> Result<SetupRecord, RecordError> {
        let artifact = artifact::decode(Kind::SetupRecord, bytes)?;
        let (&[circuit, verifying_key, seed], &[]) = artifact.payload.as_chunks::<32>() else {
            return Err(RecordError::Length(artifact.payload.len()));
        };
        if circuit != artifact.parent {
            return Err(RecordError::Parent);
        }
        Ok(SetupRecord { circuit, verifying_key, seed: SetupSeed::from_bytes(seed) })
    }
}
