//! The crate `groth16-solana` on our keys and proofs: a second verifier, with two products of pairings.

use assay_interface::{
    field::Scalar,
    groth16::{CommittedKey, CommittedProof, PlainKey, PlainProof},
};
use groth16_solana::groth16::{CommitmentVerifyingKey, Groth16Verifier, Groth16Verifyingkey};

/// Whether its plain verifier accepts.
pub fn accepts(key: &PlainKey, proof: &PlainProof, digest: &Scalar) -> bool {
    let key = convert(key, &key.ic, None);
    Groth16Verifier::new(&proof.a_negated, &proof.b, &proof.c, &[digest.to_be_bytes()], &key)
        .and_then(|mut verifier| verifier.verify())
        .is_ok()
}

/// Whether its `bsb22` verifier accepts.
pub fn accepts_bsb22(key: &CommittedKey, proof: &CommittedProof, digest: &Scalar) -> bool {
    accepts_bsb22_bytes(key, proof, digest.as_be_bytes())
}

/// The same for 32 bytes that may be no element.
pub fn accepts_bsb22_bytes(key: &CommittedKey, proof: &CommittedProof, input: &[u8; 32]) -> bool {
    let [ic0, ic1] = key.plain.ic;
    let ic = [ic0, ic1, key.ic_challenge];
    let commitment =
        CommitmentVerifyingKey { g2: key.plain.gamma_g2, g_sigma_neg_g2: key.sigma_gamma_negated };
    accepts_with_base(&convert(&key.plain, &ic, Some(commitment)), proof, input)
}

/// The same, for a key whose commitment has any base.
pub fn accepts_with_base(key: &Groth16Verifyingkey<'_>, proof: &CommittedProof, input: &[u8; 32]) -> bool {
    let CommittedProof { plain: PlainProof { a_negated, b, c }, commitment, knowledge } = proof;
    let inputs = [*input];
    Groth16Verifier::new_with_commitment(a_negated, b, c, commitment, knowledge, &inputs, key)
        .and_then(|mut verifier| verifier.verify())
        .is_ok()
}

/// The element's other name in 32 bytes: `digest + r`.
pub fn plus_order(digest: &Scalar) -> [u8; 32] {
    let (mut sum, mut carry) = ([0; 32], 0);
    for ((place, x), r) in sum.iter_mut().zip(digest.as_be_bytes()).zip(&Scalar::MODULUS).rev() {
        let digit = u16::from(*x) + u16::from(*r) + carry;
        (*place, carry) = (digit as u8, digit >> 8);
    }
    assert_eq!(carry, 0);
    sum
}

fn convert<'a>(
    key: &PlainKey,
    ic: &'a [[u8; 64]],
    commitment: Option<CommitmentVerifyingKey>,
) -> Groth16Verifyingkey<'a> {
    Groth16Verifyingkey {
        nr_pubinputs: 1,
        vk_alpha_g1: key.alpha_g1,
        vk_beta_g2: key.beta_g2,
        vk_gamma_g2: key.gamma_g2,
        vk_delta_g2: key.delta_g2,
        vk_ic: ic,
        vk_commitment: commitment,
    }
}
