//! Why a batch was not accepted, and with which of its proofs something is wrong where that can be said.

use thiserror::Error;

use crate::{
    groth16::{error::ProofPoint, forms::Form},
    statement::StatementError,
};

/// Most proofs of a batch: what the chain's heap and compute units allow, and more than a transaction carries.
pub const MAX_PROOFS: usize = 64;

/// Why a batch was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BatchError {
    /// No proof, or more than a batch holds.
    #[error("a batch holds 1 to {MAX_PROOFS} proofs, and this one {0}")]
    Count(usize),
    /// The bytes have another length than their first one asks for, under the model's form and number of limbs.
    #[error("the batch has {given} bytes where its proofs take {expected}")]
    Length {
        /// Bytes that so many proofs take; one, where not even the count is there.
        expected: usize,
        /// Bytes given.
        given: usize,
    },
    /// Another number of digests than of proofs.
    #[error("{given} digests for {proofs} proofs")]
    Digests {
        /// Proofs of the batch.
        proofs: usize,
        /// Digests given.
        given: usize,
    },
    /// Plain proofs under a committed key, or the reverse.
    #[error("the proofs are {proofs}, and the verifying key is {key}: they are of different circuits")]
    Form {
        /// The key's form.
        key: Form,
        /// The proofs' form.
        proofs: Form,
    },
    /// One proof is at fault, and this is seen without the product of pairings.
    #[error("proof {index} of the batch, counted from 0: {fault}")]
    Proof {
        /// Its place, from 0.
        index: usize,
        /// What is wrong with it.
        fault: ProofFault,
    },
    /// The sum of the C, or of the PoK, is no encoding of a point.
    #[error("the sum of the {0} has bits beyond the order of the base field")]
    Encoding(ProofPoint),
    /// The sum of the C, or of the PoK, is the identity.
    #[error("the sum of the {0} is the identity")]
    Identity(ProofPoint),
    /// The key's points refuse arithmetic: it never passed [`super::super::check_key`].
    #[error("the verifying key is malformed: check it before use")]
    MalformedKey,
    /// The product of the pairings is not 1, or a B, C or PoK is no point of its group. Which proof is at fault cannot be
    /// said: their C are summed.
    #[error("the batch does not verify: a proof is of another statement or key, or something was altered")]
    Invalid,
}

/// What is wrong with one proof of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofFault {
    /// A point is the identity.
    #[error("point {0} is the identity")]
    Identity(ProofPoint),
    /// A coordinate has bits beyond those of the base field's order.
    #[error("point {0} has bits beyond the order of the base field")]
    Encoding(ProofPoint),
    /// A point of G1 is not on its curve, or a coordinate is not below the base field's order.
    #[error("point {0} is not on its curve")]
    NotOnCurve(ProofPoint),
    /// Another number of limbs than the other proofs have.
    #[error("{given} limbs where the first proof of the batch has {expected}")]
    LimbCount {
        /// Limbs of the first proof.
        expected: usize,
        /// Limbs of this one.
        given: usize,
    },
    /// A limb is not below the scalar field's order, or the hash failed.
    #[error(transparent)]
    Statement(StatementError),
}
