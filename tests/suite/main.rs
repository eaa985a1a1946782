//! The model suite: every sample of every model through every engine.
//!
//! | engine | must agree with |
//! | --- | --- |
//! | float reference: the committed answers, and an independent engine | each other, to single precision |
//! | integer reference: `CompiledModel::run_reference` | the float reference, within the case's tolerance |
//! | circuit: witness program and constraints | the integer reference, bit for bit |
//! | host verifiers: arkworks' and the interface's | the circuit's digest |
//! | the verifier program, as SBPF in LiteSVM | the same digest, in its return data |
//!
//! A case is a folder under `models/`: model, calibration, samples with the float model's answers.

#![allow(missing_docs)]

mod audit;
mod case;
mod costs;
mod engines;
mod member;
mod snarkjs;

use assay_compiler::{Format, MemberInput, Options, Strategy};
use assay_lending_interface::formats::{FEATURES, SCORE};

use crate::{case::Case, engines::Engines};

#[test]
fn liquidation_risk() {
    let case = liquidation_risk_case();
    assert!(case.samples.len() >= 200, "{} samples", case.samples.len());
    Engines::agree(&case);
}

#[test]
fn clip_classifier() {
    Engines::agree(&Case::load("suite/clip-classifier", "calibration.csv", error(0.02), 0.04));
}

#[test]
fn two_branch() {
    Engines::agree(&Case::load("suite/two-branch", "calibration.json", error(0.02), 0.04));
}

#[test]
fn linear_score() {
    Engines::agree(&Case::load("suite/linear-score", "calibration.csv", error(0.02), 0.04));
}

#[test]
fn linear_score_of_a_committed_applicant() {
    let options = Options { commit: vec!["applicant".into()], ..error(0.02) };
    Engines::agree(&Case::load("suite/linear-score", "calibration.csv", options, 0.04));
}

#[test]
fn linear_score_of_a_member() {
    for ranges in WAYS {
        let options = Options { ranges, ..member(5) };
        Engines::agree(&Case::load("suite/linear-score", "calibration.csv", options, 0.04));
    }
}

#[test]
fn no_wire_of_a_compiled_model_is_under_constrained() {
    liquidation_risk_case().audit();
    Case::load("suite/clip-classifier", "calibration.csv", error(0.02), 0.04).audit();
    Case::load("suite/two-branch", "calibration.json", error(0.02), 0.04).audit();
    let options = Options { commit: vec!["applicant".into()], ..error(0.02) };
    Case::load("suite/linear-score", "calibration.csv", options, 0.04).audit();
    Case::load("suite/linear-score", "calibration.csv", member(3), 0.04).audit();
}

#[test]
fn snarkjs_agrees() {
    snarkjs::accepts(&liquidation_risk_case());
}

/// The formats are the lending program's; the error leaves room for samples that calibration never saw.
fn liquidation_risk_case() -> Case {
    let options = Options {
        max_error: 0.02,
        input_format: Some(Format { bits: FEATURES.bits, scale: FEATURES.scale }),
        output_format: Some(Format { bits: SCORE.bits, scale: SCORE.scale }),
        ..Options::default()
    };
    Case::load("liquidation-risk", "calibration.csv", options, 0.06)
}

/// The ways to prove ranges that the engines here take.
const WAYS: [Strategy; 2] = [Strategy::Bits, Strategy::Lookup];

fn every_way(name: &str, max_error: f64, tolerance: f64) {
    for ranges in WAYS {
        let options = Options { ranges, ..error(max_error) };
        Engines::agree(&Case::load(name, "calibration.json", options, tolerance));
    }
}

#[test]
fn conv_average() {
    every_way("suite/conv-average", 0.05, 0.12);
}

#[test]
fn conv_residual() {
    every_way("suite/conv-residual", 0.02, 0.05);
}

#[test]
fn activations() {
    every_way("suite/activations", 0.05, 0.1);
}

#[test]
fn softmax_classifier() {
    every_way("suite/softmax-classifier", 0.02, 0.05);
}

#[test]
fn layer_norm() {
    every_way("suite/layer-norm", 0.05, 0.1);
}

#[test]
fn signal() {
    every_way("suite/signal", 0.02, 0.05);
}

/// The applicant is in a tree of this depth.
fn member(depth: u8) -> Options {
    Options { member: Some(MemberInput { name: "applicant".into(), depth }), ..error(0.02) }
}

fn error(max_error: f64) -> Options {
    Options { max_error, ..Options::default() }
}
