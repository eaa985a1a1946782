//! Verification: one product of pairings, four for a plain proof and five for a committed one.

use super::{
    error::{ProofPoint, VerifyError},
    forms::{BASE_MODULUS, G1_LEN, G2_LEN, is_zero},
    key::{CommittedKey, KeyRef, PlainKey},
    proof::{CommittedProof, PlainProof, ProofRef},
    transcript::{challenge, fold_factor},
};
use crate::{
    field::Scalar,
    syscalls::{g1_add, g1_mul, pairing},
};

/// A pairing of the product: its two arguments.
type Pair<'a> = (&'a [u8; G1_LEN], &'a [u8; G2_LEN]);

/// Accepts exactly the proofs of `digest` under `key`, which must have passed [`super::check_key`].
pub fn verify<'k, 'p>(
    key: impl Into<KeyRef<'k>>,
    proof: impl Into<ProofRef<'p>>,
    digest: &Scalar,
) -> Result<(), VerifyError> {
    match (key.into(), proof.into()) {
        (KeyRef::Plain(key), ProofRef::Plain(proof)) => verify_plain(key, proof, digest),
        (KeyRef::Committed(key), ProofRef::Committed(proof)) => {
            verify_committed(challenge, key, proof, digest)
        }
        (key, proof) => Err(VerifyError::Form { key: key.form(), proof: proof.form() }),
    }
}

#[inline(never)] // a stack frame of its own: on chain a frame has 4 KiB
fn verify_plain(key: &PlainKey, proof: &PlainProof, digest: &Scalar) -> Result<(), VerifyError> {
    check_points(proof)?;
    let [ic0, ic1] = &key.ic;
    let inputs = add_multiple(ic0, ic1, digest.as_be_bytes()).ok_or(VerifyError::MalformedKey)?;
    check_product(&[
        (&proof.a_negated, &proof.b),
        (&key.alpha_g1, &key.beta_g2),
        (&inputs, &key.gamma_g2),
        (&proof.c, &key.delta_g2),
    ])
}

/// `challenge` is [`challenge`] but for tests that compare with another verifier.
#[inline(never)]
pub(super) fn verify_committed(
    challenge: impl Fn(&[u8; 32], &[u8; G1_LEN], &Scalar) -> Scalar,
    key: &CommittedKey,
    proof: &CommittedProof,
    digest: &Scalar,
) -> Result<(), VerifyError> {
    let CommittedProof { plain, commitment, knowledge } = proof;
    check_points(plain)?;
    check_point(ProofPoint::Commitment, commitment)?;
    check_point(ProofPoint::Knowledge, knowledge)?;

    let key_hash = key.key_hash();
    let challenge = challenge(&key_hash, commitment, digest);
    let factor = fold_factor(&key_hash, proof, digest);

    let PlainKey { alpha_g1, beta_g2, gamma_g2, delta_g2, ic: [ic0, ic1] } = &key.plain;
    let inputs = add_multiple(ic0, ic1, digest.as_be_bytes())
        .and_then(|sum| add_multiple(&sum, &key.ic_challenge, challenge.as_be_bytes()))
        .ok_or(VerifyError::MalformedKey)?;
    let folded = add(&inputs, commitment)
        .and_then(|sum| add_multiple(&sum, knowledge, &factor))
        .ok_or(VerifyError::Invalid)?;
    let commitment = multiple(commitment, &factor).ok_or(VerifyError::Invalid)?;
    check_product(&[
        (&plain.a_negated, &plain.b),
        (alpha_g1, beta_g2),
        (&folded, gamma_g2),
        (&plain.c, delta_g2),
        (&commitment, &key.sigma_gamma_negated),
    ])
}

/// Refuses what [`check_point`] does of all five.
pub(super) fn check_committed_points(proof: &CommittedProof) -> Result<(), VerifyError> {
    check_points(&proof.plain)?;
    check_point(ProofPoint::Commitment, &proof.commitment)?;
    check_point(ProofPoint::Knowledge, &proof.knowledge)
}

pub(super) fn check_points(proof: &PlainProof) -> Result<(), VerifyError> {
    check_point(ProofPoint::A, &proof.a_negated)?;
    check_point(ProofPoint::B, &proof.b)?;
    check_point(ProofPoint::C, &proof.c)
}

/// Refuses the identity, and coordinates with a bit beyond the modulus' length.
fn check_point(point: ProofPoint, bytes: &[u8]) -> Result<(), VerifyError> {
    if has_excess_bits(bytes) {
        return Err(VerifyError::Invalid);
    }
    if is_zero(bytes) { Err(VerifyError::Identity(point)) } else { Ok(()) }
}

/// Whether a coordinate has a bit beyond the modulus' length: the runtime reads the two highest bits of some coordinates
/// as flags, so that a point would have several encodings, and the identity one that is not zero.
#[inline]
pub(super) fn has_excess_bits(point: &[u8]) -> bool {
    let [highest, ..] = BASE_MODULUS;
    point.as_chunks::<32>().0.iter().any(|[first, ..]| *first > highest)
}

/// Whether the product of the pairings is 1. The runtime checks that every point is in its group.
#[inline(never)]
pub(super) fn check_product<const N: usize>(pairs: &[Pair<'_>; N]) -> Result<(), VerifyError> {
    let mut input = [[0; G1_LEN + G2_LEN]; N];
    for (place, (p, q)) in input.iter_mut().zip(pairs) {
        let (left, right) = place.split_at_mut(G1_LEN);
        left.copy_from_slice(&p[..]);
        right.copy_from_slice(&q[..]);
    }
    let one = Scalar::from(1u64);
    if pairing(input.as_flattened()).as_ref() == Some(one.as_be_bytes()) {
        Ok(())
    } else {
        Err(VerifyError::Invalid)
    }
}

/// `sum + factor point`; `None` where one is no point.
pub(super) fn add_multiple(
    sum: &[u8; G1_LEN],
    point: &[u8; G1_LEN],
    factor: &[u8; 32],
) -> Option<[u8; G1_LEN]> {
    add(sum, &multiple(point, factor)?)
}

pub(super) fn add(left: &[u8; G1_LEN], right: &[u8; G1_LEN]) -> Option<[u8; G1_LEN]> {
    let mut input = [0; 2 * G1_LEN];
    let (first, second) = input.split_at_mut(G1_LEN);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    g1_add(&input)
}

pub(super) fn multiple(point: &[u8; G1_LEN], factor: &[u8; 32]) -> Option<[u8; G1_LEN]> {
    let mut input = [0; G1_LEN + 32];
    let (first, second) = input.split_at_mut(G1_LEN);
    first.copy_from_slice(point);
    second.copy_from_slice(factor);
    g1_mul(&input)
}
