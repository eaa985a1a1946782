//! The whole demonstration at a reduced length: its verdict, each attack's error, and that it repeats itself.
//!
//! It runs the committed programs.

use std::io;

use assay_demo::error::DemoError;
use assay_demo::lending::outcome::{Findings, Hour};
use assay_demo::lending::{Demonstration, run};
use assay_demo::page::Page;
use assay_demo::scenario::{Options, Outcome, Scenario};
use assay_localnet::DeployError;

fn options() -> Options {
    Options { hours: 30, ..Options::default() }
}

fn played() -> (Outcome, Findings) {
    run(&options(), &mut Page::new(&mut io::sink()))
        .unwrap_or_else(|error| panic!("{error} ({:?})", error.hint()))
}

#[test]
fn everything_is_as_expected_and_each_attack_meets_its_error() {
    let (outcome, findings) = played();
    assert!(outcome.as_expected, "{:#?}", outcome.failures);
    let refused: Vec<(&str, &str)> =
        outcome.attacks.iter().map(|attack| (attack.name, attack.got.as_str())).collect();
    assert_eq!(
        refused,
        [
            ("claim a higher score than was proven", "ProofInvalid (6074)"),
            ("alter a point of the proof", "ProofInvalid (6074)"),
            ("use the proof of a twin position", "ProofInvalid (6074)"),
            ("prove under one's own key", "ProofInvalid (6074)"),
            ("bring one's own registered model", "WrongModel (7016)"),
            ("wait until the snapshot is stale", "SnapshotExpired (7091)"),
            ("take a snapshot and act on it in the same second", "SnapshotTooYoung (7098)"),
            ("use a proof again: the position is safer now", "PositionRecovered (7079)"),
            ("spend the window for one base unit", "RepaymentTooSmall (7076)"),
            ("use a proof for the next minute's snapshot", "ProofInvalid (6074)"),
            ("choose among the minutes of the past", "WrongEpoch (7097)"),
            ("copy a proof out of a pending transaction", "ProofInvalid (6074)"),
            ("liquidate a healthy position, honest score", "ScoreBelowThreshold (7072)"),
            ("liquidate a healthy position, false score", "BelowEarlyFloor (7071)"),
            ("bring another position's snapshot", "WrongSnapshot (7021)"),
            ("bring a fake verifier program", "WrongVerifier (7015)"),
            ("bring a price source of one's own", "WrongSource (7020)"),
            ("refresh the source from another account", "NotPinned (9003)"),
            ("propose a dear price, halt, apply", "TimelockRunning (7151)"),
            ("undo the guardian's halt with a stolen admin key", "LowerTooSoon (7157)"),
            ("register a key with gamma = delta", "KeyGammaEqualsDelta (6035)"),
            ("register a key with gamma = -delta", "KeyGammaOppositeDelta (6036)"),
            ("an input above the field order (same residue)", "LimbNotCanonical (6071)"),
            ("an input at the field order", "LimbNotCanonical (6071)"),
            ("use a model that was suspended", "ModelSuspended (6015)"),
        ]
    );
    let hours = |hour| findings.borrowers.iter().filter(|b| b.with_model.hours.contains(&hour)).count();
    assert!(hours(Hour::ByProof) > 0 && hours(Hour::LeftAlone) > 0);
    assert!(
        findings.borrowers.iter().all(|b| b.with_model.hours.len() == 30 && b.rule_alone.hours.len() == 30)
    );
    assert!(!findings.borrowers.iter().any(|b| b.rule_alone.hours.contains(&Hour::ByProof)));

    // Again with the same seed: all but the times is equal.
    assert_eq!(without_times(played()), without_times((outcome, findings)));
}

fn without_times((mut outcome, mut findings): (Outcome, Findings)) -> (Outcome, Findings) {
    outcome.steps.iter_mut().for_each(|step| step.seconds = 0.0);
    let proofs = &mut findings.proofs;
    for seconds in [
        &mut proofs.witness_median,
        &mut proofs.prove_median,
        &mut proofs.total_median,
        &mut proofs.total_max,
        &mut proofs.verify_median,
    ] {
        *seconds = 0.0;
    }
    (outcome, findings)
}

#[test]
fn missing_programs_are_an_error_with_a_hint() {
    let options = Options { programs: Some("no/such/directory".into()), ..options() };
    let error = run(&options, &mut Page::new(&mut io::sink())).unwrap_err();
    assert!(
        matches!(&error, DemoError::Deploy(DeployError::Missing { path, .. }) if path.ends_with("assay_verifier.so")),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("cargo xtask build")));
}

#[test]
fn lengths_that_cannot_be_shown_are_refused_before_any_work() {
    for hours in [0, 23, 78, usize::MAX] {
        let mut out = Vec::new();
        let error = run(&Options { hours, ..options() }, &mut Page::new(&mut out)).unwrap_err();
        assert!(matches!(error, DemoError::Hours { .. }), "{error}");
        assert!(out.is_empty());
    }
}

#[test]
fn the_lists_scenario_is_this_one_with_its_findings() {
    let outcome = Demonstration.play(&options(), &mut Page::new(&mut io::sink())).unwrap();
    let json = serde_json::to_value(&outcome).unwrap();
    for part in [
        "as_expected",
        "attacks",
        "checks",
        "steps",
        "transactions",
        "model",
        "replay",
        "borrowers",
        "proofs",
    ] {
        assert!(!json[part].is_null(), "the outcome has no {part}");
    }
    let error =
        Demonstration.play(&Options { hours: 1, ..options() }, &mut Page::new(&mut io::sink())).unwrap_err();
    assert!(error.hint.is_some() && error.to_string().contains("24 to 77"), "{error}");
}
