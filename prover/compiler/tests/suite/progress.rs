//! Progress of a compilation, and its end by the caller.

use std::ops::ControlFlow;

use assay_compiler::{CompileError, Options, Stage, Strategy, Table, compile, compile_with};

use crate::builder::*;
use crate::networks::perceptron;

/// One call: a stage and how much of it is done.
type Call = (Stage, Option<f64>);

fn compile_while(
    continues: impl Fn(Stage, Option<f64>) -> bool,
) -> (Result<Vec<u8>, CompileError>, Vec<Call>) {
    let mut calls = Vec::new();
    let mut progress = |stage, done| {
        calls.push((stage, done));
        if continues(stage, done) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let (onnx, table) = (perceptron(&[4, 6, 3], 5).bytes(), Table::Rows(rows(50, 4, 7)));
    let options = Options { ranges: Strategy::Auto, ..Options::default() };
    let compiled = compile_with(&onnx, &table, &options, &mut progress);
    (compiled.map(|(model, _)| model.to_bytes()), calls)
}

#[test]
fn every_stage_is_told_in_order_and_changes_nothing() {
    let (bytes, calls) = compile_while(|_, _| true);
    let mut stages: Vec<Stage> = calls.iter().map(|(stage, _)| *stage).collect();
    stages.dedup();
    assert_eq!(stages, Stage::ALL);
    for pair in calls.windows(2) {
        let [(stage, done), (next, then)] = pair else { unreachable!() };
        if let (true, Some(done), Some(then)) = (stage == next, done, then) {
            assert!((0.0..=1.0).contains(done) && done <= then, "{stage:?}: {done}, then {then}");
        }
    }
    // The search says how far it is.
    let searching = calls.iter().filter(|(stage, done)| *stage == Stage::Search && done.is_some());
    assert!(searching.count() > 10);
    let (onnx, table) = (perceptron(&[4, 6, 3], 5).bytes(), Table::Rows(rows(50, 4, 7)));
    assert_eq!(bytes.unwrap(), compile(&onnx, &table, &Options::default()).unwrap().0.to_bytes());
}

#[test]
fn a_compilation_ends_in_any_stage() {
    for stage in Stage::ALL {
        let (compiled, calls) = compile_while(|at, _| at != stage);
        assert_eq!(compiled, Err(CompileError::Cancelled));
        assert_eq!(
            calls.iter().filter(|(at, _)| *at == stage).count(),
            1,
            "{stage:?}: asked once and no more"
        );
        assert_eq!(calls.last().unwrap().0, stage);
    }
    let (compiled, calls) = compile_while(|_, done| done.is_none_or(|done| done < 0.01));
    assert_eq!(compiled, Err(CompileError::Cancelled));
    assert!(calls.last().unwrap().1 >= Some(0.01));
}
