//! Every reader of outside bytes, each as one function that must not panic on any input and that checks what the
//! reader promises: what it accepts, it encodes back to the same bytes.
//!
//! The fuzz targets of `tests/fuzz` and the smoke test `tests/readers.rs` call the same functions on the same seeds.

mod chain;
mod keys;
mod models;

use std::sync::LazyLock;

use ark_bn254::Fr;
use assay_circuits::layers::{dense, function, requantize};
use assay_circuits::{
    Assignment, BuildError, Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, Witness,
};
use assay_interface::artifact::{self, Kind};
use assay_interface::field::Scalar;
use assay_interface::groth16;
use assay_interface::proof_file::ProofFile;
use assay_interface::statement::Statement;

pub use self::{
    chain::{onchain_key, price_account, return_data, schema, unpack},
    keys::{proof, proving_key, snarkjs, verifying_key, wtns, zkey},
    models::{compiled_model, onnx, samples_csv, samples_json, samples_numpy},
};

/// A reader under test.
pub struct Reader {
    /// Name, also that of the fuzz target.
    pub name: &'static str,
    /// Reads the bytes; panics only where the reader breaks a promise.
    pub read: fn(&[u8]),
    /// Valid inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Mutants that the smoke test tries: fewer where a read is slow.
    pub mutants: usize,
}

/// All of them.
pub const READERS: &[Reader] = &[
    Reader { name: "artifact", read: artifact, seeds: artifact_seeds, mutants: 5000 },
    Reader { name: "proof_file", read: proof_file, seeds: proof_file_seeds, mutants: 5000 },
    Reader { name: "schema", read: schema, seeds: chain::schema_seeds, mutants: 5000 },
    Reader { name: "statement", read: unpack, seeds: chain::unpack_seeds, mutants: 5000 },
    Reader { name: "circuit", read: circuit, seeds: circuit_seeds, mutants: 3000 },
    Reader {
        name: "compiled_model",
        read: compiled_model,
        seeds: models::compiled_model_seeds,
        mutants: 400,
    },
    Reader { name: "onnx", read: onnx, seeds: models::onnx_seeds, mutants: 1000 },
    Reader { name: "samples_csv", read: samples_csv, seeds: models::samples_csv_seeds, mutants: 3000 },
    Reader { name: "samples_json", read: samples_json, seeds: models::samples_json_seeds, mutants: 3000 },
    Reader { name: "samples_numpy", read: samples_numpy, seeds: models::samples_numpy_seeds, mutants: 3000 },
    Reader { name: "witness", read: witness, seeds: witness_seeds, mutants: 5000 },
    Reader { name: "proving_key", read: proving_key, seeds: keys::proving_key_seeds, mutants: 100 },
    Reader { name: "verifying_key", read: verifying_key, seeds: keys::verifying_key_seeds, mutants: 500 },
    Reader { name: "proof", read: proof, seeds: keys::proof_seeds, mutants: 1000 },
    Reader { name: "snarkjs", read: snarkjs, seeds: keys::snarkjs_seeds, mutants: 2000 },
    Reader { name: "zkey", read: zkey, seeds: keys::zkey_seeds, mutants: 500 },
    Reader { name: "wtns", read: wtns, seeds: keys::wtns_seeds, mutants: 5000 },
    Reader { name: "onchain_key", read: onchain_key, seeds: chain::onchain_key_seeds, mutants: 200 },
    Reader { name: "return_data", read: return_data, seeds: chain::return_data_seeds, mutants: 5000 },
    Reader { name: "price_account", read: price_account, seeds: chain::price_account_seeds, mutants: 5000 },
];

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

fn artifact_seeds() -> Vec<Vec<u8>> {
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

fn proof_file_seeds() -> Vec<Vec<u8>> {
    let file = ProofFile {
        proof: groth16::Proof::from_slice(&[7; 384]).expect("the length of a committed proof"),
        statement: Statement {
            domain: Scalar::from(1u64),
            context: [2; 32],
            limbs: vec![Scalar::from(3u64), Scalar::from(4u64)],
        },
        key: [5; 32],
    };
    let bytes = file.to_bytes();
    let payload = bytes.get(artifact::HEADER_LEN..).unwrap_or_default().to_vec();
    vec![bytes, payload]
}

/// A circuit, and its witness program on whatever the bytes made of it.
pub fn circuit(bytes: &[u8]) {
    let Ok(read) = Circuit::from_bytes(bytes) else { return };
    assert_eq!(read.to_bytes(), bytes, "one encoding for each circuit");
    let inputs: usize = read.inputs().iter().map(|tensor| tensor.len as usize).sum();
    if inputs > 1 << 16 || read.program().num_salts() > 1 << 10 {
        return; // sound, but slow to run for each mutant
    }
    let assignment = Assignment {
        inputs: read.inputs().iter().map(|tensor| vec![-1; tensor.len as usize]).collect(),
        context: [7; 32],
        salts: vec![Fr::from(5u64); read.program().num_salts()],
    };
    let Ok(witness) = read.solve(&assignment) else { return };
    if let Ok(witness) = read.complete(witness, Fr::from(11u64), Fr::from(1u64 << 60)) {
        let _ = read.r1cs.first_violation(&witness);
    }
}

fn circuit_seeds() -> Vec<Vec<u8>> {
    FORMS.map(|ranges| small_circuit(ranges).to_bytes()).to_vec()
}

/// Circuits without a commitment, and with one.
const FORMS: [Ranges; 2] = [Ranges::Bits, Ranges::Lookup];

/// A dense layer and a function by table, one public and one committed input.
fn small_circuit(ranges: Ranges) -> Circuit {
    let build = || -> Result<Circuit, BuildError> {
        let mut b = Builder::with_ranges(ranges);
        let x = b.input("x", 3, 8)?;
        let y = b.input("y", 1, 8)?;
        let both: Vec<_> = x.iter().chain(&y).cloned().collect();
        let weights = dense::Weights { rows: 2, cols: 4, w: vec![3, -5, 2, 1, -1, 4, -2, 7] };
        let sums = dense::constrain(&mut b, &both, &weights, &[100, -20])?;
        let sums = requantize::constrain(&mut b, &sums, requantize::Requantize::signed(6, 4))?;
        let squares = function::FunctionTable::new(-8, (-8..8).map(|x| x * x).collect())?;
        let out = function::constrain(&mut b, &sums, &squares)?;
        let inputs = [
            StatementInput { values: &x, bits: 8, visibility: Visibility::Public },
            StatementInput { values: &y, bits: 8, visibility: Visibility::Committed },
        ];
        b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &out, bits: 8 }])?;
        b.finish()
    };
    build().expect("the small circuit is sound")
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

fn witness_seeds() -> Vec<Vec<u8>> {
    FORMS.map(|ranges| small_witness(&small_circuit(ranges)).to_bytes()).to_vec()
}

/// A witness of a small circuit.
fn small_witness(circuit: &Circuit) -> Witness {
    let assignment =
        Assignment { inputs: vec![vec![1, -2, 3], vec![4]], context: [7; 32], salts: vec![Fr::from(9u64)] };
    circuit.solve(&assignment).expect("the inputs are in range")
}

/// `bytes` as a file, and as the payload of a sound one: the checksum would hide the payload's reader from mutants.
/// The parent is the payload's first 32 bytes, as keys want it.
fn as_file_and_payload(kind: Kind, bytes: &[u8]) -> [Vec<u8>; 2] {
    let parent = bytes.first_chunk::<32>().copied().unwrap_or_default();
    [bytes.to_vec(), artifact::encode(kind, parent, bytes)]
}

fn file_and_payload(file: Vec<u8>) -> Vec<Vec<u8>> {
    let payload = file.get(artifact::HEADER_LEN..).unwrap_or_default().to_vec();
    vec![file, payload]
}
