//! No wire is under-constrained: the three audits over every gadget, every layer, statements of every
//! kind and the liquidation-risk shape. Nothing is on an allow-list but the masks of circuits with
//! lookups: no other wire has freedom.

use std::ops::ControlFlow;

use crate::common::{self, Case};
use assay_circuits::audit::{self, Allowed, AuditError, Options, Report, Search, Verdict, audit_circuit};
use assay_circuits::{BuildError, Circuit, Ranges, Wire};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn assert_clean(case: &Case, report: &Report) {
    let (found, first) = (report.findings.len(), report.findings.first());
    assert!(report.is_clean(), "{}: {found} findings, first: {first:?}", case.name);
    let unaudited = if case.circuit.has_statement() { 1 } else { 2 };
    assert_eq!(report.wires, case.circuit.r1cs.num_wires() - unaudited, "{}", case.name);
}

fn for_each_case(audit: impl Fn(&Case) -> Outcome) -> Outcome {
    common::cases()?.iter().try_for_each(audit)
}

#[test]
fn every_change_of_one_wire_is_caught() -> Outcome {
    for_each_case(|case| {
        for assignment in &case.assignments {
            let witness = audit::solve(&case.circuit, assignment)?;
            assert_clean(case, &audit::sweep(&case.circuit, &witness, &audit::mask(&case.circuit))?);
        }
        Ok(())
    })
}

#[test]
fn every_wrong_hint_is_caught() -> Outcome {
    for_each_case(|case| {
        // The costly audit: several assignments of the gadgets, one of the large circuits.
        let is_large = case.circuit.has_statement() || case.circuit.commitment.is_some();
        let count = if is_large { 1 } else { 4 };
        for assignment in case.assignments.iter().rev().take(count) {
            let allow = audit::mask(&case.circuit);
            assert_clean(case, &audit::advice_sweep(&case.circuit, assignment, &allow)?);
        }
        Ok(())
    })
}

#[test]
fn every_wire_has_one_value() -> Outcome {
    for_each_case(|case| {
        for assignment in &case.assignments {
            let allow = audit::mask(&case.circuit);
            let report = audit::uniqueness(&case.circuit, &audit::solve(&case.circuit, assignment)?, &allow)?;
            assert_clean(case, &report);
            assert_eq!(report.checks, report.wires - allow.len());
        }
        Ok(())
    })
}

#[test]
fn the_honest_witness_satisfies_all() -> Outcome {
    for_each_case(|case| {
        for assignment in &case.assignments {
            let witness = audit::solve(&case.circuit, assignment)?;
            assert_eq!(case.circuit.r1cs.first_violation(&witness), None, "{}", case.name);
        }
        Ok(())
    })
}

/// The risk shape without one of its constraints: the audits must notice.
fn without_constraint(circuit: &Circuit, name: &str) -> Circuit {
    let r1cs = &circuit.r1cs;
    let row = (0..r1cs.num_constraints()).find(|&i| r1cs.violation(i).block.ends_with(name));
    without_row(circuit, row.unwrap_or_else(|| panic!("no constraint {name}")))
}

fn without_row(circuit: &Circuit, row: usize) -> Circuit {
    let mut weakened = circuit.clone();
    let r1cs = &mut weakened.r1cs;
    for matrix in [&mut r1cs.a, &mut r1cs.b, &mut r1cs.c] {
        let (start, end) = (matrix.row_ptr[row], matrix.row_ptr[row + 1]);
        matrix.col.drain(start as usize..end as usize);
        matrix.coeff.drain(start as usize..end as usize);
        matrix.row_ptr[row + 1..].iter_mut().for_each(|p| *p -= end - start);
    }
    weakened
}

#[test]
fn the_audits_notice_a_missing_constraint() -> Outcome {
    let case = common::risk()?;
    let names = [
        "layer 0/requantize_relu/clamp/low bit",
        "layer 0/requantize_relu/clamp/inside is a bit",
        "layer 0/requantize_relu/clamp/negative is a bit",
        "layer 0/requantize_relu/clamp/inside * tail = 0",
        "layer 0/requantize_relu/clamp/low bit 0 completes the sum",
        "layer 0/requantize_relu/clamp/inside * quotient = y - M * saturated",
        "statement/digest/poseidon/x2 * x2 = x4",
        "statement/digest/poseidon/x4 * x = x5",
    ];
    for name in names {
        let weakened = without_constraint(&case.circuit, name);
        let noticed = case.assignments.iter().any(|assignment| {
            let Ok(witness) = weakened.solve(assignment) else { panic!("{name}: no witness") };
            audit::uniqueness(&weakened, &witness, &[]).is_ok_and(|report| !report.is_clean())
        });
        assert!(noticed, "{name}");
    }
    Ok(())
}

#[test]
fn the_sweeps_notice_what_they_are_there_for() -> Outcome {
    let case = common::statements()?.into_iter().next().ok_or("a case")?;
    let assignment = &case.assignments[5];
    // No product: the clamp's result can be anything.
    let weakened = without_constraint(&case.circuit, "clamp/inside * quotient = y - M * saturated");
    let report = audit::advice_sweep(&weakened, assignment, &[])?;
    assert!(report.findings.iter().any(|finding| finding.detail.contains("MultiplyAdd")), "{report:?}");
    // No digest: the statement can be anything.
    let rows = case.circuit.r1cs.num_constraints();
    let last = case.circuit.r1cs.violation(rows - 1).block;
    assert_eq!(last, "statement/digest/poseidon/x4 * x = x5");
    let weakened = without_row(&case.circuit, rows - 1);
    let witness = case.circuit.solve(assignment)?;
    let report = audit::sweep(&weakened, &witness, &[])?;
    assert!(report.findings.iter().any(|finding| finding.wire == Wire::DIGEST), "{report:?}");
    // What is no witness is not audited.
    let mut forged = witness.clone();
    forged.values[1] += ark_bn254::Fr::from(1u64);
    let refused = audit::sweep(&case.circuit, &forged, &[]);
    assert!(matches!(refused, Err(AuditError::Violation(_))), "{refused:?}");
    Ok(())
}

#[test]
fn allowances_are_counted_and_must_be_needed() -> Result<(), Box<dyn std::error::Error>> {
    let small = || -> Result<Case, BuildError> {
        common::statements()?.into_iter().next().ok_or(BuildError::Empty { operation: "test" })
    };
    let case = small()?;
    let last = Wire::DIGEST;
    let weakened = without_constraint(&case.circuit, "statement/digest/poseidon/x4 * x = x5");
    let witness = weakened.solve(&case.assignments[5])?;
    let findings = audit::uniqueness(&weakened, &witness, &[])?.findings;
    assert!(findings.iter().any(|finding| finding.wire == last));
    let allow: Vec<Allowed<'_>> = findings
        .iter()
        .map(|finding| Allowed { wire: finding.wire, reason: "the test removed a constraint" })
        .collect();
    assert!(audit::uniqueness(&weakened, &witness, &allow)?.is_clean());
    let report = audit::uniqueness(&case.circuit, &witness, &allow)?;
    assert_eq!(report.stale.len(), allow.len());
    assert!(!report.is_clean());
    Ok(())
}

/// What an auditor calls: all searches, over several assignments.
#[test]
fn a_whole_circuit_is_audited() -> Outcome {
    for case in [common::risk()?, common::statements()?.remove(2), common::lookups()?.remove(0)] {
        let assignments = &case.assignments[..2];
        let (mut heard, mut order) = (0, Vec::new());
        let report = audit_circuit(&case.circuit, assignments, &Options::default(), &mut |progress| {
            assert!(progress.done <= progress.total, "{progress:?}");
            order.push((progress.assignment, progress.search));
            heard += 1;
            ControlFlow::Continue(())
        })?;
        assert_eq!(report.verdict(), Verdict::Determined, "{}: {report:?}", case.name);
        assert!(report.coverage().iter().all(|(_, coverage)| coverage.is_whole() && coverage.checks > 0));
        assert_eq!(report.allowed, audit::mask(&case.circuit));
        assert!(heard >= 6, "{heard}");
        order.dedup();
        let searches = [Search::Witness, Search::Uniqueness, Search::Advice];
        let expected: Vec<_> = [0, 1].into_iter().flat_map(|i| searches.map(|search| (i, search))).collect();
        assert_eq!(order, expected);
    }
    Ok(())
}

#[test]
fn a_sample_says_that_it_is_one() -> Outcome {
    let case = common::risk_with(Ranges::Lookup)?;
    let options = Options { places: Some(20), steps: Some(500), seed: 3 };
    let sampled = |options: &Options| {
        audit_circuit(&case.circuit, &case.assignments[..1], options, &mut |_| ControlFlow::Continue(()))
    };
    let report = sampled(&options)?;
    assert_eq!(report.verdict(), Verdict::Sampled);
    assert_eq!((report.witness.tried, report.advice.tried), (20, 20));
    assert_eq!(report.witness.of, report.wires);
    assert!(report.advice.of > report.wires);
    assert!(report.uniqueness.tried < report.uniqueness.of && report.findings.is_empty(), "{report:?}");
    assert_eq!(report, sampled(&options)?);
    // A large circuit gets a sample, a small one does not need it.
    assert_eq!(Options::bounded(&case.circuit, 3), Options { seed: 3, ..Options::default() });
    let bounded = Options::bounded(&common::wide(10_000)?.0, 3);
    assert!(bounded.places.is_some_and(|places| places > 100) && bounded.steps.is_some(), "{bounded:?}");
    Ok(())
}

#[test]
fn every_unexplained_wire_is_listed() -> Outcome {
    let case = common::statements()?.remove(0);
    let row = case.circuit.r1cs.num_constraints() - 1;
    let weakened = without_row(&case.circuit, row);
    let report = audit_circuit(&weakened, &case.assignments[5..], &Options::default(), &mut |_| {
        ControlFlow::Continue(())
    })?;
    assert_eq!(report.verdict(), Verdict::Unexplained);
    assert!(report.findings.iter().any(|finding| finding.wire == Wire::DIGEST));
    let keys: Vec<_> = report.findings.iter().map(|finding| (finding.wire, finding.search)).collect();
    assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    let text = report.findings[0].to_string();
    assert_eq!(text, "wire 1 (in `no constraint`): no constraint notices that it alone changes: plus 1");
    Ok(())
}

#[test]
fn an_audit_can_be_cancelled_and_needs_an_assignment() -> Outcome {
    let case = common::risk()?;
    for search in [Search::Witness, Search::Uniqueness, Search::Advice] {
        let cancelled =
            audit_circuit(&case.circuit, &case.assignments, &Options::default(), &mut |progress| {
                if progress.search == search { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        assert_eq!(cancelled, Err(AuditError::Cancelled), "{search:?}");
    }
    let none = audit_circuit(&case.circuit, &[], &Options::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(none, Err(AuditError::NoAssignment));
    let wrong = audit_circuit(&case.circuit, &[Default::default()], &Options::default(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(matches!(wrong, Err(AuditError::Solve(_))), "{wrong:?}");
    Ok(())
}
