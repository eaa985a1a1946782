//! Compiling a model again: what is reproduced, and what is named where it is not.

use std::ops::ControlFlow;

use assay_compiler::decision::{Band, Certain, DecisionClaim};
use assay_compiler::{
    CheckError, CheckOutcome, CompiledModel, DecodeError, Difference, Options, Stage, Table,
    calibration_digest, check, check_with, compile,
};

use crate::builder::*;
use crate::networks::perceptron;

fn options() -> Options {
    Options { max_error: 0.03, threshold: Some(0.1), ..Options::default() }
}

fn table() -> Table {
    Table::Rows(rows(40, 3, 7))
}

fn file() -> CompiledModel {
    compile(&perceptron(&[3, 5, 1], 1).bytes(), &table(), &options()).unwrap().0
}

fn checked(file: &CompiledModel, seed: u64, table: &Table) -> CheckOutcome {
    check(&file.to_bytes(), &perceptron(&[3, 5, 1], seed).bytes(), table, None).unwrap()
}

#[test]
fn the_sources_of_a_model_give_it_again() {
    let file = file();
    let outcome = checked(&file, 1, &table());
    assert_eq!(outcome.differences, []);
    assert!(outcome.is_reproduced());
    assert_eq!((outcome.circuit_digest, &outcome.options), (file.circuit.digest(), &options()));
    // The form of the data is none of its values.
    let csv = rows(40, 3, 7).into_iter().map(|row| format!("{},{},{}\n", row[0], row[1], row[2]));
    let csv = format!("x[0],x[1],x[2]\n{}", csv.collect::<String>());
    assert!(checked(&file, 1, &Table::from_csv(csv.as_bytes()).unwrap()).is_reproduced());
}

#[test]
fn other_sources_are_named() {
    let file = file();
    let outcome = checked(&file, 2, &table());
    let [Difference::Onnx { .. }, Difference::Circuit { file: was, rebuilt }] =
        outcome.differences.as_slice()
    else {
        panic!("{outcome:?}")
    };
    assert!(*was == file.circuit.digest() && rebuilt != was && !outcome.is_reproduced());

    let other = Table::Rows(rows(40, 3, 8));
    let outcome = checked(&file, 1, &other);
    let expected = Difference::Calibration {
        file: calibration_digest(&rows(40, 3, 7)),
        given: calibration_digest(&rows(40, 3, 8)),
    };
    assert_eq!(outcome.differences.first(), Some(&expected));
    assert!(outcome.differences.contains(&Difference::Features), "{outcome:?}");

    let outcome = checked(&file, 1, &Table::Rows(rows(40, 4, 7)));
    assert!(matches!(outcome.differences.as_slice(), [Difference::Rebuild(_)]), "{outcome:?}");
}

#[test]
fn a_file_that_says_something_else_is_not_reproduced() {
    let mut renamed = file();
    renamed.provenance.compiler = "0.0.1".into();
    let outcome = checked(&renamed, 1, &table());
    assert!(matches!(outcome.differences.as_slice(), [Difference::Version { .. }]), "{outcome:?}");
    assert!(outcome.is_reproduced());

    // What is claimed of decisions is in no circuit: with the same key, only this shows that it was changed.
    let mut bold = file();
    let [DecisionClaim::Threshold { threshold, band }] = &mut bold.decisions[..] else { panic!() };
    *band = Certain { grid: Ok(Band { first: *threshold, end: *threshold }), ..*band };
    let outcome = checked(&bold, 1, &table());
    assert_eq!(outcome.differences, [Difference::Decisions { outputs: vec!["g1".into()] }]);
    assert!(!outcome.is_reproduced());
    let text = outcome.differences[0].to_string();
    assert_eq!(text, "what is claimed of the decisions differs: g1");

    // A domain is in the circuit: another one has other constraints than the file names, and so another key.
    let mut narrowed = file();
    narrowed.features[0].max -= 0.25;
    let read = check(&narrowed.to_bytes(), &perceptron(&[3, 5, 1], 1).bytes(), &table(), None);
    assert_eq!(read, Err(CheckError::Decode(DecodeError::CircuitDigest)));
    // One that has the same integers has not, and is not what the sources give.
    let mut finer = file();
    finer.features[0].max += 1e-12;
    assert_eq!(checked(&finer, 1, &table()).differences, [Difference::Features]);

    // A file that claims options of its own: they lead to another circuit.
    let mut loosened = file();
    loosened.provenance.options.max_error = 0.2;
    let outcome = checked(&loosened, 1, &table());
    assert!(matches!(outcome.differences.last(), Some(Difference::Circuit { .. })), "{outcome:?}");
}

#[test]
fn expected_options_are_compared() {
    let (file, onnx) = (file().to_bytes(), perceptron(&[3, 5, 1], 1).bytes());
    let expected = Options { max_error: 0.01, threshold: None, ..options() };
    let outcome = check(&file, &onnx, &table(), Some(&expected)).unwrap();
    assert_eq!(outcome.differences, [Difference::Options { names: vec!["max error", "threshold"] }]);
    assert!(check(&file, &onnx, &table(), Some(&options())).unwrap().is_reproduced());
}

#[test]
fn a_check_needs_a_model_and_may_be_ended() {
    let onnx = perceptron(&[3, 5, 1], 1).bytes();
    assert!(matches!(check(b"no model", &onnx, &table(), None), Err(CheckError::Decode(_))));
    let mut progress = |stage: Stage, _: Option<f64>| {
        if stage == Stage::Search { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let ended = check_with(&file().to_bytes(), &onnx, &table(), None, &mut progress);
    assert_eq!(ended, Err(CheckError::Cancelled));
}
