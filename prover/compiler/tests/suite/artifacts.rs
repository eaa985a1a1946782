//! `.assay` files: what is written is read, and nothing else is.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use assay_compiler::decision::{Band, Certain, DecisionClaim, Lead, Uncertain};
use assay_compiler::model::ClassNames;
use assay_compiler::{
    CompiledModel, DecodeError, ExactFloats, Format, MemberInput, Options, ReadError, Strategy, Table,
    Weights, Widths, compile,
};
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

/// A model of which every option was given.
fn every_option() -> CompiledModel {
    let options = Options {
        of_range: 0.0,
        max_error: 0.25,
        max_error_certified: Some(8.0),
        widths: Widths::Calibrated,
        name: Some("named".into()),
        input_format: Some(Format { bits: 12, scale: 8 }),
        margin: 0.25,
        exact_floats: ExactFloats::None, // beside no input format: see `exact`
        output_format: Some(Format { bits: 20, scale: 10 }),
        domains: [("x[0]".to_owned(), (-3.0, 2.5)), ("x[2]".to_owned(), (-0.0, 7.0))].into(),
        commit: vec!["x".into()],
        member: None, // the model has one input: see `a_member_input_is_kept`
        threshold: Some(-0.125),
        max_flips: Some(100),
        ranges: Strategy::Bits,
        weights: Weights::Fixed, // a file without weights is another one: see `committed`
        shapes: [("x:1".to_owned(), 3)].into(),
        outputs: vec!["g1".into()],
        missing: BTreeSet::new(), // the model takes numbers only: see `missing`
    };
    let model = compile(&perceptron(&[3, 4, 2], 1).bytes(), &Table::Rows(positive()), &options).unwrap().0;
    assert_eq!(model.provenance.options, options);
    model
}

/// Rows inside the domains of [`every_option`].
fn positive() -> Vec<Vec<f64>> {
    rows(30, 3, 5).into_iter().map(|row| row.into_iter().map(f64::abs).collect()).collect()
}

/// A linear classifier of three features, whose classes have names.
fn named_classes() -> CompiledModel {
    let attributes = vec![
        floats("coefficients", &[1.0, -0.5, 0.25, -1.0, 0.5, -0.25]),
        floats("intercepts", &[0.25, -0.25]),
        strings("classlabels_strings", &["refuse", "grant"]),
    ];
    let mut onnx = Onnx::new().input("x", &[1, 3]).node_in(
        "ai.onnx.ml",
        "scores",
        "LinearClassifier",
        &["x"],
        attributes,
    );
    onnx.graph().node[0].output = vec!["label".into(), "scores".into()];
    let model = compiled(&onnx.output("label").output("scores"), &Options::default()).0;
    let names = || vec!["refuse".to_owned(), "grant".to_owned()];
    assert_eq!(model.classes, [Some(ClassNames::Values(names())), Some(ClassNames::Elements(names()))]);
    model
}

/// Support vectors of three classes have three decisions, one for each pair: they are not called by the classes.
#[test]
fn decisions_of_pairs_have_no_names() {
    let attributes = vec![
        floats("coefficients", &[1.0, -0.5, 0.25, -1.0, 0.5, -0.25]),
        floats("support_vectors", &[1.0, 0.0, 0.0, 1.0, -1.0, -1.0]),
        ints("vectors_per_class", &[1, 1, 1]),
        floats("rho", &[0.1, -0.2, 0.3]),
        floats("kernel_params", &[1.0, 0.0, 1.0]),
        text("kernel_type", "LINEAR"),
        strings("classlabels_strings", &["cat", "dog", "bird"]),
    ];
    let mut onnx =
        Onnx::new().input("x", &[1, 2]).node_in("ai.onnx.ml", "s", "SVMClassifier", &["x"], attributes);
    onnx.graph().node[0].output = vec!["label".into(), "scores".into()];
    let model = compiled(&onnx.output("label").output("scores"), &Options::default()).0;
    let names = ["cat", "dog", "bird"].map(str::to_owned).to_vec();
    assert_eq!(model.classes, [Some(ClassNames::Values(names)), None]);
    assert_eq!(model.schema.outputs()[1].elements(), 3);
}

/// The names are part of a file, and those that fit no output are refused.
#[test]
fn names_of_classes_are_kept() {
    let model = named_classes();
    let bytes = payload(&model.to_bytes());
    let read = |bytes: &[u8]| CompiledModel::from_bytes(&encode(Kind::Circuit, [3; 32], bytes));
    assert_eq!(read(&bytes).unwrap().classes, model.classes);
    let names = [&6u32.to_le_bytes()[..], b"refuse", &5u32.to_le_bytes(), b"grant"].concat();
    let of = |tag: u8, count: u32| [&[tag][..], &count.to_le_bytes(), &names].concat();
    let written = [of(1, 2), of(2, 2)].concat();
    let (rest, found) = bytes.split_at(bytes.len() - written.len());
    assert_eq!(found, written);
    let refused = |classes: &[u8]| match read(&[rest, classes].concat()) {
        Err(DecodeError::Read(ReadError::Classes(output))) => output,
        other => panic!("{other:?}"),
    };
    // Without names there is nothing; the elements are two, not one; there is no third kind.
    assert_eq!(refused(&[0, 0]), "label");
    assert_eq!(refused(&[&[0, 2][..], &1u32.to_le_bytes(), &names[..10]].concat()), "scores");
    assert_eq!(refused(&[&[3][..], &of(2, 2)[1..], &[0]].concat()), "label");
    assert!(read(rest).is_ok_and(|model| model.classes == [None, None]));
}

fn payload(bytes: &[u8]) -> Vec<u8> {
    decode(Kind::Circuit, bytes).unwrap().payload.to_vec()
}

#[test]
fn round_trip() {
    for model in [&model(), every_step(), &every_option(), &named_classes()] {
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
fn files_of_earlier_versions_are_refused_with_advice() {
    for found in [1, 2, 3, 4, 5] {
        let mut bytes = model().to_bytes();
        bytes[6] = found as u8;
        let error = CompiledModel::from_bytes(&bytes).unwrap_err();
        let expected = ArtifactError::OlderVersion { kind: Kind::Circuit, found };
        assert_eq!(error, DecodeError::Artifact(expected));
        assert!(error.to_string().ends_with("make it again"), "{error}");
    }
}

/// The provenance with one byte of it changed: a reader takes it as it stands, or refuses it; never a panic.
#[test]
fn every_byte_of_the_provenance_counts() {
    let bytes = payload(&every_option().to_bytes());
    let length = 4 + u32::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let (mut read, mut refused) = (0, 0);
    for at in 0..length {
        for flip in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let file = encode(Kind::Circuit, [3; 32], &changed);
            match CompiledModel::from_bytes(&file) {
                Ok(model) => {
                    assert_eq!(model.to_bytes(), file);
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn options_that_no_compilation_takes_are_refused() {
    let refused = |change: fn(&mut Options)| {
        let mut model = every_option();
        change(&mut model.provenance.options);
        CompiledModel::from_bytes(&model.to_bytes()).unwrap_err()
    };
    let malformed = DecodeError::Read(ReadError::Options);
    assert_eq!(refused(|options| options.max_error = f64::NAN), malformed);
    assert_eq!(refused(|options| options.max_error = -1.0), malformed);
    assert_eq!(refused(|options| options.threshold = Some(f64::INFINITY)), malformed);
    assert_eq!(refused(|options| options.input_format = Some(Format { bits: 77, scale: 0 })), malformed);
    let empty = |options: &mut Options| _ = options.domains.insert("x[1]".into(), (1.0, 0.0));
    assert_eq!(refused(empty), DecodeError::Read(ReadError::Domain("x[1]".into())));
    // A count of four thousand million domains costs what its bytes do.
    let bytes = payload(&every_option().to_bytes());
    let at = bytes.windows(8).position(|bytes| bytes == [2, 0, 0, 0, 4, 0, 0, 0]).unwrap();
    let mut claimed = bytes.clone();
    claimed[at..at + 4].fill(0xff);
    assert!(CompiledModel::from_bytes(&encode(Kind::Circuit, [0; 32], &claimed)).is_err());
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

/// A claim that no compilation makes of an output is refused, whatever its bytes are.
#[test]
fn claims_that_make_no_sense_are_refused() {
    let onnx = perceptron(&[3, 4, 2], 1);
    let (scores, _) = compiled(&onnx, &Options { threshold: Some(0.25), ..Options::default() });
    let both = |band| Certain { grid: Ok(band), raw: Ok(band) };
    let [DecisionClaim::Threshold { threshold, band }] = scores.decisions[..] else {
        panic!("{:?}", scores.decisions)
    };
    let grid = band.grid.unwrap();
    let end = 1i64 << (scores.schema.outputs()[0].bits - 1);
    let refused = |model: &CompiledModel, claims: &[DecisionClaim]| {
        let model = CompiledModel { decisions: claims.to_vec(), ..model.clone() };
        match CompiledModel::from_bytes(&model.to_bytes()) {
            Err(DecodeError::Read(ReadError::Decision(output))) => {
                assert_eq!(output, model.schema.outputs()[0].name)
            }
            other => panic!("{claims:?}: {:?}", other.map(|model| model.decisions)),
        }
    };
    let of = |threshold, band| [DecisionClaim::Threshold { threshold, band }];
    let wider = Band { first: grid.first - 1, end: grid.end + 1 };
    let wrong = [
        // Another threshold than that of the options; a band beside it, beyond the format, the wrong way round, of all integers.
        of(threshold + 1, band),
        of(threshold, both(Band { first: threshold + 1, end: threshold + 2 })),
        of(threshold, both(Band { first: threshold - 2, end: threshold - 1 })),
        of(threshold, both(Band { first: grid.first, end: end + 1 })),
        of(threshold, both(Band { first: -end - 1, end: grid.end })),
        of(threshold, both(Band { first: -end, end })),
        of(threshold, both(Band { first: i64::MIN, end: i64::MAX })),
        of(threshold, both(Band { first: grid.end, end: grid.first })),
        // Rounding makes nothing more certain.
        of(threshold, Certain { grid: Ok(wider), raw: Ok(grid) }),
        // Nobody compares scores that are these.
        [DecisionClaim::Place { scale: 4, lead: both_leads(1) }],
        [DecisionClaim::Largest { lead: both_leads(-1) }],
        [DecisionClaim::Largest { lead: both_leads(2 * end) }],
        [DecisionClaim::Largest { lead: Certain { grid: Ok(Lead(2)), raw: Ok(Lead(1)) } }],
    ];
    for claims in wrong {
        refused(&scores, &claims);
    }
    // Without a threshold among the options, none is claimed; and one element is the largest of nothing.
    let (plain, _) = compiled(&onnx, &Options::default());
    assert_eq!(plain.decisions, [DecisionClaim::None]);
    refused(&plain, &scores.decisions);
    let (single, _) = compiled(&perceptron(&[3, 4, 1], 1), &Options::default());
    refused(&single, &[DecisionClaim::Largest { lead: both_leads(1) }]);
    // What might be so is read as it is: that it is true, only compiling again shows.
    let nothing = Certain { grid: Err(Uncertain::TooLarge), raw: Err(Uncertain::TooLarge) };
    for claims in [
        of(threshold, Certain { grid: Ok(grid), raw: Ok(wider) }),
        of(threshold, Certain { grid: Ok(grid), raw: Err(Uncertain::Unbounded) }),
        of(threshold, nothing),
        [DecisionClaim::Largest { lead: both_leads(3) }],
        [DecisionClaim::None],
    ] {
        let model = CompiledModel { decisions: claims.to_vec(), ..scores.clone() };
        assert_eq!(CompiledModel::from_bytes(&model.to_bytes()).unwrap(), model);
    }
}

fn both_leads(lead: i64) -> Certain<Lead> {
    Certain { grid: Ok(Lead(lead)), raw: Ok(Lead(lead)) }
}

/// Each byte of claims changed, and what stands behind them: read as it stands, or refused; never a panic.
#[test]
fn every_byte_of_the_claims_counts() {
    let onnx = perceptron(&[3, 4, 2], 1);
    let (mut model, _) = compiled(&onnx, &Options { threshold: Some(0.25), ..Options::default() });
    let raw = Certain { grid: Ok(Lead(3)), raw: Ok(Lead(4)) };
    for claims in [model.decisions.clone(), vec![DecisionClaim::Largest { lead: raw }]] {
        model.decisions = claims;
        let bytes = payload(&model.to_bytes());
        // In front of the digest and the way to prove ranges.
        let (first, end) = (bytes.len() - 33 - 42, bytes.len() - 33);
        for (at, flip) in (first..end).flat_map(|at| [1, 2, 3, 0x80, 0xff].map(|flip| (at, flip))) {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let file = encode(Kind::Circuit, [3; 32], &changed);
            if let Ok(read) = CompiledModel::from_bytes(&file) {
                assert_eq!(read.to_bytes(), file);
            }
        }
    }
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

/// The bytes of a compilation are the same on every machine: this is the SHA-256 of schema, features, graph, claims of decisions and way to prove ranges
/// of one.
/// What it was compiled from stands before them.
/// It changes when the search changes, and for no other reason.
#[test]
fn bytes_are_those_of_every_machine() {
    let bytes = payload(&compiled(&perceptron(&[5, 8, 4, 2], 42), &Options::default()).0.to_bytes());
    // Without the circuit's digest, which also changes when gadgets do.
    let provenance = 4 + u32::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let digest = Sha256::digest(&bytes[provenance..bytes.len() - 32]);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "b0f62cbcf43a70d539998549a256cf66865e8bda72feaf70799a85c5e677b01d");
}

/// A member input: in the schema, in the options of the file, in the circuit; and files without one say nothing of it.
#[test]
fn a_member_input_is_kept() {
    let member = |depth| Some(MemberInput { name: "x".into(), depth });
    let onnx = perceptron(&[3, 4, 2], 1);
    let (model, report) = compiled(&onnx, &Options { member: member(5), ..Options::default() });
    assert_eq!(model.schema.inputs()[0].member_depth(), Some(5));
    assert_eq!(model.circuit.program().member_depth(), Some(5));
    assert_eq!(report.inputs[0].visibility, "member");
    let bytes = model.to_bytes();
    let read = CompiledModel::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.provenance.options.member, member(5));
    let (plain, _) = compiled(&onnx, &Options::default());
    assert_eq!(payload(&bytes).len(), payload(&plain.to_bytes()).len() + (4 + 1 + 1) + 1);
    let (other, _) = compiled(&onnx, &Options { member: member(6), ..Options::default() });
    assert_ne!(other.circuit.digest(), model.circuit.digest());
    assert_ne!(other.schema.domain(), model.schema.domain());
    assert_eq!(model.provenance.options.differences(&other.provenance.options), ["member"]);
}
