//! Every reader of outside bytes, each as one function that must not panic on any input and that checks what the
//! reader promises: what it accepts, it encodes back to the same bytes.
//!
//! The fuzz targets of `tests/fuzz` and the smoke test `tests/readers.rs` call the same functions on the same seeds.

use std::sync::LazyLock;

use ark_bn254::Fr;
use assay_circuits::layers::{dense, requantize};
use assay_circuits::{
    Assignment, BuildError, Builder, Circuit, StatementInput, StatementOutput, Violation,
    Visibility as CircuitVisibility, Witness,
};
use assay_cli::proof_file::ProofFile;
use assay_compiler::calibrate::{CalibrationError, FeatureNames, Signature, Table};
use assay_compiler::import::import;
use assay_compiler::{CompiledModel, Options, compile};
use assay_groth16::{Prover, ProvingKey, VerifyingKey, snarkjs};
use assay_interface::artifact::{self, Kind};
use assay_interface::field::Scalar;
use assay_interface::groth16::{self, SetupKind, VERIFYING_KEY_LEN};
use assay_interface::pyth::{Policy, PriceUpdate, VerificationLevel};
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_interface::statement::{self, Statement};
use assay_interface::verifier::Verified;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

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
    Reader { name: "schema", read: schema, seeds: schema_seeds, mutants: 5000 },
    Reader { name: "statement", read: unpack, seeds: unpack_seeds, mutants: 5000 },
    Reader { name: "circuit", read: circuit, seeds: circuit_seeds, mutants: 3000 },
    Reader { name: "compiled_model", read: compiled_model, seeds: compiled_model_seeds, mutants: 400 },
    Reader { name: "onnx", read: onnx, seeds: onnx_seeds, mutants: 1000 },
    Reader { name: "samples_csv", read: samples_csv, seeds: samples_csv_seeds, mutants: 3000 },
    Reader { name: "samples_json", read: samples_json, seeds: samples_json_seeds, mutants: 3000 },
    Reader { name: "samples_numpy", read: samples_numpy, seeds: samples_numpy_seeds, mutants: 3000 },
    Reader { name: "witness", read: witness, seeds: witness_seeds, mutants: 5000 },
    Reader { name: "proving_key", read: proving_key, seeds: proving_key_seeds, mutants: 100 },
    Reader { name: "verifying_key", read: verifying_key, seeds: verifying_key_seeds, mutants: 500 },
    Reader { name: "proof", read: proof, seeds: proof_seeds, mutants: 1000 },
    Reader { name: "snarkjs", read: snarkjs, seeds: snarkjs_seeds, mutants: 2000 },
    Reader { name: "onchain_key", read: onchain_key, seeds: onchain_key_seeds, mutants: 200 },
    Reader { name: "return_data", read: return_data, seeds: return_data_seeds, mutants: 5000 },
    Reader { name: "price_account", read: price_account, seeds: price_account_seeds, mutants: 5000 },
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
        proof: groth16::Proof::from_bytes([7; 256]),
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

/// A model's schema.
pub fn schema(bytes: &[u8]) {
    if let Ok(read) = ModelSchema::decode(bytes) {
        assert_eq!(read.encode(), bytes, "one encoding for each schema");
        assert!(read.input_limbs() > 0 && read.output_limbs() > 0, "no tensor is empty");
    }
}

fn schema_seeds() -> Vec<Vec<u8>> {
    let tensor = |name: &str, shape: &[u32], bits, visibility| TensorSchema {
        name: name.into(),
        shape: shape.to_vec(),
        bits,
        scale: 8,
        visibility,
    };
    let inputs =
        vec![tensor("x", &[1, 16], 15, Visibility::Public), tensor("y", &[3], 32, Visibility::Committed)];
    let outputs = vec![tensor("score", &[1], 16, Visibility::Public)];
    let small = ModelSchema::new("m".into(), inputs.iter().take(1).cloned().collect(), outputs.clone());
    let large = ModelSchema::new("a-longer-name".into(), inputs, outputs);
    [small, large].into_iter().flatten().map(|schema| schema.encode()).collect()
}

/// Limbs of a statement: first a count and a width, then the limbs.
pub fn unpack(bytes: &[u8]) {
    let Some((&[count, bits], rest)) = bytes.split_first_chunk::<2>() else { return };
    let limbs: Vec<Scalar> =
        rest.as_chunks::<32>().0.iter().filter_map(|limb| Scalar::from_be_bytes(*limb).ok()).collect();
    if let Ok(values) = statement::unpack(&limbs, usize::from(count), bits) {
        assert_eq!(values.len(), usize::from(count));
        assert_eq!(
            statement::pack(&values, bits).as_ref(),
            Ok(&limbs),
            "one packing for each list of values"
        );
    }
}

fn unpack_seeds() -> Vec<Vec<u8>> {
    [(16usize, 15u8), (9, 32), (200, 1)]
        .into_iter()
        .filter_map(|(count, bits)| {
            let limbs = statement::pack(&vec![-1; count], bits).ok()?;
            let mut seed = vec![count as u8, bits];
            limbs.iter().for_each(|limb| seed.extend_from_slice(limb.as_be_bytes()));
            Some(seed)
        })
        .collect()
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
    if let Ok(witness) = read.solve(&assignment) {
        let _ = read.r1cs.first_violation(&witness);
    }
}

fn circuit_seeds() -> Vec<Vec<u8>> {
    vec![small_circuit().to_bytes()]
}

/// A dense layer with ReLU and an argmax, one public and one committed input.
fn small_circuit() -> Circuit {
    let build = || -> Result<Circuit, BuildError> {
        let mut b = Builder::new();
        let x = b.input("x", 3, 8)?;
        let y = b.input("y", 1, 8)?;
        let both: Vec<_> = x.iter().chain(&y).cloned().collect();
        let weights = dense::Weights { rows: 2, cols: 4, w: vec![3, -5, 2, 1, -1, 4, -2, 7] };
        let sums = dense::constrain(&mut b, &both, &weights, &[100, -20])?;
        let out = requantize::constrain(&mut b, &sums, requantize::Requantize::signed(3, 8))?;
        let inputs = [
            StatementInput { values: &x, bits: 8, visibility: CircuitVisibility::Public },
            StatementInput { values: &y, bits: 8, visibility: CircuitVisibility::Committed },
        ];
        b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &out, bits: 8 }])?;
        b.finish()
    };
    build().expect("the small circuit is sound")
}

const LINEAR_SCORE: &[u8] = include_bytes!("../../models/suite/linear-score/model.onnx");
const CLIP_CLASSIFIER: &[u8] = include_bytes!("../../models/suite/clip-classifier/model.onnx");
const TWO_BRANCH: &[u8] = include_bytes!("../../models/suite/two-branch/model.onnx");

/// A compiled model, and a run of whatever the bytes made of it.
pub fn compiled_model(bytes: &[u8]) {
    for bytes in as_file_and_payload(Kind::Circuit, bytes) {
        let Ok(read) = CompiledModel::from_bytes(&bytes) else { continue };
        assert_eq!(read.to_bytes(), bytes, "one encoding for each model");
        let sample: Vec<f64> = read.features.iter().map(|feature| feature.min).collect();
        if let Ok(integers) = read.quantize_inputs(&sample)
            && let Ok(outputs) = read.run_reference(&integers)
        {
            assert_eq!(outputs.len(), read.dequantize_outputs(&outputs).len());
        }
    }
}

fn compiled_model_seeds() -> Vec<Vec<u8>> {
    let table = Table::from_csv(include_bytes!("../../models/suite/linear-score/calibration.csv"))
        .expect("the suite's calibration data is sound");
    let (model, _) = compile(LINEAR_SCORE, &table, &Options::default()).expect("the suite's models compile");
    file_and_payload(model.to_bytes())
}

/// An ONNX file. What import takes is also compiled, on two samples, where it is small.
pub fn onnx(bytes: &[u8]) {
    let Ok(model) = import(bytes) else { return };
    let (width, layers) = (model.input_len(), model.layers.len());
    if width > 64 || layers > 8 || model.layers.iter().any(|layer| layer.rows.len() > 64) {
        return; // sound, but slow to compile for each mutant
    }
    let table = Table::Rows(vec![vec![0.5; width], vec![-0.25; width]]);
    let options = Options { max_error: 0.5, ..Options::default() };
    if let Ok((compiled, _)) = compile(bytes, &table, &options) {
        assert!(CompiledModel::from_bytes(&compiled.to_bytes()).is_ok_and(|read| read == compiled));
    }
}

fn onnx_seeds() -> Vec<Vec<u8>> {
    [LINEAR_SCORE, CLIP_CLASSIFIER, TWO_BRANCH].map(<[u8]>::to_vec).to_vec()
}

/// Samples as CSV.
pub fn samples_csv(bytes: &[u8]) {
    arrange(Table::from_csv(bytes));
}

fn samples_csv_seeds() -> Vec<Vec<u8>> {
    vec![b"a,b\n1,2\n-0.5,1e3\n".to_vec(), b"\xef\xbb\xbf\"a\", b\r\n1 ,2\r\n".to_vec()]
}

/// Samples as JSON.
pub fn samples_json(bytes: &[u8]) {
    arrange(Table::from_json(bytes));
}

fn samples_json_seeds() -> Vec<Vec<u8>> {
    [
        "[[1, 2], [3.5, -4e2]]",
        "[{\"a\": 1, \"b\": 2}]",
        "{\"a\": 1, \"b\": 2}",
        "{\"inputs\": {\"x\": [[1, 2]]}}",
        "[1, 2]",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// Samples as NumPy arrays and archives.
pub fn samples_numpy(bytes: &[u8]) {
    arrange(Table::from_npy(bytes));
    arrange(Table::from_npz(bytes));
}

fn samples_numpy_seeds() -> Vec<Vec<u8>> {
    let header = format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }");
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    npy.extend_from_slice(header.as_bytes());
    [1.0f32, -2.5, 0.0, 3.0].iter().for_each(|value| npy.extend(value.to_le_bytes()));
    vec![stored_zip("x.npy", &npy), npy]
}

/// A zip archive of one uncompressed entry: local header, data, central directory, end record.
fn stored_zip(name: &str, data: &[u8]) -> Vec<u8> {
    let crc = data.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    let length = (data.len() as u32).to_le_bytes();
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    common.extend((!crc).to_le_bytes());
    common.extend(length);
    common.extend(length);
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend_from_slice(&common);
    zip.extend_from_slice(name.as_bytes());
    zip.extend_from_slice(data);
    let directory = zip.len() as u32;
    zip.extend_from_slice(b"PK\x01\x02\x14\x00");
    zip.extend_from_slice(&common);
    zip.extend([0; 14]);
    zip.extend_from_slice(name.as_bytes());
    let size = zip.len() as u32 - directory;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// Arranges a table for a model of two features: what comes out has that form and is finite.
fn arrange(table: Result<Table, CalibrationError>) {
    let Ok(table) = table else { return };
    for named in [FeatureNames::Declared, FeatureNames::Derived] {
        let features = ["a".to_owned(), "b".to_owned()];
        let signature = Signature { inputs: vec![("x", 2)], features: &features, named };
        if let Ok(samples) = table.samples(&signature) {
            assert!(!samples.is_empty());
            assert!(
                samples
                    .iter()
                    .all(|sample| sample.len() == 2 && sample.iter().all(|value| value.is_finite()))
            );
        }
    }
}

/// A witness.
pub fn witness(bytes: &[u8]) {
    if let Ok(read) = Witness::from_bytes(bytes) {
        assert_eq!(read.to_bytes(), bytes, "one encoding for each witness");
        let _ = small_circuit_violation(&read);
    }
}

/// The first constraint of the small circuit that a foreign witness, of any length, violates.
fn small_circuit_violation(witness: &Witness) -> Option<Violation> {
    static CIRCUIT: LazyLock<Circuit> = LazyLock::new(small_circuit);
    CIRCUIT.r1cs.first_violation(witness)
}

fn witness_seeds() -> Vec<Vec<u8>> {
    let assignment =
        Assignment { inputs: vec![vec![1, -2, 3], vec![4]], context: [7; 32], salts: vec![Fr::from(9u64)] };
    let witness = small_circuit().solve(&assignment).expect("the inputs are in range");
    vec![witness.to_bytes()]
}

/// Keys, proof and digest of the small circuit; the same ones each time.
struct Proven {
    proving_key: ProvingKey,
    verifying_key: VerifyingKey,
    proof: assay_groth16::Proof,
    digest: Scalar,
}

fn proven() -> &'static Proven {
    static PROVEN: LazyLock<Proven> = LazyLock::new(|| {
        let mut rng = ChaCha20Rng::from_seed([42; 32]);
        let circuit = small_circuit();
        let assignment = Assignment {
            inputs: vec![vec![1, -2, 3], vec![4]],
            context: [7; 32],
            salts: vec![Fr::from(9u64)],
        };
        let witness = circuit.solve(&assignment).expect("the inputs are in range");
        let (proving_key, verifying_key) =
            assay_groth16::setup_development(&circuit, &mut rng).expect("the circuit has keys");
        let proof =
            assay_groth16::prove(&proving_key, &circuit, &witness, &mut rng).expect("the witness is valid");
        Proven { proving_key, verifying_key, proof, digest: assay_groth16::scalar(witness.digest()) }
    });
    &PROVEN
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

/// A proving key, and that it does not panic when it proves.
pub fn proving_key(bytes: &[u8]) {
    for bytes in as_file_and_payload(Kind::ProvingKey, bytes) {
        let Ok(read) = ProvingKey::from_bytes(&bytes) else { continue };
        assert_eq!(read.to_bytes(), bytes, "one encoding for each key");
        let _ = Prover::new(&read, &small_circuit()).map(drop);
    }
}

fn proving_key_seeds() -> Vec<Vec<u8>> {
    file_and_payload(proven().proving_key.to_bytes())
}

/// A verifying key.
pub fn verifying_key(bytes: &[u8]) {
    for bytes in as_file_and_payload(Kind::VerifyingKey, bytes) {
        if let Ok(read) = VerifyingKey::from_bytes(&bytes) {
            assert_eq!(read.to_bytes(), bytes, "one encoding for each key");
        }
    }
}

fn verifying_key_seeds() -> Vec<Vec<u8>> {
    file_and_payload(proven().verifying_key.to_bytes())
}

/// The 256 bytes of a proof, read and verified: the host accepts nothing that the verifier program's code refuses.
pub fn proof(bytes: &[u8]) {
    let Ok(onchain) = groth16::Proof::from_slice(bytes) else { return };
    let Proven { verifying_key, digest, .. } = proven();
    let host = assay_groth16::Proof::from_interface(onchain)
        .and_then(|proof| assay_groth16::verify(verifying_key, &proof, digest));
    let chain = groth16::verify(&verifying_key.to_interface(), onchain, digest);
    assert_eq!(host.is_ok(), chain.is_ok(), "host {host:?}, chain {chain:?}");
}

fn proof_seeds() -> Vec<Vec<u8>> {
    vec![proven().proof.to_interface().as_bytes().to_vec()]
}

/// snarkjs' JSON of a key, a proof and public inputs.
pub fn snarkjs(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = snarkjs::verifying_key_from_json(text, [1; 32], SetupKind::Ceremony) {
        let again = snarkjs::verifying_key_from_json(
            &snarkjs::verifying_key_to_json(&key),
            [1; 32],
            SetupKind::Ceremony,
        );
        assert!(again.is_ok_and(|again| again == key), "what is written is read back");
    }
    if let Ok(proof) = snarkjs::proof_from_json(text) {
        let again = snarkjs::proof_from_json(&snarkjs::proof_to_json(&proof));
        assert!(again.is_ok_and(|again| again == proof), "what is written is read back");
    }
    if let Ok(digest) = snarkjs::public_from_json(text) {
        let again = snarkjs::public_from_json(&snarkjs::public_to_json(&digest));
        assert!(again.is_ok_and(|again| again == digest), "what is written is read back");
    }
}

fn snarkjs_seeds() -> Vec<Vec<u8>> {
    let Proven { verifying_key, proof, digest, .. } = proven();
    let texts = [
        snarkjs::verifying_key_to_json(verifying_key),
        snarkjs::proof_to_json(proof),
        snarkjs::public_to_json(digest),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// A verifying key and a proof as the verifier program gets them: registration, then verification.
pub fn onchain_key(bytes: &[u8]) {
    let Some((key, rest)) = bytes.split_first_chunk::<VERIFYING_KEY_LEN>() else { return };
    let key = groth16::VerifyingKey::from_ref(key);
    let _ = groth16::check_key(key);
    let Ok(proof) = groth16::Proof::from_slice(rest) else { return };
    let verified = groth16::verify(key, proof, &Scalar::from(1u64));
    assert!(verified.is_err(), "noise is no proof under any key");
}

fn onchain_key_seeds() -> Vec<Vec<u8>> {
    let mut seed = proven().verifying_key.to_interface().as_bytes().to_vec();
    seed.extend([0x22; 256]);
    vec![seed]
}

/// The verifier program's answer to a caller.
pub fn return_data(bytes: &[u8]) {
    if let Ok(read) = Verified::decode(bytes) {
        assert_eq!(read.encode(), bytes, "one encoding for each answer");
    }
}

fn return_data_seeds() -> Vec<Vec<u8>> {
    vec![Verified { model: [1; 32], digest: [2; 32], setup: SetupKind::Ceremony }.encode().to_vec()]
}

/// A Pyth price account, read and judged.
pub fn price_account(bytes: &[u8]) {
    let Ok(read) = PriceUpdate::decode(bytes) else { return };
    assert_eq!(PriceUpdate::decode(&read.encode()).as_ref(), Ok(&read), "what is written is read back");
    let policy = Policy { feed_id: read.feed_id, max_age: 60, max_ahead: 5, max_confidence_bps: 200 };
    if let Ok(price) = read.accept(&policy, read.publish_time) {
        assert!(
            price.price > 0 && price.ema > 0 && price.low() <= price.high(),
            "an accepted price is usable"
        );
    }
}

fn price_account_seeds() -> Vec<Vec<u8>> {
    [VerificationLevel::Full, VerificationLevel::Partial { signatures: 13 }]
        .into_iter()
        .map(|verification_level| {
            let update = PriceUpdate {
                write_authority: [1; 32],
                verification_level,
                feed_id: [2; 32],
                price: 14_512_345_678,
                confidence: 5_000_000,
                exponent: -8,
                publish_time: 1_763_000_000,
                previous_publish_time: 1_762_999_999,
                ema_price: 14_400_000_000,
                ema_confidence: 6_000_000,
                posted_slot: 350_000_000,
            };
            update.encode().to_vec()
        })
        .collect()
}
