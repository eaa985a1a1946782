//! The witness sweep: one wire changes, and nothing else.

use std::collections::HashSet;

use ark_bn254::Fr;

use super::columns::Columns;
use super::honest::{free_wires, weights};
use super::mutate::mutations;
use super::report::{Allowed, AuditError, Monitor, Report, Search, audited, check_witness, silent};
use super::sample::Sample;
use crate::circuit::Circuit;
use crate::error::Missing;
use crate::witness::Witness;

/// Wires between two calls of the callback.
const STRIDE: usize = 256;

/// Changes every wire but the constant one, alone, to several values; each must break a constraint.
/// Without a statement, the inputs are free and not changed; nor are weights, which another commitment fixes and no statement.
pub fn sweep(circuit: &Circuit, witness: &Witness, allow: &[Allowed<'_>]) -> Result<Report, AuditError> {
    check_witness(circuit, &witness.values)?;
    let columns = Columns::new(&circuit.r1cs);
    let mut on_progress = silent;
    let monitor = Monitor::new(&mut on_progress, 0, Search::Witness);
    Ok(sweep_some(circuit, &columns, &witness.values, None, 0, monitor)?.settle(allow))
}

/// As [`sweep`], of `count` wires.
pub(super) fn sweep_some(
    circuit: &Circuit,
    columns: &Columns<'_>,
    values: &[Fr],
    count: Option<usize>,
    seed: u64,
    mut monitor: Monitor<'_>,
) -> Result<Report, AuditError> {
    let r1cs = &circuit.r1cs;
    let rows = |matrix| -> Result<Vec<Fr>, Missing> {
        let len = r1cs.num_constraints();
        let row = |index| r1cs.evaluate(matrix, index, values).ok_or(Missing { what: "rows", index, len });
        (0..len).map(row).collect()
    };
    let (a, b, c) = (rows(&r1cs.a)?, rows(&r1cs.b)?, rows(&r1cs.c)?);
    let mut inputs: HashSet<usize> = match circuit.has_statement() {
        true => HashSet::new(),
        false => free_wires(circuit)?.into_iter().collect(),
    };
    inputs.extend(weights(circuit));
    let wires: Vec<usize> = audited(circuit).filter(|wire| !inputs.contains(wire)).collect();
    let sample = Sample::new(count, wires.len(), seed);
    let mut report =
        Report { wires: audited(circuit).len(), tried: sample.len(), of: wires.len(), ..Report::default() };
    let chosen = wires.iter().enumerate().filter(|&(place, _)| sample.contains(place));
    for (done, (_, &wire)) in chosen.enumerate() {
        if done.is_multiple_of(STRIDE) {
            monitor.tell(done, sample.len())?;
        }
        let value = values[wire];
        let column: Vec<(usize, [Fr; 3])> =
            columns.of(wire).iter().map(|entry| (entry.row(), columns.coefficients(entry))).collect();
        for (change, mutated) in mutations(value, wire) {
            if mutated == value {
                continue;
            }
            report.checks += 1;
            let delta = mutated - value;
            let is_noticed = column.iter().any(|&(row, [in_a, in_b, in_c])| {
                (a[row] + delta * in_a) * (b[row] + delta * in_b) != c[row] + delta * in_c
            });
            if !is_noticed {
                let detail = format!("no constraint notices that it alone changes: {change}");
                report.findings.push(columns.finding(Search::Witness, wire, detail));
            }
        }
    }
    monitor.tell(sample.len(), sample.len())?;
    Ok(report)
}
