//! Committed weights: one circuit for all models of an architecture, whatever their weights.

use std::sync::Arc;

use ark_bn254::Fr;
use assay_circuits::{Assignment, Circuit, Witness, audit};
use assay_compiler::committed::{fit, registration, registration_domain};
use assay_compiler::onnx::ModelProto;
use assay_compiler::{
    CommitError, CompileError, CompiledModel, DecodeError, Difference, FitError, Fitted, Format, Options,
    Report, Table, Weights, WeightsError, check, compile,
};
use prost::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::builder::*;
use crate::networks::perceptron;

fn read(path: &str) -> Vec<u8> {
    let path = format!("{}/../../models/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn committed(max_error: f64) -> Options {
    Options { max_error, weights: Weights::Committed, ..Options::default() }
}

fn table() -> Table {
    Table::Rows(rows(40, 3, 7))
}

/// A perceptron whose weights are committed to.
fn small() -> CompiledModel {
    compile(&perceptron(&[3, 5, 1], 1).bytes(), &table(), &committed(0.03)).unwrap().0
}

fn liquidation_risk(weights: Weights) -> (CompiledModel, Report) {
    let options = Options {
        max_error: 0.02,
        input_format: Some(Format { bits: 15, scale: 12 }),
        output_format: Some(Format { bits: 16, scale: 8 }),
        threshold: Some(89.0 / 256.0),
        weights,
        ..Options::default()
    };
    let calibration = Table::from_csv(&read("liquidation-risk/calibration.csv")).unwrap();
    compile(&read("liquidation-risk/model.onnx"), &calibration, &options).unwrap()
}

/// The model as if it had been trained a little longer: every weight changed by up to a part of itself, and times a factor.
fn retrained(onnx: &[u8], part: f32, factor: f32) -> Vec<u8> {
    let mut proto = ModelProto::decode(onnx).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(99);
    let mut change = |x: f32| x * factor * (1.0 + rng.gen_range(-part..part));
    for tensor in &mut proto.graph.as_mut().unwrap().initializer {
        tensor.float_data.iter_mut().for_each(|x| *x = change(*x));
        if tensor.data_type == assay_compiler::onnx::DataType::Float as i32 {
            for word in tensor.raw_data.as_chunks_mut::<4>().0 {
                *word = change(f32::from_le_bytes(*word)).to_le_bytes();
            }
        }
    }
    proto.encode_to_vec()
}

fn complete(circuit: &Circuit, witness: Witness) -> Witness {
    let number = |n: u64| Fr::from(n) * Fr::from(1u64 << 62);
    circuit.complete(witness, number(3), number(7)).unwrap()
}

/// The witness of a registration of these weights.
fn registered(circuit: &Circuit, values: &[i64]) -> Option<Witness> {
    let assignment = Assignment { context: [9; 32], weights: Arc::from(values), ..Assignment::default() };
    Some(complete(circuit, circuit.solve(&assignment).ok()?))
}

#[test]
fn liquidation_risk_takes_a_row_a_weight() {
    let (fixed, of_fixed) = liquidation_risk(Weights::Fixed);
    let (model, report) = liquidation_risk(Weights::Committed);
    println!("{}", report.text(120));
    let weights = report.weights.as_ref().unwrap();
    assert_eq!(weights.count, 16 * 32 + 32 * 16 + 16 + 32 + 16 + 1);
    // What the same formats take with fixed weights: equalized, which fixed ones are, a little less.
    assert!(weights.fixed_constraints.abs_diff(of_fixed.circuit.constraints) <= 20, "{weights:?}");
    assert_eq!(weights.constraints, report.circuit.constraints);
    // A row for each weight, bias and the mask; and what intervals that hold for all weights take more.
    let rest = report.circuit.constraints - weights.count - 1;
    assert!((weights.fixed_constraints..=weights.fixed_constraints + 200).contains(&rest), "{weights:?}");
    assert!(report.circuit.domain <= 3072, "{}", report.circuit.domain);
    assert!(report.text(120).contains("weights and biases committed to"));
    assert!(fixed.weights().unwrap().is_none() && model.weights().unwrap().is_some());
    check_circuit(&model, 10);
}

/// Dense, convolutions, branches, functions and a softmax: the circuit gives what the integer reference gives.
#[test]
fn engines_agree_on_models_of_the_suite() {
    for (name, data, max_error) in [
        ("conv-residual", "calibration.json", 0.05),
        ("two-branch", "calibration.json", 0.05),
        ("softmax-classifier", "calibration.json", 0.02),
    ] {
        let path = |file: &str| format!("suite/{name}/{file}");
        let data = read(&path(data));
        let table = Table::from_csv(&data).or_else(|_| Table::from_json(&data)).unwrap();
        let compiled = compile(&read(&path("model.onnx")), &table, &committed(max_error));
        let (model, report) = compiled.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(model.is_committed() && report.weights.is_some(), "{name}");
        check_circuit(&model, 4);
    }
}

/// The circuit that was built beside the weights is that which is built without any, and no weight is in the file.
#[test]
fn nothing_of_the_circuit_depends_on_weights() {
    let model = small();
    let file = CompiledModel::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(file.circuit, model.circuit);
    assert!(file.needs_weights() && !model.needs_weights() && file.graph != model.graph);
    assert_eq!(file.to_bytes(), model.to_bytes());
    let values = model.weights().unwrap().unwrap();
    assert_eq!(values.values.len(), 3 * 5 + 5 + 5 + 1);
    assert!(values.values.iter().any(|&w| w < 0) && values.values.iter().any(|&w| w > 0));
    // What needs weights says so.
    let inputs = file.quantize_inputs(&[0.1, 0.2, 0.3]).unwrap();
    let error = file.run_reference(&inputs).unwrap_err().to_string();
    assert!(error.contains("no weights") && error.contains(".weights"), "{error}");
    let read = file.with_weights(&values).unwrap();
    assert_eq!((&read.graph, &read.decisions), (&model.graph, &model.decisions));
    // Compiled again, the same comes out.
    let outcome = check(&model.to_bytes(), &perceptron(&[3, 5, 1], 1).bytes(), &table(), None).unwrap();
    assert_eq!(outcome.differences, []);
    let outcome = check(&model.to_bytes(), &perceptron(&[3, 5, 1], 2).bytes(), &table(), None).unwrap();
    assert!(matches!(outcome.differences.first(), Some(Difference::Onnx { .. })), "{outcome:?}");
}

#[test]
fn a_retrained_model_has_the_same_circuit() {
    let onnx = perceptron(&[3, 5, 1], 1).bytes();
    let model = small();
    let file = CompiledModel::from_bytes(&model.to_bytes()).unwrap();
    let Fitted { model: other, weights, report } =
        fit(&file, &retrained(&onnx, 0.2, 1.0), &table(), None).unwrap();
    assert_eq!(other.circuit.digest(), model.circuit.digest());
    assert_eq!(other.schema, model.schema);
    assert!(report.outputs[0].max_error <= 0.06, "{}", report.text(80));
    let first = model.weights().unwrap().unwrap();
    assert!(weights.values != first.values && weights.source_digest != first.source_digest);
    // Each model solves the circuit, and what it gives is its own.
    let mut differs = false;
    for sample in rows(40, 3, 7) {
        let inputs = model.quantize_inputs(&sample).unwrap();
        for model in [&model, &other] {
            let witness = model.circuit.solve(&assignment(model, inputs.clone(), 1)).unwrap();
            assert_eq!(witness.outputs(), model.run_reference(&inputs).unwrap());
            assert_eq!(model.circuit.r1cs.first_violation(&complete(&model.circuit, witness)), None);
        }
        differs |= model.run_reference(&inputs) != other.run_reference(&inputs);
    }
    assert!(differs);
    // The first model fits itself, to the same weights.
    assert_eq!(fit(&file, &onnx, &table(), None).unwrap().weights, first);
    let bytes = weights.to_bytes();
    assert_eq!(assay_compiler::ModelWeights::from_bytes(&bytes, &file).unwrap(), weights);
    assert!(matches!(
        assay_compiler::ModelWeights::from_bytes(&bytes[..bytes.len() - 1], &file),
        Err(WeightsError::Read(_))
    ));
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    let onnx = perceptron(&[3, 5, 1], 1).bytes();
    let file = CompiledModel::from_bytes(&small().to_bytes()).unwrap();
    let refused = |onnx: &[u8], max_error| fit(&file, onnx, &table(), max_error).unwrap_err();
    let large = refused(&retrained(&onnx, 0.01, 4.0), Some(1e3));
    assert!(matches!(&large, FitError::Outside { layer, .. } if layer.contains("g0")), "{large}");
    assert!(large.to_string().contains("bits holds up to"), "{large}");
    let other = refused(&perceptron(&[3, 6, 1], 1).bytes(), None);
    assert!(matches!(other, FitError::Structure { .. }), "{other}");
    let inexact = refused(&retrained(&onnx, 0.2, 1.0), Some(1e-6));
    assert!(matches!(&inexact, FitError::Error { allowed, .. } if !allowed.is_empty()), "{inexact}");
    let outside = fit(&file, &onnx, &Table::Rows(vec![vec![1e3, 0.0, 0.0]]), None).unwrap_err();
    assert!(matches!(outside, FitError::Domain { row: 1, .. }), "{outside}");
    let fixed = compile(&onnx, &table(), &Options { max_error: 0.03, ..Options::default() }).unwrap().0;
    assert_eq!(fit(&fixed, &onnx, &table(), None).unwrap_err(), FitError::Fixed);
    let weights = small().weights().unwrap().unwrap();
    assert_eq!(fixed.with_weights(&weights).err(), Some(WeightsError::Fixed));
    let mut few = weights.clone();
    few.values.pop();
    assert!(matches!(file.with_weights(&few), Err(WeightsError::Count { expected: 26, found: 25 })));
    let mut wide = weights;
    wide.values[0] = 1 << 40;
    assert!(matches!(file.with_weights(&wide), Err(WeightsError::Outside { what: "a weight", .. })));
}

#[test]
fn models_without_weights_or_with_other_parameters_are_refused() {
    let maximum =
        Onnx::new().input("x", &[1, 3]).node("y", "ArgMax", &["x"], vec![int("axis", 1)]).output("y");
    let refused = compile(&maximum.bytes(), &table(), &committed(0.1)).unwrap_err();
    assert_eq!(refused, CompileError::Commit(CommitError::None));
    let trees = read("corpus/boosting/xgboost-binary/model.onnx");
    let table = Table::from_csv(&read("corpus/boosting/xgboost-binary/calibration.csv")).unwrap();
    let refused = compile(&trees, &table, &committed(0.1)).unwrap_err();
    assert!(
        matches!(&refused, CompileError::Commit(CommitError::Operator { operator: "trees", .. })),
        "{refused}"
    );
    assert!(refused.to_string().contains("--weights fixed"), "{refused}");
}

/// Damage in the formats of a file is found: they decide the circuit.
#[test]
fn formats_in_a_file_are_checked() {
    let bytes = small().to_bytes();
    let payload = assay_interface::artifact::HEADER_LEN;
    for position in payload..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 0x40;
        let parent = [0; 32];
        let kind = assay_interface::artifact::Kind::Circuit;
        let changed = assay_interface::artifact::encode(kind, parent, &changed[payload..]);
        // Whatever is read has the circuit that its graph gives.
        if let Ok(model) = CompiledModel::from_bytes(&changed) {
            assert!(model.needs_weights(), "byte {position}");
        }
    }
    let wrong = CompiledModel::from_bytes(&bytes[..bytes.len() - 1]).unwrap_err();
    assert!(matches!(wrong, DecodeError::Artifact(_)));
}

/// No wire has a second value: of the inference circuit for given weights, and of the registration's.
#[test]
fn no_wire_is_free_in_either_circuit() {
    let model = small();
    let inference = assignment(&model, model.quantize_inputs(&[0.3, -0.2, 0.4]).unwrap(), 3);
    let of_weights = registration(&model).unwrap().unwrap();
    let registering =
        Assignment { context: [9; 32], weights: inference.weights.clone(), ..Assignment::default() };
    for (what, circuit, assignment) in
        [("inference", &model.circuit, inference), ("registration", &of_weights, registering)]
    {
        let witness = audit::solve(circuit, &assignment).unwrap();
        let allowed = audit::mask(circuit);
        for (search, report) in [
            ("sweep", audit::sweep(circuit, &witness, &allowed).unwrap()),
            ("advice sweep", audit::advice_sweep(circuit, &assignment, &allowed).unwrap()),
            ("uniqueness", audit::uniqueness(circuit, &witness, &allowed).unwrap()),
        ] {
            assert!(report.is_clean(), "{what}, {search}: {:?}", report.findings.first());
        }
    }
}

#[test]
fn registration_takes_weights_of_their_formats_and_no_others() {
    let model = small();
    let circuit = registration(&model).unwrap().unwrap();
    let weights = circuit.weights.as_ref().unwrap();
    assert_eq!(circuit.program().weights(), model.circuit.program().weights());
    assert_eq!(weights.len(), model.circuit.weights.as_ref().unwrap().len());
    let values = model.weights().unwrap().unwrap().values;
    let holds = |values: &[i64]| {
        registered(&circuit, values).is_some_and(|witness| circuit.r1cs.first_violation(&witness).is_none())
    };
    assert!(holds(&values));
    // Both ends of each format, and one beyond.
    let bits = circuit
        .program()
        .weights()
        .iter()
        .flat_map(|tensor| std::iter::repeat_n(tensor.bits, tensor.len as usize));
    for (position, bits) in bits.enumerate() {
        let half = 1i64 << (bits - 1);
        for (value, is_within) in [(-half, true), (half - 1, true), (half, false), (-half - 1, false)] {
            let mut changed = values.clone();
            changed[position] = value;
            assert_eq!(holds(&changed), is_within, "weight {position} of {bits} bits: {value}");
        }
    }
    // The statement is of this architecture: its domain and the address.
    let witness = registered(&circuit, &values).unwrap();
    let statement = assay_interface::statement::Statement {
        domain: registration_domain(&model.circuit.digest()),
        context: [9; 32],
        limbs: Vec::new(),
    };
    let digest = statement.digest().unwrap();
    assert_eq!(witness.digest(), ark_ff::PrimeField::from_be_bytes_mod_order(digest.as_be_bytes()));
    let fixed = compile(
        &perceptron(&[3, 5, 1], 1).bytes(),
        &table(),
        &Options { max_error: 0.03, ..Options::default() },
    );
    assert_eq!(registration(&fixed.unwrap().0).unwrap(), None);
}
