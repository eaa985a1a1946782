//! Readers of Assay's own files: containers, proofs with their statements, circuits, witnesses.

use std::sync::LazyLock;

use ark_bn254::Fr;
use assay_circuits::{Assignment, Circuit, Membership, Witness};
use assay_interface::artifact::{self, Kind};
use assay_interface::field::Scalar;
use assay_interface::groth16;
use assay_interface::proof_file::ProofFile;
use assay_interface::statement::Statement;

use super::seeds::{FORMS, file_and_payload, member_circuit, small_circuit, small_witness, weights_circuit};

/// The container of every file.
pub fn artifact(bytes: &[u8]) {
    for kind in Kind::ALL {
        if let Ok(read) = artifact::decode(kind, bytes) {
            assert_eq!(
                artifact::encode(kind, read.parent, read.payload),
                bytes,
                "one encoding for each artifact"
            );
        }
    }
}

pub(super) fn artifact_seeds() -> Vec<Vec<u8>> {
    Kind::ALL.iter().map(|&kind| artifact::encode(kind, [kind as u8; 32], &[kind as u8; 40])).collect()
}

/// A proof with its statement. The checksum would hide the payload's reader from mutants, so they get a new one.
pub fn proof_file(bytes: &[u8]) {
    for bytes in [bytes, &artifact::encode(Kind::Proof, [5; 32], bytes)] {
        if let Ok(read) = ProofFile::from_bytes(bytes) {
            assert_eq!(read.to_bytes(), bytes, "one encoding for each proof");
        }
    }
}

pub(super) fn proof_file_seeds() -> Vec<Vec<u8>> {
    let file = ProofFile {
        proof: groth16::Proof::from_slice(&[7; 384]).expect("the length of a committed proof"),
        statement: Statement {
            domain: Scalar::from(1u64),
            context: [2; 32],
            limbs: vec![Scalar::from(3u64), Scalar::from(4u64)],
        },
        key: [5; 32],
    };
    file_and_payload(file.to_bytes())
}

/// A circuit, and its witness program on whatever the bytes made of it.
pub fn circuit(bytes: &[u8]) {
    let Ok(read) = Circuit::from_bytes(bytes) else { return };
    assert_eq!(read.to_bytes(), bytes, "one encoding for each circuit");
    let inputs: usize = read.inputs().iter().map(|tensor| tensor.len as usize).sum();
    let weights = read.program().num_weights();
    if inputs > 1 << 16 || weights > 1 << 16 || read.program().num_salts() > 1 << 10 {
        return; // sound, but slow to run for each mutant
    }
    let assignment = Assignment {
        inputs: read.inputs().iter().map(|tensor| vec![-1; tensor.len as usize]).collect(),
        context: [7; 32],
        salts: vec![Fr::from(5u64); read.program().num_salts()],
        member: read.program().member_depth().map(|depth| Membership {
            secret: Fr::from(3u64),
            salt: Fr::from(4u64),
            position: 1,
            siblings: vec![Fr::from(6u64); usize::from(depth)],
            scope: [8; 32],
        }),
        weights: vec![1; weights].into(),
    };
    let Ok(witness) = read.solve(&assignment) else { return };
    if let Ok(witness) = read.complete(witness, Fr::from(11u64), Fr::from(1u64 << 60)) {
        let _ = read.r1cs.first_violation(&witness);
    }
}

pub(super) fn circuit_seeds() -> Vec<Vec<u8>> {
    let small = FORMS.map(small_circuit);
    let weights = FORMS.map(weights_circuit);
    small.iter().chain(&weights).chain([&member_circuit()]).map(Circuit::to_bytes).collect()
}

/// A witness.
pub fn witness(bytes: &[u8]) {
    static CIRCUITS: LazyLock<[Circuit; 2]> = LazyLock::new(|| FORMS.map(small_circuit));
    let Ok(read) = Witness::from_bytes(bytes) else { return };
    assert_eq!(read.to_bytes(), bytes, "one encoding for each witness");
    for circuit in CIRCUITS.iter() {
        let _ = circuit.r1cs.first_violation(&read);
        let _ = circuit.complete(read.clone(), Fr::from(11u64), Fr::from(1u64 << 60));
    }
}

pub(super) fn witness_seeds() -> Vec<Vec<u8>> {
    FORMS.map(|ranges| small_witness(&small_circuit(ranges)).to_bytes()).to_vec()
}
