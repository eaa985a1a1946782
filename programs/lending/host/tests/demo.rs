//! The whole demonstration at a reduced length: its verdict, each attack's error, and that it repeats itself.
//!
//! The programs must be built: `cargo xtask test` does so before it runs this.

use assay_demo::outcome::Hour;
use assay_demo::{DemoError, Options, Outcome, run};

fn options() -> Options {
    Options { hours: 30, ..Options::default() }
}

fn outcome() -> Outcome {
    run(&options(), &mut std::io::sink()).unwrap_or_else(|error| panic!("{error} ({:?})", error.hint()))
}

#[test]
fn everything_is_as_expected_and_each_attack_meets_its_error() {
    let outcome = outcome();
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
            ("replay a proof: its snapshot is consumed", "AccountDataTooSmall"),
            ("replay a proof on the next snapshot", "ProofInvalid (6074)"),
            ("take snapshots until one suits", "SnapshotTooSoon (7090)"),
            ("liquidate a healthy position, honest score", "ScoreBelowThreshold (7072)"),
            ("liquidate a healthy position, false score", "BelowEarlyFloor (7071)"),
            ("bring another position's snapshot", "WrongPosition (7014)"),
            ("bring a fake verifier program", "WrongVerifier (7015)"),
            ("bring a price account of one's own", "PriceOwner (7030)"),
            ("register a key with gamma = delta", "KeyGammaEqualsDelta (6035)"),
            ("register a key with gamma = -delta", "KeyGammaOppositeDelta (6036)"),
            ("an input above the field order (same residue)", "LimbNotCanonical (6071)"),
            ("an input at the field order", "LimbNotCanonical (6071)"),
            ("use a model that was suspended", "ModelSuspended (6015)"),
        ]
    );
    let hours = |hour| outcome.borrowers.iter().filter(|b| b.with_model.hours.contains(&hour)).count();
    assert!(hours(Hour::ByProof) > 0 && hours(Hour::LeftAlone) > 0);
    assert!(
        outcome.borrowers.iter().all(|b| b.with_model.hours.len() == 30 && b.rule_alone.hours.len() == 30)
    );
    assert!(!outcome.borrowers.iter().any(|b| b.rule_alone.hours.contains(&Hour::ByProof)));

    // Again with the same seed: all but the times is equal.
    let again = without_times(self::outcome());
    assert_eq!(again, without_times(outcome));
}

fn without_times(outcome: Outcome) -> Outcome {
    let mut outcome = outcome;
    outcome.steps.iter_mut().for_each(|step| step.seconds = 0.0);
    let proofs = &mut outcome.proofs;
    for seconds in [
        &mut proofs.witness_median,
        &mut proofs.prove_median,
        &mut proofs.total_median,
        &mut proofs.total_max,
        &mut proofs.verify_median,
    ] {
        *seconds = 0.0;
    }
    outcome
}

#[test]
fn missing_programs_are_an_error_with_a_hint() {
    let options = Options { programs: Some("no/such/directory".into()), ..options() };
    let error = run(&options, &mut std::io::sink()).unwrap_err();
    assert!(
        matches!(&error, DemoError::Program { path, .. } if path.ends_with("assay_verifier.so")),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("cargo xtask build")));
}

#[test]
fn lengths_that_cannot_be_shown_are_refused_before_any_work() {
    for hours in [0, 23, 78, usize::MAX] {
        let mut out = Vec::new();
        let error = run(&Options { hours, ..options() }, &mut out).unwrap_err();
        assert!(matches!(error, DemoError::Hours { .. }), "{error}");
        assert!(out.is_empty());
    }
}
