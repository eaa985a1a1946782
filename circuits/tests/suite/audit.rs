//! No wire is under-constrained: the three audits over every gadget, every layer, statements of every
//! kind and the liquidation-risk shape. Nothing is on an allow-list but the masks of circuits with
//! lookups: no other wire has freedom.

use crate::common::{self, Case};
use assay_circuits::audit::{self, Allowed, Report};
use assay_circuits::{BuildError, Circuit, Wire};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn assert_clean(case: &Case, report: &Report) {
    let first = report.escapes.first().map(ToString::to_string).unwrap_or_default();
    assert!(report.is_clean(), "{}: {} escapes, first: {first}", case.name, report.escapes.len());
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
            assert_clean(case, &audit::sweep(&case.circuit, &witness, &audit::mask(&case.circuit)));
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
            let report = audit::uniqueness(&case.circuit, &audit::solve(&case.circuit, assignment)?, &allow);
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
    let mut weakened = circuit.clone();
    let r1cs = &mut weakened.r1cs;
    let row = (0..r1cs.num_constraints()).find(|&i| r1cs.violation(i).block.ends_with(name));
    let row = row.unwrap_or_else(|| panic!("no constraint {name}"));
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
            !audit::uniqueness(&weakened, &witness, &[]).is_clean()
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
    assert!(report.escapes.iter().any(|escape| escape.change.contains("MultiplyAdd")), "{report:?}");
    // No digest: the statement can be anything.
    let rows = case.circuit.r1cs.num_constraints();
    let last = case.circuit.r1cs.violation(rows - 1).block;
    assert_eq!(last, "statement/digest/poseidon/x4 * x = x5");
    let mut weakened = case.circuit.clone();
    weakened.r1cs.c.col.clear();
    weakened.r1cs.c.coeff.clear();
    weakened.r1cs.c.row_ptr.fill(0);
    let report = audit::sweep(&weakened, &case.circuit.solve(assignment)?, &[]);
    assert!(report.escapes.iter().any(|escape| escape.wire == Wire::DIGEST), "{report:?}");
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
    let escapes = audit::uniqueness(&weakened, &witness, &[]).escapes;
    assert!(escapes.iter().any(|escape| escape.wire == last));
    let allow: Vec<Allowed<'_>> = escapes
        .iter()
        .map(|escape| Allowed { wire: escape.wire, reason: "the test removed a constraint" })
        .collect();
    assert!(audit::uniqueness(&weakened, &witness, &allow).is_clean());
    let report = audit::uniqueness(&case.circuit, &witness, &allow);
    assert_eq!(report.stale.len(), allow.len());
    assert!(!report.is_clean());
    Ok(())
}
