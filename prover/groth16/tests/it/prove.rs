//! Proofs: what verifies, on both verifiers, and what is refused, by its own error.

use crate::common;
use ark_bn254::Fr;
use ark_ff::One;
use assay_circuits::{Bounded, Builder, Visibility};
use assay_groth16::{
    ProveError, Prover, SetupError, SetupKind, VerifyError, prove, scalar, setup_development, verify,
};
use assay_interface::{field::Scalar, groth16 as interface};

#[test]
fn a_proof_verifies_on_both_verifiers() {
    for visibility in [Visibility::Public, Visibility::Committed] {
        let circuit = common::perceptron(&[5, 3, 2], visibility, 1);
        let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
        assert_eq!(verifying_key.setup_kind(), SetupKind::Development);
        assert_eq!(interface::check_key(&verifying_key.to_interface()), Ok(()));
        for seed in 0..3 {
            let witness = common::solve(&circuit, seed);
            let digest = scalar(witness.digest());
            let proof = prove(&key, &circuit, &witness, &mut common::rng(seed)).unwrap();
            assert_eq!(verify(&verifying_key, &proof, &digest), Ok(()));
            let bytes = proof.to_interface();
            assert_eq!(interface::verify(&verifying_key.to_interface(), &bytes, &digest), Ok(()));
            assert_eq!(assay_groth16::Proof::from_interface(&bytes), Ok(proof));
        }
    }
}

#[test]
fn another_statement_or_key_is_refused_by_both_verifiers() {
    let circuit = common::small();
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let (_, other_key) = setup_development(&circuit, &mut common::rng(2)).unwrap();
    let witness = common::solve(&circuit, 3);
    let digest = scalar(witness.digest());
    let proof = prove(&key, &circuit, &witness, &mut common::rng(3)).unwrap();
    let other_digest = scalar(common::solve(&circuit, 4).digest());
    for (key, digest) in
        [(&verifying_key, other_digest), (&verifying_key, Scalar::ZERO), (&other_key, digest)]
    {
        assert_eq!(verify(key, &proof, &digest), Err(VerifyError::Invalid));
        let refused = interface::verify(&key.to_interface(), &proof.to_interface(), &digest);
        assert_eq!(refused, Err(interface::VerifyError::Invalid));
    }
}

#[test]
fn altered_proof_points_are_named() {
    use assay_groth16::PointError::{Identity, NotCanonical, NotOnCurve};
    use interface::ProofPoint::{A, B, C};
    let circuit = common::small();
    let (key, _) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let proof =
        prove(&key, &circuit, &common::solve(&circuit, 3), &mut common::rng(3)).unwrap().to_interface();
    let altered = |change: fn(&mut interface::PlainProof)| {
        let mut proof = proof;
        change(proof.plain_mut());
        match assay_groth16::Proof::from_interface(&proof) {
            Err(VerifyError::Point { point, error }) => (point, error),
            other => panic!("expected an error of a point, got {other:?}"),
        }
    };
    assert_eq!(altered(|p| p.a_negated = [0; 64]), (A, Identity));
    assert_eq!(altered(|p| p.b = [0; 128]), (B, Identity));
    assert_eq!(altered(|p| p.c[0] = 0xff), (C, NotCanonical));
    assert_eq!(altered(|p| p.a_negated[63] ^= 1), (A, NotOnCurve));
    assert_eq!(altered(|p| p.b[127] ^= 1), (B, NotOnCurve));
}

#[test]
fn blinding_makes_proofs_of_one_witness_differ() {
    let circuit = common::small();
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let prover = Prover::new(&key, &circuit).unwrap();
    let witness = common::solve(&circuit, 3);
    let mut rng = common::rng(4);
    let (first, second) =
        (prover.prove(&witness, &mut rng).unwrap(), prover.prove(&witness, &mut rng).unwrap());
    let (left, right) = (first.to_interface(), second.to_interface());
    let (left, right) = (left.plain(), right.plain());
    assert!(left.a_negated != right.a_negated && left.b != right.b && left.c != right.c);
    assert_eq!(verify(&verifying_key, &second, &scalar(witness.digest())), Ok(()));
}

#[test]
fn a_key_of_another_circuit_is_refused() {
    let (circuit, other) = (common::small(), common::perceptron(&[3, 2, 1], Visibility::Public, 99));
    let (key, _) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let error = Prover::new(&key, &other).unwrap_err();
    assert_eq!(error, ProveError::WrongCircuit { key: circuit.digest(), circuit: other.digest() });
}

#[test]
fn a_witness_of_the_wrong_form_is_refused() {
    let circuit = common::small();
    let (key, _) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let prover = Prover::new(&key, &circuit).unwrap();
    let mut rng = common::rng(5);
    let mut witness = common::solve(&circuit, 3);
    let expected = witness.values.len();
    witness.values.push(Fr::one());
    let error = prover.prove(&witness, &mut rng).unwrap_err();
    assert_eq!(error, ProveError::WitnessLength { expected, found: expected + 1 });
    witness.values.clear();
    let error = prover.prove(&witness, &mut rng).unwrap_err();
    assert_eq!(error, ProveError::WitnessLength { expected, found: 0 });
    let mut witness = common::solve(&circuit, 3);
    witness.values[0] += Fr::one();
    assert_eq!(prover.prove(&witness, &mut rng).unwrap_err(), ProveError::ConstantWire);
}

#[test]
fn an_unsatisfied_witness_is_refused_by_the_name_of_the_constraint() {
    let circuit = common::small();
    let (key, _) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let prover = Prover::new(&key, &circuit).unwrap();
    let witness = common::solve(&circuit, 3);
    let mut blocks = std::collections::BTreeSet::new();
    for wire in 1..witness.values.len() {
        let mut wrong = witness.clone();
        wrong.values[wire] += Fr::one();
        match prover.prove(&wrong, &mut common::rng(5)) {
            Err(ProveError::Unsatisfied(violation)) => {
                assert_eq!(Some(&violation), circuit.r1cs.first_violation(&wrong).as_ref());
                blocks.insert(violation.block);
            }
            other => panic!("wire {wire} is not bound: {other:?}"),
        }
    }
    assert!(blocks.len() > 3 && blocks.iter().all(|block| !block.is_empty()), "{blocks:?}");
}

#[test]
fn a_circuit_that_binds_no_digest_gets_no_key() {
    let mut b = Builder::new();
    let x: Vec<Bounded> = b.input("x", 1, 8).unwrap();
    let circuit = b.finish_gadget(&[&x]).unwrap();
    assert_eq!(setup_development(&circuit, &mut common::rng(1)).unwrap_err(), SetupError::UnboundDigest);
}

#[test]
fn a_setup_is_a_function_of_its_randomness() {
    let circuit = common::small();
    let keys = |seed| setup_development(&circuit, &mut common::rng(seed)).unwrap();
    let ((left, left_vk), (same, _), (other, other_vk)) = (keys(1), keys(1), keys(2));
    assert_eq!(left, same);
    assert_ne!(left, other);
    assert_ne!(left_vk.digest(), other_vk.digest());
}
