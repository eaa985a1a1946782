//! What can be wrong with a key or a proof, and with which of its points.

use thiserror::Error;

use super::forms::{
    COMMITTED_KEY_COMPRESSED_LEN, COMMITTED_KEY_LEN, COMMITTED_PROOF_LEN, Form, PLAIN_KEY_COMPRESSED_LEN,
    PLAIN_KEY_LEN, PLAIN_PROOF_LEN,
};

/// A point of a verifying key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPoint {
    /// alpha in G1.
    Alpha,
    /// beta in G2.
    Beta,
    /// gamma in G2.
    Gamma,
    /// delta in G2.
    Delta,
    /// IC_0 in G1: the constant term.
    Ic0,
    /// IC_1 in G1: the factor of the digest.
    Ic1,
    /// IC_2 in G1: the factor of the challenge; in committed keys only.
    Ic2,
    /// -sigma gamma in G2; in committed keys only.
    SigmaGamma,
    /// -sigma_w gamma in G2; in keys with weights only.
    SigmaWeights,
}

impl core::fmt::Display for KeyPoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            KeyPoint::Alpha => "alpha",
            KeyPoint::Beta => "beta",
            KeyPoint::Gamma => "gamma",
            KeyPoint::Delta => "delta",
            KeyPoint::Ic0 => "IC_0",
            KeyPoint::Ic1 => "IC_1",
            KeyPoint::Ic2 => "IC_2",
            KeyPoint::SigmaGamma => "-sigma gamma",
            KeyPoint::SigmaWeights => "-sigma_w gamma",
        })
    }
}

/// Why bytes are not a verifying key that may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Another length than that of a key with one public input.
    #[error(
        "{0} bytes are not a verifying key with one public input, which has {PLAIN_KEY_LEN}, or with a commitment \
         {COMMITTED_KEY_LEN} (compressed {PLAIN_KEY_COMPRESSED_LEN} or {COMMITTED_KEY_COMPRESSED_LEN})"
    )]
    Length(usize),
    /// The compressed bytes of a point give no point.
    #[error("the compressed bytes of {0} are not a point")]
    Compressed(KeyPoint),
    /// A point is the identity, which removes its term from the equation.
    #[error("{0} is the identity")]
    Identity(KeyPoint),
    /// A coordinate is not below the order of the base field.
    #[error("a coordinate of {0} is not below the order of the base field")]
    NotCanonical(KeyPoint),
    /// A point does not satisfy its curve's equation.
    #[error("{0} is not on its curve")]
    NotOnCurve(KeyPoint),
    /// A point of G2's curve outside the subgroup of prime order.
    #[error("{0} is not in the subgroup of prime order")]
    NotInSubgroup(KeyPoint),
    /// Two points that must be independent are equal. gamma = delta, beta = gamma and beta = delta each let
    /// anyone forge proofs.
    #[error("{0} equals {1}: with this key anyone can forge proofs")]
    Equal(KeyPoint, KeyPoint),
    /// Two points that must be independent are each other's negation, which is as forgeable as equality.
    #[error("{0} is the negation of {1}: with this key anyone can forge proofs")]
    Opposite(KeyPoint, KeyPoint),
    /// The runtime refused the pairing although it takes each point alone.
    #[error("the runtime refused the pairing syscall")]
    Syscall,
}

/// A point of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPoint {
    /// A in G1 (negated).
    A,
    /// B in G2.
    B,
    /// C in G1.
    C,
    /// D in G1.
    Commitment,
    /// PoK in G1.
    Knowledge,
}

impl core::fmt::Display for ProofPoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ProofPoint::A => "A",
            ProofPoint::B => "B",
            ProofPoint::C => "C",
            ProofPoint::Commitment => "D",
            ProofPoint::Knowledge => "PoK",
        })
    }
}

/// Why a proof was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Another length than a proof's.
    #[error(
        "{0} bytes are not a proof, which has {PLAIN_PROOF_LEN}, or with a commitment {COMMITTED_PROOF_LEN}"
    )]
    Length(usize),
    /// A plain proof under a committed key, or the reverse.
    #[error("the proof is {proof}, and the verifying key is {key}: they are of different circuits")]
    Form {
        /// The key's form.
        key: Form,
        /// The proof's form.
        proof: Form,
    },
    /// A point of the proof is the identity.
    #[error("proof point {0} is the identity")]
    Identity(ProofPoint),
    /// The key's points refuse arithmetic: it never passed [`super::check_key`].
    #[error("the verifying key is malformed: check it before use")]
    MalformedKey,
    /// The pairing equation does not hold, or a point is not in its group: the proof proves another statement,
    /// is of another key, or is not a proof.
    #[error("the proof does not verify: it is of another statement or key, or was altered")]
    Invalid,
}
