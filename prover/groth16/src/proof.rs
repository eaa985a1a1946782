//! Proofs and their verification on the host.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use assay_interface::{
    field::Scalar,
    groth16::{self as interface, ProofPoint},
};
use thiserror::Error;

use crate::{
    key::VerifyingKey,
    points::{Point, PointError, element, point_bytes},
};

/// A Groth16 proof: three points, none the identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(pub(crate) ark_groth16::Proof<Bn254>);

/// Why a proof was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// A point of the proof is not a point.
    #[error("proof point {point}: {error}")]
    Point {
        /// The point.
        point: ProofPoint,
        /// What is wrong with it.
        error: PointError,
    },
    /// Another form than the key's.
    #[error("the proof is {0}, and the verifying key is plain")]
    Form(interface::Form),
    /// The pairing equation does not hold.
    #[error("the proof does not verify: it is of another statement or key, or was altered")]
    Invalid,
}

impl Proof {
    /// The 256 bytes that the verifier program takes, A negated.
    pub fn to_interface(&self) -> interface::Proof {
        let Proof(ark_groth16::Proof { a, b, c }) = self;
        interface::PlainProof { a_negated: point_bytes(&-*a), b: point_bytes(b), c: point_bytes(c) }.into()
    }

    /// The proof in the verifier program's bytes, its points checked in full.
    pub fn from_interface(proof: &interface::Proof) -> Result<Proof, VerifyError> {
        let interface::Proof::Plain(proof) = proof else { return Err(VerifyError::Form(proof.form())) };
        fn read<P: Point>(point: ProofPoint, bytes: &[u8]) -> Result<P, VerifyError> {
            P::read(bytes).map_err(|error| VerifyError::Point { point, error })
        }
        let a: G1Affine = read(ProofPoint::A, &proof.a_negated)?;
        let b: G2Affine = read(ProofPoint::B, &proof.b)?;
        let c: G1Affine = read(ProofPoint::C, &proof.c)?;
        Ok(Proof(ark_groth16::Proof { a: -a, b, c }))
    }

    /// The same proof for arkworks.
    pub fn to_arkworks(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }
}

/// Accepts exactly the proofs of `digest` under `key`. About 2 ms.
///
/// `assay_interface::groth16::verify` is the same predicate on the interface's bytes; the tests hold them equal.
pub fn verify(key: &VerifyingKey, proof: &Proof, digest: &Scalar) -> Result<(), VerifyError> {
    let input: Fr = element(digest);
    let prepared = ark_groth16::prepare_verifying_key(&key.points);
    let accepted = ark_groth16::Groth16::<Bn254>::verify_proof(&prepared, &proof.0, &[input]);
    if accepted == Ok(true) { Ok(()) } else { Err(VerifyError::Invalid) }
}
