//! A proof by gnark, checked with this crate's challenge.
//!
//! The vectors are the key, proof and public input of the circuit `bsb22_1` in the repository
//! github.com/Lightprotocol/groth16-solana (MIT licence), `tests/gnark-ffi/test_fixtures.rs`, made by gnark's
//! `groth16.Setup` and `Prove`. gnark draws the base g of its commitment key apart from gamma, so such a key is none of
//! ours and its fold takes one pairing more:
//!
//! ```text
//! e(-A, B) e(alpha, beta) e(V, gamma) e(C, delta) e(rho PoK, g) e(rho D, -sigma g) = 1
//! ```

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{CurveGroup, pairing::Pairing};
use ark_ff::{PrimeField, Zero};
use assay_interface::{
    field::Scalar,
    groth16::{CommittedProof, PlainProof, Transcript},
    sha256,
};
use groth16_solana::groth16::{CommitmentVerifyingKey, Groth16Verifyingkey};

use super::{
    encoding::{element, negated, read_g1, read_g2},
    reference,
};

/// What gnark's `VerifyingKey.WriteRawTo` wrote, in the order of its layout.
struct GnarkKey {
    alpha: [u8; 64],
    beta: [u8; 128],
    gamma: [u8; 128],
    delta: [u8; 128],
    ic: [[u8; 64]; 3],
    base: [u8; 128],
    sigma_negated: [u8; 128],
}

fn vector(name: &str) -> Vec<u8> {
    let line = include_str!("gnark-bsb22.csv")
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(','))
        .expect("a named line");
    (0..line.len()).step_by(2).map(|at| u8::from_str_radix(&line[at..at + 2], 16).expect("hex")).collect()
}

fn key() -> GnarkKey {
    let bytes = vector("verifying key");
    fn at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
        bytes[offset..offset + N].try_into().expect("inside the key")
    }
    assert_eq!(at::<4>(&bytes, 576), [0, 0, 0, 3], "three K points: 1, the input, the challenge");
    // One list of committed public wires, empty; then one commitment key.
    assert_eq!(at::<12>(&bytes, 772), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    GnarkKey {
        alpha: at(&bytes, 0), // then beta in G1
        beta: at(&bytes, 128),
        gamma: at(&bytes, 256), // then delta in G1
        delta: at(&bytes, 448),
        ic: [580, 644, 708].map(|offset| at(&bytes, offset)),
        base: at(&bytes, 784),
        sigma_negated: at(&bytes, 912),
    }
}

fn proof() -> (CommittedProof, Scalar) {
    let point = |name: &str| -> [u8; 64] { vector(name).try_into().expect("a point of G1") };
    let proof = CommittedProof {
        plain: PlainProof {
            a_negated: negated(&point("A")),
            b: vector("B").try_into().expect("a point of G2"),
            c: point("C"),
        },
        commitment: point("D"),
        knowledge: point("PoK"),
    };
    let input = vector("public input").try_into().expect("an element");
    (proof, Scalar::from_be_bytes(input).expect("canonical"))
}

/// The folded equation for a commitment key with a base of its own.
fn holds(key: &GnarkKey, proof: &CommittedProof, input: &Scalar) -> bool {
    let challenge = Transcript::Bsb22.challenge(&[0; 32], &proof.commitment, input);
    let factor = Fr::from_be_bytes_mod_order(&sha256(&[b"any factor", proof.as_bytes()])[..16]);
    let [ic0, ic1, ic2] = key.ic.map(|point| read_g1(&point));
    let commitment = read_g1(&proof.commitment);
    let inputs = ic0 + ic1 * element(input) + ic2 * element(&challenge) + commitment;
    let left: [G1Affine; 6] = [
        read_g1(&proof.plain.a_negated),
        read_g1(&key.alpha),
        inputs.into_affine(),
        read_g1(&proof.plain.c),
        (read_g1(&proof.knowledge) * factor).into_affine(),
        (commitment * factor).into_affine(),
    ];
    let right: [G2Affine; 6] = [proof.plain.b, key.beta, key.gamma, key.delta, key.base, key.sigma_negated]
        .map(|point| read_g2(&point));
    Bn254::multi_pairing(left, right).is_zero()
}

fn reference_accepts(key: &GnarkKey, proof: &CommittedProof, input: &Scalar) -> bool {
    let commitment = CommitmentVerifyingKey { g2: key.base, g_sigma_neg_g2: key.sigma_negated };
    let key = Groth16Verifyingkey {
        nr_pubinputs: 1,
        vk_alpha_g1: key.alpha,
        vk_beta_g2: key.beta,
        vk_gamma_g2: key.gamma,
        vk_delta_g2: key.delta,
        vk_ic: &key.ic,
        vk_commitment: Some(commitment),
    };
    reference::accepts_with_base(&key, proof, input.as_be_bytes())
}

#[test]
fn gnarks_proof_satisfies_the_folded_equation() {
    let (key, (proof, input)) = (key(), proof());
    assert!(holds(&key, &proof, &input));
    assert!(reference_accepts(&key, &proof, &input));
    assert_ne!(key.base, key.gamma);
}

#[test]
fn gnarks_proof_altered_is_refused() {
    let (key, (proof, input)) = (key(), proof());
    let swapped = CommittedProof { commitment: proof.knowledge, knowledge: proof.commitment, ..proof };
    let negated = CommittedProof { knowledge: negated(&proof.knowledge), ..proof };
    let two = Scalar::from(2u64);
    let mixed = GnarkKey { base: key.gamma, ..self::key() };
    for (key, proof, input) in
        [(&key, &swapped, &input), (&key, &negated, &input), (&key, &proof, &two), (&mixed, &proof, &input)]
    {
        assert!(!holds(key, proof, input));
        assert!(!reference_accepts(key, proof, input));
    }
}
