//! Verification and key checks on a real ark-groth16 proof: what is accepted, and each attack's own error.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, Field, PrimeField, UniformRand};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use assay_interface::{
    field::{FieldError, Scalar},
    groth16::{
        BASE_MODULUS, KeyError, KeyPoint, PROOF_LEN, Proof, ProofPoint, SetupKind, VERIFYING_KEY_LEN,
        VerifyError, VerifyingKey, check_key, verify,
    },
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

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

fn g1(point: G1Affine) -> [u8; 64] {
    let mut out = [0; 64];
    if let Some((x, y)) = point.xy() {
        out[..32].copy_from_slice(&x.into_bigint().to_bytes_be());
        out[32..].copy_from_slice(&y.into_bigint().to_bytes_be());
    }
    out
}

fn g2(point: G2Affine) -> [u8; 128] {
    let mut out = [0; 128];
    if let Some((x, y)) = point.xy() {
        for (slot, coordinate) in out.chunks_exact_mut(32).zip([x.c1, x.c0, y.c1, y.c0]) {
            slot.copy_from_slice(&coordinate.into_bigint().to_bytes_be());
        }
    }
    out
}

fn scalar(element: Fr) -> Scalar {
    Scalar::from_be_bytes(element.into_bigint().to_bytes_be().try_into().expect("32 bytes"))
        .expect("canonical")
}

fn fixture() -> (VerifyingKey, Proof, Scalar) {
    static FIXTURE: LazyLock<(VerifyingKey, Proof, Scalar)> = LazyLock::new(make_fixture);
    *FIXTURE
}

fn make_fixture() -> (VerifyingKey, Proof, Scalar) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let root = Fr::rand(&mut rng);
    let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(SquareRoot(None), &mut rng)
        .expect("setup");
    let proof = Groth16::<Bn254>::create_random_proof_with_reduction(SquareRoot(Some(root)), &key, &mut rng)
        .expect("proof");
    let key = VerifyingKey {
        alpha_g1: g1(key.vk.alpha_g1),
        beta_g2: g2(key.vk.beta_g2),
        gamma_g2: g2(key.vk.gamma_g2),
        delta_g2: g2(key.vk.delta_g2),
        ic: [g1(key.vk.gamma_abc_g1[0]), g1(key.vk.gamma_abc_g1[1])],
    };
    (key, Proof { a_negated: g1(-proof.a), b: g2(proof.b), c: g1(proof.c) }, scalar(root.square()))
}

/// A point of G2's curve that is not in the subgroup of prime order: all but one in about 2^254 are not.
fn outside_the_subgroup() -> [u8; 128] {
    let mut x = Fq2::new(Fq::ONE, Fq::ONE);
    loop {
        match G2Affine::get_point_from_x_unchecked(x, false) {
            Some(point) if !point.is_in_correct_subgroup_assuming_on_curve() => return g2(point),
            _ => x += Fq2::ONE,
        }
    }
}

fn g1_points(key: &mut VerifyingKey) -> [(KeyPoint, &mut [u8; 64]); 3] {
    let [ic0, ic1] = &mut key.ic;
    [(KeyPoint::Alpha, &mut key.alpha_g1), (KeyPoint::Ic0, ic0), (KeyPoint::Ic1, ic1)]
}

fn g2_points(key: &mut VerifyingKey) -> [(KeyPoint, &mut [u8; 128]); 3] {
    [
        (KeyPoint::Beta, &mut key.beta_g2),
        (KeyPoint::Gamma, &mut key.gamma_g2),
        (KeyPoint::Delta, &mut key.delta_g2),
    ]
}

fn negated(point: &[u8; 128]) -> [u8; 128] {
    let coordinate = |range: std::ops::Range<usize>| Fq::from_be_bytes_mod_order(&point[range]);
    let mut out = *point;
    for range in [64..96, 96..128] {
        out[range.clone()].copy_from_slice(&(-coordinate(range)).into_bigint().to_bytes_be());
    }
    out
}

#[test]
fn lengths_add_up() {
    assert_eq!((VERIFYING_KEY_LEN, PROOF_LEN), (576, 256));
    assert_eq!(size_of::<VerifyingKey>(), VERIFYING_KEY_LEN);
    assert_eq!(size_of::<Proof>(), PROOF_LEN);
    assert_eq!(ark_bn254::Fq::MODULUS.to_bytes_be(), BASE_MODULUS);
}

#[test]
fn an_honest_proof_verifies_and_its_key_passes() {
    let (key, proof, digest) = fixture();
    assert_eq!(check_key(&key), Ok(()));
    assert_eq!(verify(&key, &proof, &digest), Ok(()));
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
    let mut shifted = [0; 32]; // digest + r: the syscall would take it for the digest
    let mut carry = 0;
    for i in (0..32).rev() {
        let sum = u16::from(digest.to_be_bytes()[i]) + u16::from(Scalar::MODULUS[i]) + carry;
        shifted[i] = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(Scalar::from_be_bytes(shifted), Err(FieldError::NotCanonical));
    assert_eq!(Scalar::from_be_bytes(Scalar::MODULUS), Err(FieldError::NotCanonical));
}

#[test]
fn identity_points_of_a_proof_are_refused_by_name() {
    let (key, proof, digest) = fixture();
    let refused = |change: fn(&mut Proof)| {
        let mut proof = proof;
        change(&mut proof);
        verify(&key, &proof, &digest)
    };
    assert_eq!(refused(|p| p.a_negated = [0; 64]), Err(VerifyError::Identity(ProofPoint::A)));
    assert_eq!(refused(|p| p.b = [0; 128]), Err(VerifyError::Identity(ProofPoint::B)));
    assert_eq!(refused(|p| p.c = [0; 64]), Err(VerifyError::Identity(ProofPoint::C)));
    assert_eq!(
        verify(&key, &Proof { b: outside_the_subgroup(), ..proof }, &digest),
        Err(VerifyError::Invalid)
    );
}

#[test]
fn a_key_that_was_never_checked_is_reported_as_such() {
    let (mut key, proof, digest) = fixture();
    key.ic[1][63] ^= 1;
    assert_eq!(verify(&key, &proof, &digest), Err(VerifyError::MalformedKey));
}

#[test]
fn lengths_are_checked() {
    assert_eq!(VerifyingKey::from_slice(&[0; 640]).map(|_| ()), Err(KeyError::Length(640)));
    assert_eq!(VerifyingKey::from_slice(&[]).map(|_| ()), Err(KeyError::Length(0)));
    assert_eq!(Proof::from_slice(&[0; 255]).map(|_| ()), Err(VerifyError::Length(255)));
}

#[test]
fn each_point_is_checked_for_each_fault() {
    let (key, ..) = fixture();
    for index in 0..3 {
        let broken_g1 = |change: fn(&mut [u8; 64])| {
            let mut key = key;
            let [a, b, c] = g1_points(&mut key);
            let (point, bytes) = [a, b, c].into_iter().nth(index).expect("three points");
            change(bytes);
            (point, check_key(&key))
        };
        let (point, result) = broken_g1(|bytes| *bytes = [0; 64]);
        assert_eq!(result, Err(KeyError::Identity(point)));
        let (point, result) = broken_g1(|bytes| bytes[63] ^= 1);
        assert_eq!(result, Err(KeyError::NotOnCurve(point)));
        let (point, result) = broken_g1(|bytes| bytes[..32].copy_from_slice(&BASE_MODULUS));
        assert_eq!(result, Err(KeyError::NotCanonical(point)));
        let (point, result) = broken_g1(|bytes| bytes[32..].fill(0xff));
        assert_eq!(result, Err(KeyError::NotCanonical(point)));

        let broken_g2 = |change: fn(&mut [u8; 128])| {
            let mut key = key;
            let [a, b, c] = g2_points(&mut key);
            let (point, bytes) = [a, b, c].into_iter().nth(index).expect("three points");
            change(bytes);
            (point, check_key(&key))
        };
        let (point, result) = broken_g2(|bytes| *bytes = [0; 128]);
        assert_eq!(result, Err(KeyError::Identity(point)));
        let (point, result) = broken_g2(|bytes| bytes[127] ^= 1);
        assert_eq!(result, Err(KeyError::NotOnCurve(point)));
        let (point, result) = broken_g2(|bytes| *bytes = outside_the_subgroup());
        assert_eq!(result, Err(KeyError::NotInSubgroup(point)));
        for coordinate in 0..4 {
            let mut key = key;
            let [a, b, c] = g2_points(&mut key);
            let (point, bytes) = [a, b, c].into_iter().nth(index).expect("three points");
            bytes[32 * coordinate..][..32].copy_from_slice(&BASE_MODULUS);
            assert_eq!(check_key(&key), Err(KeyError::NotCanonical(point)));
        }
    }
}

#[test]
fn related_points_are_refused() {
    use KeyPoint::{Beta, Delta, Gamma, Ic0, Ic1};
    let (key, ..) = fixture();
    let refused = |change: fn(&mut VerifyingKey)| {
        let mut key = key;
        change(&mut key);
        check_key(&key)
    };
    assert_eq!(refused(|k| k.gamma_g2 = k.delta_g2), Err(KeyError::Equal(Gamma, Delta)));
    assert_eq!(refused(|k| k.gamma_g2 = negated(&k.delta_g2)), Err(KeyError::Opposite(Gamma, Delta)));
    assert_eq!(refused(|k| k.beta_g2 = k.gamma_g2), Err(KeyError::Equal(Beta, Gamma)));
    assert_eq!(refused(|k| k.beta_g2 = negated(&k.gamma_g2)), Err(KeyError::Opposite(Beta, Gamma)));
    assert_eq!(refused(|k| k.beta_g2 = k.delta_g2), Err(KeyError::Equal(Beta, Delta)));
    assert_eq!(refused(|k| k.beta_g2 = negated(&k.delta_g2)), Err(KeyError::Opposite(Beta, Delta)));
    assert_eq!(refused(|k| k.ic[1] = k.ic[0]), Err(KeyError::Equal(Ic0, Ic1)));
}

/// Why relations among beta, gamma and delta are refused: each lets anyone prove any digest, from the key alone.
#[test]
fn related_points_would_let_anyone_forge() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut g1_random = || (G1Affine::generator() * Fr::rand(&mut rng)).into_affine();
    let (alpha, ic0, ic1) = (g1_random(), g1_random(), g1_random());
    let g2_random =
        |seed| (G2Affine::generator() * Fr::rand(&mut ChaCha20Rng::seed_from_u64(seed))).into_affine();
    let (p, q) = (g2_random(3), g2_random(4));
    let digest = Fr::from(1234u64); // whatever the forger likes
    let v = (ic0 + ic1 * digest).into_affine();
    let t = Fr::from(77u64); // keeps every point off the identity
    let forgeries: [(KeyError, [G2Affine; 3], [G1Affine; 2], G2Affine); 6] = [
        // (error, [beta, gamma, delta], [A, C], B) with e(A, B) = e(alpha, beta) e(V, gamma) e(C, delta)
        (
            KeyError::Equal(KeyPoint::Gamma, KeyPoint::Delta),
            [p, q, q],
            [alpha, (alpha * t - v).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Opposite(KeyPoint::Gamma, KeyPoint::Delta),
            [p, -q, q],
            [alpha, (alpha * t + v).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Equal(KeyPoint::Beta, KeyPoint::Gamma),
            [p, p, q],
            [(alpha + v).into_affine(), ((alpha + v) * t).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Opposite(KeyPoint::Beta, KeyPoint::Gamma),
            [p, -p, q],
            [(alpha - v).into_affine(), ((alpha - v) * t).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Equal(KeyPoint::Beta, KeyPoint::Delta),
            [q, p, q],
            [v, (v * t - alpha).into_affine()],
            (p + q * t).into_affine(),
        ),
        (
            KeyError::Opposite(KeyPoint::Beta, KeyPoint::Delta),
            [-q, p, q],
            [v, (v * t + alpha).into_affine()],
            (p + q * t).into_affine(),
        ),
    ];
    for (error, [beta, gamma, delta], [a, c], b) in forgeries {
        let key = VerifyingKey {
            alpha_g1: g1(alpha),
            beta_g2: g2(beta),
            gamma_g2: g2(gamma),
            delta_g2: g2(delta),
            ic: [g1(ic0), g1(ic1)],
        };
        let forged = Proof { a_negated: g1(-a), b: g2(b), c: g1(c) };
        assert_eq!(verify(&key, &forged, &scalar(digest)), Ok(()), "{error}: the forgery works");
        assert_eq!(check_key(&key), Err(error));
    }
}

#[test]
fn setup_kinds_are_two_bytes() {
    for byte in 0..=255 {
        assert_eq!(SetupKind::from_byte(byte).map(SetupKind::to_byte), (byte < 2).then_some(byte));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_are_the_identity(key in proptest::collection::vec(any::<u8>(), 576), proof in proptest::collection::vec(any::<u8>(), 256)) {
        let (key_view, proof_view) = (VerifyingKey::from_slice(&key).unwrap(), Proof::from_slice(&proof).unwrap());
        prop_assert_eq!(&key_view.as_bytes()[..], &key[..]);
        prop_assert_eq!(&proof_view.as_bytes()[..], &proof[..]);
        prop_assert_eq!(VerifyingKey::from_bytes(*key_view.as_bytes()), *key_view);
        prop_assert_eq!(Proof::from_bytes(*proof_view.as_bytes()), *proof_view);
        prop_assert_eq!(key_view.key_hash(), assay_interface::sha256(&[&key]));
        prop_assert!(check_key(key_view).is_err());
    }

    #[test]
    fn any_flipped_bit_of_a_proof_is_refused(bit in 0usize..8 * PROOF_LEN) {
        let (key, proof, digest) = fixture();
        let mut bytes = *proof.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(verify(&key, &Proof::from_bytes(bytes), &digest), Err(VerifyError::Invalid));
    }
}
