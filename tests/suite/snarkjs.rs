//! Another implementation judges our keys and proofs.

use std::fs;

use ark_bn254::Fr;
use assay_circuits::Assignment;
use assay_groth16::{prove, scalar, setup_development, snarkjs};
use assay_interface::field::Scalar;
use assay_tests::snarkjs::accepts as verdict;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::case::Case;

/// snarkjs accepts a compiled model's key, digest and proof, and refuses another digest and another proof.
pub fn accepts(case: &Case) {
    let circuit = &case.model.circuit;
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let (key, _) = setup_development(circuit, &mut rng).unwrap();
    let prove_sample = |sample: usize, rng: &mut ChaCha20Rng| {
        let assignment = Assignment {
            inputs: case.model.quantize_inputs(&case.samples[sample]).unwrap(),
            context: [0x5a; 32],
            salts: (1u64..).map(Fr::from).take(circuit.program().num_salts()).collect(),
            member: None,
            ..Assignment::default()
        };
        let witness = circuit.solve(&assignment).unwrap();
        (scalar(witness.digest()), prove(&key, circuit, &witness, rng).unwrap())
    };
    let (digest, proof) = prove_sample(0, &mut rng);
    let (_, other_proof) = prove_sample(1, &mut rng);
    let mut altered = digest.to_be_bytes();
    altered[31] ^= 1;
    let altered = Scalar::from_be_bytes(altered).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let key = write("verification_key.json", snarkjs::verifying_key_to_json(key.verifying_key()).unwrap());
    let digest = write("public.json", snarkjs::public_to_json(&digest));
    let altered = write("altered.json", snarkjs::public_to_json(&altered));
    let proof = write("proof.json", snarkjs::proof_to_json(&proof).unwrap());
    let other_proof = write("other.json", snarkjs::proof_to_json(&other_proof).unwrap());

    assert!(verdict(&key, &digest, &proof));
    for (public, proof) in [(&altered, &proof), (&digest, &other_proof)] {
        assert!(!verdict(&key, public, proof));
    }
}
