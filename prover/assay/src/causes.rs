//! What is wrong with salts, memberships, weights and witness files: each a kind of its own, wrapped by [`crate::Error`].

use assay_circuits::SolveError;
use assay_compiler::WeightsError;
use assay_interface::artifact::ArtifactError;

/// Why bytes are not the salts of a model's committed inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaltsError {
    /// Not a JSON object.
    #[error("not a JSON object of salts by input name: {0}")]
    Json(String),
    /// A committed input without a salt.
    #[error("no salt for input {0:?}")]
    Missing(String),
    /// A salt that is none.
    #[error("the salt of {0:?} is not 64 hexadecimal digits below the field's order")]
    Malformed(String),
}

/// Why there is no membership, or why it does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MembershipError {
    /// Not a JSON object.
    #[error("not a JSON object of secret, salt, position, siblings and scope: {0}")]
    Json(String),
    /// A field that is missing.
    #[error("the membership has no {0:?}")]
    Missing(&'static str),
    /// A field that is not what it should be.
    #[error("{0:?} of the membership is not {1}")]
    Malformed(&'static str, &'static str),
    /// A field that no membership has: its name, unless that could be a secret.
    #[error("a membership has no field {0}")]
    Unknown(String),
    /// The model has no member input.
    #[error("model {0:?} has no member input")]
    Unwanted(String),
    /// A member input without a membership.
    #[error("input {input:?} is a member of a tree of depth {depth}: its membership is missing")]
    Needed {
        /// Name of the input.
        input: String,
        /// Depth of the tree.
        depth: u8,
    },
    /// A path in a tree of another depth.
    #[error("the path has {found} siblings, and input {input:?} is in a tree of depth {depth}")]
    PathLength {
        /// Name of the input.
        input: String,
        /// Depth of the tree.
        depth: u8,
        /// Siblings given.
        found: usize,
    },
    /// A position that the tree does not have.
    #[error("position {position} in a tree of depth {depth}, which has positions 0 to 2^{depth} - 1")]
    Position {
        /// The position.
        position: u32,
        /// Depth of the tree.
        depth: u8,
    },
}

/// Why bytes are not the weights of an architecture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeightsFileError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The weights are of another architecture.
    #[error("the weights are of circuit {}, and this architecture has circuit {}", crate::hex::short(.file), crate::hex::short(.circuit))]
    OtherArchitecture {
        /// Circuit digest that the file names.
        file: [u8; 32],
        /// Circuit digest of the architecture.
        circuit: [u8; 32],
    },
    /// No mask.
    #[error("the file holds no mask: it is not an element of the field other than zero")]
    Mask,
    /// The weights are malformed, or do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// Why something is no commitment to weights, or not this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitmentError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The payload ends inside a point.
    #[error("the commitment ends too early: it has two points of 64 bytes")]
    Truncated,
    /// The file is of another architecture than the key.
    #[error("the commitment is of circuit {}, and the key of circuit {}", crate::hex::short(.file), crate::hex::short(.key))]
    OtherCircuit {
        /// Circuit digest in the file.
        file: [u8; 32],
        /// Circuit digest in the key.
        key: [u8; 32],
    },
    /// The points are no commitment under the keys, or the keys do not share one.
    #[error(transparent)]
    Points(assay_interface::groth16::weights::WeightsError),
    /// The proof is of something else than a registration.
    #[error("the proof in the commitment is not that of a registration for this architecture")]
    OtherStatement,
    /// Other weights, or another mask.
    #[error("the commitment is not to these weights with this mask")]
    OtherWeights,
    /// Keys of two setups.
    #[error(transparent)]
    Keys(#[from] assay_groth16::SharedError),
    /// No commitment can be made.
    #[error(transparent)]
    Make(#[from] assay_groth16::weights::CommitError),
}

/// Why bytes are not a witness file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessFileError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The payload is no witness.
    #[error(transparent)]
    Payload(#[from] assay_circuits::DecodeError),
    /// The header names another circuit.
    #[error("the witness names another circuit")]
    WrongCircuit,
    /// The wires behind the challenge have no values: it is no witness of this circuit.
    #[error("the witness cannot be completed: {0}")]
    Incomplete(SolveError),
}
