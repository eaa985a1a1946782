//! What is wrong with salts, memberships and witness files: each a kind of its own, wrapped by [`crate::Error`].

use assay_circuits::SolveError;
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
