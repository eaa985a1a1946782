//! Proofs and their verification on the host.

use ark_bn254::{Bn254, G1Affine, G1Projective, G2Affine};
use ark_ec::{CurveGroup, pairing::Pairing};
use ark_ff::One;
use assay_interface::{
    artifact,
    field::Scalar,
    groth16::{self as interface, Form, G1_LEN, G2_LEN, ProofPoint, ProofRef},
};
use thiserror::Error;

use crate::{
    key::{BasePoints, KeyPoints, VerifyingKey},
    points::{Point, PointError, element},
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
    /// The commitment to the weights is none.
    #[error("commitment to the weights: {error}")]
    Weights {
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
        let plain =
            interface::PlainProof { a_negated: (-self.a).bytes(), b: self.b.bytes(), c: self.c.bytes() };
        match &self.commitment {
            None => plain.into(),
            Some(CommitmentProof { d, knowledge }) => {
                let (commitment, knowledge) = (d.bytes(), knowledge.bytes());
                interface::CommittedProof { plain, commitment, knowledge }.into()
            }
        }
    }

    /// The proof in the verifier program's bytes, its points checked in full.
    pub fn from_interface<'a>(proof: impl Into<ProofRef<'a>>) -> Result<Proof, VerifyError> {
        Self::read(proof.into(), G2Affine::read)
    }

    /// The same, with B read by `read_b`.
    pub(crate) fn read(
        proof: ProofRef<'_>,
        read_b: impl Fn(&[u8; G2_LEN]) -> Result<G2Affine, PointError>,
    ) -> Result<Proof, VerifyError> {
        let of = |point| move |error| VerifyError::Point { point, error };
        let read = |point, bytes| G1Affine::read(bytes).map_err(of(point));
        let plain = proof.plain();
        let a = read(ProofPoint::A, &plain.a_negated)?;
        let b = read_b(&plain.b).map_err(of(ProofPoint::B))?;
        let c = read(ProofPoint::C, &plain.c)?;
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

/// Accepts exactly the proofs of `digest` under `key`. About 2 ms.
///
/// `assay_interface::groth16::verify` is the same predicate on the interface's bytes; the tests hold them equal. The two
/// equations of a proof with a commitment are checked one by one here, without the random factor that folds them on chain.
pub fn verify(key: &VerifyingKey, proof: &Proof, digest: &Scalar) -> Result<(), VerifyError> {
    verify_with(key, proof, digest, &interface::challenge, G1Affine::default())
}

/// What a commitment's challenge is: a hash of the key, the commitment and the statement's digest. It is
/// [`interface::challenge`] in every proof but those that tests make for another verifier.
pub(crate) type Challenge<'a> = &'a dyn Fn(&[u8; 32], &[u8; G1_LEN], &Scalar) -> Scalar;

/// As [`verify`], for proofs with another challenge, and of circuits with weights: the identity, or the commitment to them.
pub(crate) fn verify_with(
    key: &VerifyingKey,
    proof: &Proof,
    digest: &Scalar,
    challenge: Challenge<'_>,
    weights: G1Affine,
) -> Result<(), VerifyError> {
    let KeyPoints { base, ic: [constant, factor], commitment, .. } = &key.points;
    let public = *factor * element(digest) + constant + weights;
    match (commitment, proof.commitment) {
        (None, None) => check_product(base, proof, public),
        (Some(points), Some(CommitmentProof { d, knowledge })) => {
            let in_g2 = [points.sigma_gamma_negated, base.gamma_g2];
            if !Bn254::multi_pairing([d, knowledge], in_g2).0.is_one() {
                return Err(VerifyError::Invalid);
            }
            let challenge = challenge(&artifact::digest(&key.key_bytes()), &d.bytes(), digest);
            check_product(base, proof, public + points.ic_challenge * element(&challenge) + d)
        }
        (expected, _) => {
            let key = if expected.is_some() { Form::Committed } else { Form::Plain };
            Err(VerifyError::Form { key, proof: proof.form() })
        }
    }
}

/// `e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta)`.
pub(crate) fn check_product(
    key: &BasePoints,
    proof: &Proof,
    public: G1Projective,
) -> Result<(), VerifyError> {
    let product = Bn254::multi_pairing(
        [-proof.a, key.alpha_g1, public.into_affine(), proof.c],
        [proof.b, key.beta_g2, key.gamma_g2, key.delta_g2],
    );
    if product.0.is_one() { Ok(()) } else { Err(VerifyError::Invalid) }
}
