//! `.assay` files: what is written is read, and nothing else is.

use std::sync::LazyLock;

use assay_compiler::{CompiledModel, DecodeError, Options};
use assay_interface::artifact::{ArtifactError, HEADER_LEN, Kind, decode, encode};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::builder::*;
use crate::networks::perceptron;

fn model() -> CompiledModel {
    compiled(&perceptron(&[3, 4, 2], 1), &Options { commit: vec!["x".into()], ..Options::default() }).0
}

/// A model with every kind of map and step.
fn every_step() -> &'static CompiledModel {
    static MODEL: LazyLock<CompiledModel> = LazyLock::new(compile_every_step);
    &MODEL
}

fn compile_every_step() -> CompiledModel {
    let weights =
        |count: usize| -> Vec<f32> { (0..count).map(|i| ((i * 37 % 19) as f32 - 9.0) / 9.0).collect() };
    let window = || vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    let onnx = Onnx::with_opset(17)
        .input("x", &[1, 1, 4, 4])
        .floats("k", &[2, 1, 3, 3], &weights(18))
        .floats("w", &[8, 4], &weights(32))
        .floats("v", &[4, 3], &weights(12))
        .floats("gain", &[4], &[1.0, 0.5, 0.75, 1.25])
        .node("c", "Conv", &["x", "k"], vec![ints("pads", &[1, 1, 1, 1])])
        .node("r", "Relu", &["c"], vec![])
        .node("p", "MaxPool", &["r"], window())
        .node("f", "Flatten", &["p"], vec![])
        .node("g", "Gemm", &["f", "w"], vec![])
        .node("s", "LeakyRelu", &["g"], vec![float("alpha", 0.1)])
        .node("n", "LayerNormalization", &["s", "gain"], vec![float("epsilon", 0.1)])
        .node("t", "Add", &["s", "n"], vec![])
        .node("u", "Relu", &["t"], vec![])
        .node("q", "Softmax", &["u"], vec![])
        .node("y", "Gemm", &["u", "v"], vec![])
        .node("z", "ArgMax", &["y"], vec![int("axis", 1)])
        .output("q")
        .output("y")
        .output("z");
    compiled(&onnx, &Options { max_error: 0.2, ..Options::default() }).0
}

fn payload(bytes: &[u8]) -> Vec<u8> {
    decode(Kind::Circuit, bytes).unwrap().payload.to_vec()
}

#[test]
fn round_trip() {
    for model in [&model(), every_step()] {
        let bytes = model.to_bytes();
        let read = CompiledModel::from_bytes(&bytes).unwrap();
        assert_eq!(&read, model);
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!(decode(Kind::Circuit, &bytes).unwrap().parent, model.source_digest);
    }
}

#[test]
fn containers_that_are_not_sound() {
    let bytes = model().to_bytes();
    let error = |bytes: &[u8]| CompiledModel::from_bytes(bytes).unwrap_err();
    assert!(matches!(error(b"ELF"), DecodeError::Artifact(_)));
    assert!(matches!(error(&bytes[..bytes.len() - 1]), DecodeError::Artifact(_)));
    let key = encode(Kind::ProvingKey, [0; 32], &payload(&bytes));
    assert!(matches!(error(&key), DecodeError::Artifact(ArtifactError::WrongKind { .. })));
    let mut flipped = bytes.clone();
    flipped[HEADER_LEN + 40] ^= 1;
    assert!(matches!(error(&flipped), DecodeError::Artifact(ArtifactError::Checksum)));
}

#[test]
fn the_circuit_of_another_model() {
    let bytes = payload(&model().to_bytes());
    let other = payload(&every_step().to_bytes());
    // The digest stands at the end.
    let mixed = [&bytes[..bytes.len() - 32], &other[other.len() - 32..]].concat();
    let error = CompiledModel::from_bytes(&encode(Kind::Circuit, [0; 32], &mixed)).unwrap_err();
    assert_eq!(error, DecodeError::CircuitDigest);
}

#[test]
fn payloads_that_end_early_or_late() {
    let bytes = payload(&every_step().to_bytes());
    for length in 0..bytes.len() {
        let cut = encode(Kind::Circuit, [0; 32], &bytes[..length]);
        assert!(CompiledModel::from_bytes(&cut).is_err(), "{length} of {}", bytes.len());
    }
    let long = encode(Kind::Circuit, [0; 32], &[&bytes[..], &[0]].concat());
    assert!(matches!(CompiledModel::from_bytes(&long), Err(DecodeError::Read(_))));
}

proptest! {
    #![proptest_config(cases(400))]

    /// A payload with a valid checksum and changed bytes is refused, or is exactly what it says: never a panic.
    #[test]
    fn changed_payloads(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = payload(&every_step().to_bytes());
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let file = encode(Kind::Circuit, [0; 32], &bytes);
        if let Ok(model) = CompiledModel::from_bytes(&file) {
            prop_assert_eq!(model.to_bytes(), file);
        }
    }
}

/// The bytes of a compilation are the same on every machine: this is the SHA-256 of schema, features, graph and way to prove ranges of one.
/// It changes when the search changes, and for no other reason.
#[test]
fn bytes_are_those_of_every_machine() {
    let bytes = payload(&compiled(&perceptron(&[5, 8, 4, 2], 42), &Options::default()).0.to_bytes());
    // Without the circuit's digest, which also changes when gadgets do.
    let digest = Sha256::digest(&bytes[..bytes.len() - 32]);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "5bc8890bae46bde320b8e295a9b76c65ac8632e68bfba40df7630503f3ba27b1");
}
