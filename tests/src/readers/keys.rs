//! Readers of keys and proofs.

use std::sync::LazyLock;

use assay_circuits::{Circuit, Ranges};
use assay_groth16::circom::{Zkey, read_wtns};
use assay_groth16::weights::{self, WeightsProver, WeightsProvingKey, WeightsVerifyingKey};
use assay_groth16::{KeyReadError, Prover, ProvingKey, VerifyingKey, snarkjs};
use assay_interface::artifact::Kind;
use assay_interface::field::Scalar;
use assay_interface::groth16::{self, SetupKind};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::seeds::{
    FORMS, as_file_and_payload, file_and_payload, small_circuit, small_witness, weights_circuit,
};

/// Keys, proof and digest of a small circuit; the same ones each time.
pub(super) struct Proven {
    circuit: Circuit,
    proving_key: ProvingKey,
    pub(super) verifying_key: VerifyingKey,
    proof: assay_groth16::Proof,
    digest: Scalar,
}

/// One of each form.
pub(super) fn proven() -> &'static [Proven; 2] {
    static PROVEN: LazyLock<[Proven; 2]> = LazyLock::new(|| FORMS.map(prove));
    &PROVEN
}

fn prove(ranges: Ranges) -> Proven {
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let circuit = small_circuit(ranges);
    let witness = small_witness(&circuit);
    let (proving_key, verifying_key) =
        assay_groth16::setup_development(&circuit, &mut rng).expect("the circuit has keys");
    let proof =
        assay_groth16::prove(&proving_key, &circuit, &witness, &mut rng).expect("the witness is valid");
    Proven { circuit, proving_key, verifying_key, proof, digest: assay_groth16::scalar(witness.digest()) }
}

/// Keys of circuits that share their weights: one that computes, one that proves their ranges.
fn weights_keys() -> &'static [(Circuit, WeightsProvingKey); 2] {
    static KEYS: LazyLock<[(Circuit, WeightsProvingKey); 2]> = LazyLock::new(|| {
        let [first, second] = FORMS.map(weights_circuit);
        let keys = weights::setup(&[&first, &second], &mut ChaCha20Rng::from_seed([42; 32]));
        let keys: Result<[WeightsProvingKey; 2], _> = keys.expect("the circuits have keys").try_into();
        let [first_key, second_key] = keys.expect("a key each");
        [(first, first_key), (second, second_key)]
    });
    &KEYS
}

/// A proving key, with weights or without, and that it does not panic when it proves.
pub fn proving_key(bytes: &[u8]) {
    for bytes in as_file_and_payload(Kind::ProvingKey, bytes) {
        match WeightsProvingKey::from_bytes(&bytes) {
            Ok(read) => {
                assert_eq!(read.as_bytes(), bytes, "one encoding for each key");
                for (circuit, key) in weights_keys() {
                    let _ = WeightsProver::new(&read, circuit).map(drop);
                    let _ = read.shares_weights(key);
                }
                assert!(ProvingKey::from_bytes(&bytes).is_err(), "a key is of one type");
            }
            Err(KeyReadError::NoWeights) => {
                let read = ProvingKey::from_bytes(&bytes).expect("a key is of one type");
                assert_eq!(read.to_bytes(), bytes, "one encoding for each key");
                for Proven { circuit, .. } in proven() {
                    let _ = Prover::new(&read, circuit).map(drop);
                }
            }
            Err(_) => {} // the rest of it is one reader
        }
    }
}

pub(super) fn proving_key_seeds() -> Vec<Vec<u8>> {
    let [_, (_, weights)] = weights_keys();
    let keys = proven().iter().map(|proven| proven.proving_key.to_bytes());
    keys.chain([weights.as_bytes().to_vec()]).flat_map(file_and_payload).collect()
}

/// A verifying key, with weights or without.
pub fn verifying_key(bytes: &[u8]) {
    for bytes in as_file_and_payload(Kind::VerifyingKey, bytes) {
        if let Ok(read) = VerifyingKey::from_bytes(&bytes) {
            assert_eq!(read.to_bytes(), bytes, "one encoding for each key");
        }
        if let Ok(read) = WeightsVerifyingKey::from_bytes(&bytes) {
            assert_eq!(read.to_bytes(), bytes, "one encoding for each key");
            assert!(VerifyingKey::from_bytes(&bytes).is_err(), "a key is of one type");
        }
    }
}

pub(super) fn verifying_key_seeds() -> Vec<Vec<u8>> {
    let [_, (_, weights)] = weights_keys();
    let keys = proven().iter().map(|proven| proven.verifying_key.to_bytes());
    keys.chain([weights.verifying_key().to_bytes()]).flat_map(file_and_payload).collect()
}

/// The bytes of a proof, read and verified: the host accepts nothing that the verifier program's code refuses.
pub fn proof(bytes: &[u8]) {
    let Ok(onchain) = groth16::Proof::from_slice(bytes) else { return };
    for Proven { verifying_key, digest, .. } in proven() {
        let host = assay_groth16::Proof::from_interface(&onchain)
            .and_then(|proof| assay_groth16::verify(verifying_key, &proof, digest));
        let chain = groth16::verify(&verifying_key.to_interface(), &onchain, digest);
        assert_eq!(host.is_ok(), chain.is_ok(), "host {host:?}, chain {chain:?}");
    }
}

pub(super) fn proof_seeds() -> Vec<Vec<u8>> {
    proven().iter().map(|proven| proven.proof.to_interface().as_bytes().to_vec()).collect()
}

/// snarkjs' JSON of a key, a proof and public inputs.
pub fn snarkjs(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = snarkjs::verifying_key_from_json(text, [1; 32], SetupKind::Ceremony) {
        let written = snarkjs::verifying_key_to_json(&key).expect("no commitment was read");
        let again = snarkjs::verifying_key_from_json(&written, [1; 32], SetupKind::Ceremony);
        assert!(again.is_ok_and(|again| again == key), "what is written is read back");
    }
    if let Ok(proof) = snarkjs::proof_from_json(text) {
        let written = snarkjs::proof_to_json(&proof).expect("no commitment was read");
        let again = snarkjs::proof_from_json(&written);
        assert!(again.is_ok_and(|again| again == proof), "what is written is read back");
    }
    if let Ok(digest) = snarkjs::public_from_json(text) {
        let again = snarkjs::public_from_json(&snarkjs::public_to_json(&digest));
        assert!(again.is_ok_and(|again| again == digest), "what is written is read back");
    }
}

pub(super) fn snarkjs_seeds() -> Vec<Vec<u8>> {
    let [Proven { verifying_key, proof, digest, .. }, _] = proven();
    let texts = [
        snarkjs::verifying_key_to_json(verifying_key).expect("the first has no commitment"),
        snarkjs::proof_to_json(proof).expect("the first has no commitment"),
        snarkjs::public_to_json(digest),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// A proving key of snarkjs, and that it does not panic when it proves.
pub fn zkey(bytes: &[u8]) {
    if let (Ok(key), Ok(witness)) = (Zkey::from_bytes(bytes), read_wtns(WTNS)) {
        let _ = key.prove(&witness, &mut ChaCha20Rng::from_seed([1; 32])).map(drop);
    }
}

pub(super) fn zkey_seeds() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../../prover/groth16/tests/data/tiny.zkey").to_vec()]
}

/// A witness of circom.
pub fn wtns(bytes: &[u8]) {
    let _ = read_wtns(bytes).map(drop);
}

pub(super) fn wtns_seeds() -> Vec<Vec<u8>> {
    vec![WTNS.to_vec()]
}

const WTNS: &[u8] = include_bytes!("../../../prover/groth16/tests/data/tiny.wtns");
