//! Proofs and their verification on the host.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::One;
use assay_interface::{
    field::Scalar,
    groth16::{self as interface, Form, ProofPoint, ProofRef, Transcript},
};
use thiserror::Error;

use crate::{
    key::{KeyPoints, VerifyingKey},
    points::{Point, PointError, element, point_bytes},
};

/// A Groth16 proof: three points, and two more for a circuit with a commitment; none the identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    pub(crate) a: G1Affine,
    pub(crate) b: G2Affine,
    pub(crate) c: G1Affine,
    pub(crate) commitment: Option<CommitmentProof>,
}

/// What a proof with a commitment carries beyond A, B and C.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CommitmentProof {
    /// D, the commitment.
    pub d: G1Affine,
    /// PoK, `sigma D`: whoever made it knew the committed values.
    pub knowledge: G1Affine,
}

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
    /// A plain proof under a key with a commitment, or the reverse.
    #[error("the proof is {proof}, and the verifying key is {key}: they are of different circuits")]
    Form {
        /// The key's form.
        key: Form,
        /// The proof's form.
        proof: Form,
    },
    /// The pairing equation does not hold.
    #[error("the proof does not verify: it is of another statement or key, or was altered")]
    Invalid,
}

impl Proof {
    /// The bytes that the verifier program takes, 256 or 384, A negated.
    pub fn to_interface(&self) -> interface::Proof {
        let plain = interface::PlainProof {
            a_negated: point_bytes(&-self.a),
            b: point_bytes(&self.b),
            c: point_bytes(&self.c),
        };
        match &self.commitment {
            None => plain.into(),
            Some(CommitmentProof { d, knowledge }) => {
                let (commitment, knowledge) = (point_bytes(d), point_bytes(knowledge));
                interface::CommittedProof { plain, commitment, knowledge }.into()
            }
        }
    }

    /// The proof in the verifier program's bytes, its points checked in full.
    pub fn from_interface<'a>(proof: impl Into<ProofRef<'a>>) -> Result<Proof, VerifyError> {
        fn read<P: Point>(point: ProofPoint, bytes: &[u8]) -> Result<P, VerifyError> {
            P::read(bytes).map_err(|error| VerifyError::Point { point, error })
        }
        let proof = proof.into();
        let plain = proof.plain();
        let a: G1Affine = read(ProofPoint::A, &plain.a_negated)?;
        let b: G2Affine = read(ProofPoint::B, &plain.b)?;
        let c: G1Affine = read(ProofPoint::C, &plain.c)?;
        let commitment = match proof {
            ProofRef::Plain(_) => None,
            ProofRef::Committed(proof) => Some(CommitmentProof {
                d: read(ProofPoint::Commitment, &proof.commitment)?,
                knowledge: read(ProofPoint::Knowledge, &proof.knowledge)?,
            }),
        };
        Ok(Proof { a: -a, b, c, commitment })
    }

    /// Whether the proof carries a commitment.
    pub fn form(&self) -> Form {
        if self.commitment.is_some() { Form::Committed } else { Form::Plain }
    }
}

/// Accepts exactly the proofs of `digest` under `key`. About 2 ms. A proof with a commitment is one of
/// [`Transcript::Assay`]; [`verify_with`] takes the other.
///
/// `assay_interface::groth16::verify` is the same predicate on the interface's bytes; the tests hold them equal.
pub fn verify(key: &VerifyingKey, proof: &Proof, digest: &Scalar) -> Result<(), VerifyError> {
    verify_with(key, proof, digest, Transcript::Assay)
}

/// As [`verify`], for either transcript. It says nothing to a plain proof.
///
/// The two equations of a proof with a commitment are checked one by one, without the random factor that folds them on
/// chain.
pub fn verify_with(
    key: &VerifyingKey,
    proof: &Proof,
    digest: &Scalar,
    transcript: Transcript,
) -> Result<(), VerifyError> {
    let (vk, input) = (&key.points, element(digest));
    match (vk.commitment, proof.commitment) {
        (None, None) => verify_inputs(vk, proof, &[input]),
        (Some(minus_sigma_gamma), Some(CommitmentProof { d, knowledge })) => {
            if !Bn254::multi_pairing([d, knowledge], [minus_sigma_gamma, vk.gamma_g2]).0.is_one() {
                return Err(VerifyError::Invalid);
            }
            let challenge = transcript.challenge(&key.to_interface().key_hash(), &point_bytes(&d), digest);
            let public = public_sum(vk, &[input, element(&challenge)]).ok_or(VerifyError::Invalid)?;
            check_product(vk, proof, public + d)
        }
        (expected, _) => {
            let key = if expected.is_some() { Form::Committed } else { Form::Plain };
            Err(VerifyError::Form { key, proof: proof.form() })
        }
    }
}

/// Verification of a plain proof, for any number of public inputs.
pub(crate) fn verify_inputs(vk: &KeyPoints, proof: &Proof, inputs: &[Fr]) -> Result<(), VerifyError> {
    check_product(vk, proof, public_sum(vk, inputs).ok_or(VerifyError::Invalid)?)
}

/// `IC_0 + sum x_j IC_j`, if there are as many inputs as the key has points for.
fn public_sum(vk: &KeyPoints, inputs: &[Fr]) -> Option<G1Projective> {
    let (constant, factors) = vk.ic.split_first().filter(|(_, factors)| factors.len() == inputs.len())?;
    Some(factors.iter().zip(inputs).fold(constant.into_group(), |sum, (ic, input)| sum + *ic * input))
}

/// `e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta)`.
pub(crate) fn check_product(vk: &KeyPoints, proof: &Proof, public: G1Projective) -> Result<(), VerifyError> {
    let product = Bn254::multi_pairing(
        [-proof.a, vk.alpha_g1, public.into_affine(), proof.c],
        [proof.b, vk.beta_g2, vk.gamma_g2, vk.delta_g2],
    );
    if product.0.is_one() { Ok(()) } else { Err(VerifyError::Invalid) }
}
