//! Plain proofs: a real one of ark-groth16, and every way to bend it.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr};
use ark_ff::{Field, PrimeField, UniformRand};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use assay_interface::{
    field::{FieldError, Scalar},
    groth16::{
        BASE_MODULUS, Form, PLAIN_PROOF_LEN, PlainKey, PlainProof, Proof, ProofPoint, ProofRef, VerifyError,
        check_key, verify,
    },
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    encoding::{g1, g2, outside_the_subgroup, scalar},
    reference,
};

/// Knowledge of a square root of the public input.
struct SquareRoot(Option<Fr>);

impl ConstraintSynthesizer<Fr> for SquareRoot {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let root = self.0.ok_or(SynthesisError::AssignmentMissing);
        let square = cs.new_input_variable(|| root.map(|root| root.square()))?;
        let root = cs.new_witness_variable(|| root)?;
        let of = |variable: Variable| move || LinearCombination::from(variable);
        cs.enforce_r1cs_constraint(of(root), of(root), of(square))
    }
}

pub fn fixture() -> (PlainKey, PlainProof, Scalar) {
    static FIXTURE: LazyLock<(PlainKey, PlainProof, Scalar)> = LazyLock::new(make_fixture);
    *FIXTURE
}

fn make_fixture() -> (PlainKey, PlainProof, Scalar) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let root = Fr::rand(&mut rng);
    let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(SquareRoot(None), &mut rng)
        .expect("setup");
    let proof = Groth16::<Bn254>::create_random_proof_with_reduction(SquareRoot(Some(root)), &key, &mut rng)
        .expect("proof");
    let key = PlainKey {
        alpha_g1: g1(key.vk.alpha_g1),
        beta_g2: g2(key.vk.beta_g2),
        gamma_g2: g2(key.vk.gamma_g2),
        delta_g2: g2(key.vk.delta_g2),
        ic: [g1(key.vk.gamma_abc_g1[0]), g1(key.vk.gamma_abc_g1[1])],
    };
    (key, PlainProof { a_negated: g1(-proof.a), b: g2(proof.b), c: g1(proof.c) }, scalar(root.square()))
}

#[test]
fn lengths_add_up() {
    assert_eq!((PLAIN_PROOF_LEN, size_of::<PlainProof>()), (256, 256));
    assert_eq!((Form::Plain.proof_len(), Form::Committed.proof_len()), (256, 384));
    assert_eq!(ark_ff::BigInteger::to_bytes_be(&ark_bn254::Fq::MODULUS), BASE_MODULUS);
}

#[test]
fn an_honest_proof_verifies_and_its_key_passes() {
    let (key, proof, digest) = fixture();
    assert_eq!(check_key(&key), Ok(()));
    assert_eq!(verify(&key, &proof, &digest), Ok(()));
    assert!(reference::accepts(&key, &proof, &digest));
}

#[test]
fn another_digest_proof_or_key_is_refused() {
    let (key, proof, digest) = fixture();
    assert_eq!(verify(&key, &proof, &Scalar::from(4u64)), Err(VerifyError::Invalid));
    assert_eq!(verify(&key, &proof, &Scalar::ZERO), Err(VerifyError::Invalid));
    let mut swapped = proof;
    std::mem::swap(&mut swapped.a_negated, &mut swapped.c);
    assert_eq!(verify(&key, &swapped, &digest), Err(VerifyError::Invalid));
    let mut other = key;
    other.ic.swap(0, 1);
    assert_eq!(verify(&other, &proof, &digest), Err(VerifyError::Invalid));
}

#[test]
fn a_digest_at_or_above_the_order_cannot_be_expressed() {
    let (_, _, digest) = fixture();
    let shifted = reference::plus_order(&digest); // the syscall would take it for the digest
    assert_eq!(Scalar::from_be_bytes(shifted), Err(FieldError::NotCanonical));
    assert_eq!(Scalar::from_be_bytes(Scalar::MODULUS), Err(FieldError::NotCanonical));
}

#[test]
fn identity_points_of_a_proof_are_refused_by_name() {
    let (key, proof, digest) = fixture();
    let refused = |change: fn(&mut PlainProof)| {
        let mut proof = proof;
        change(&mut proof);
        verify(&key, &proof, &digest)
    };
    assert_eq!(refused(|p| p.a_negated = [0; 64]), Err(VerifyError::Identity(ProofPoint::A)));
    assert_eq!(refused(|p| p.b = [0; 128]), Err(VerifyError::Identity(ProofPoint::B)));
    assert_eq!(refused(|p| p.c = [0; 64]), Err(VerifyError::Identity(ProofPoint::C)));
    assert_eq!(
        verify(&key, &PlainProof { b: outside_the_subgroup(), ..proof }, &digest),
        Err(VerifyError::Invalid)
    );
}

#[test]
fn a_key_that_was_never_checked_is_reported_as_such() {
    let (mut key, proof, digest) = fixture();
    key.ic[1][63] ^= 1;
    assert_eq!(verify(&key, &proof, &digest), Err(VerifyError::MalformedKey));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_are_the_identity(bytes in proptest::collection::vec(any::<u8>(), 384)) {
        for length in [256, 384] {
            let bytes = &bytes[..length];
            let proof = ProofRef::from_slice(bytes).unwrap();
            prop_assert_eq!(proof.as_bytes(), bytes);
            prop_assert_eq!(proof.form().proof_len(), length);
            let owned = Proof::from_slice(bytes).unwrap();
            prop_assert_eq!((owned, owned.as_bytes()), (proof.to_owned(), bytes));
            prop_assert_eq!(proof.plain().as_bytes(), &bytes[..256]);
        }
    }

    #[test]
    fn any_flipped_bit_of_a_proof_is_refused(bit in 0usize..8 * PLAIN_PROOF_LEN) {
        let (key, proof, digest) = fixture();
        let mut bytes = *proof.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let proof = PlainProof::from_bytes(bytes);
        prop_assert_eq!(verify(&key, &proof, &digest), Err(VerifyError::Invalid));
        if !is_flag(bit) {
            prop_assert!(!reference::accepts(&key, &proof, &digest));
        }
    }
}

/// The two highest bits of a coordinate: no bits of the number. The runtime reads some of them as flags and ignores
/// others, so `groth16-solana` accepts proofs that differ there; we do not.
pub fn is_flag(bit: usize) -> bool {
    (bit / 8).is_multiple_of(32) && bit % 8 >= 6
}

#[test]
fn flag_bits_are_refused_everywhere() {
    let (key, proof, digest) = fixture();
    for bit in (0..8 * PLAIN_PROOF_LEN).filter(|bit| is_flag(*bit)) {
        let mut bytes = *proof.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(&key, &PlainProof::from_bytes(bytes), &digest), Err(VerifyError::Invalid), "{bit}");
    }
}
