//! Uniqueness by propagation: which wires have one possible value, given those that the prover
//! chooses freely (inputs, context, salts, membership)?
//!
//! Rules, each sound by itself, applied until nothing changes:
//! - *Linear.* A constraint in which only one unknown wire is left, linearly, determines it.
//! - *Bit.* `L * L = L` or `L * (L - 1) = 0` says that `L` is 0 or 1: a domain for the wire, if `L` is one wire; a range for a
//!   wire that is a sum of bits; else an equation with one more unknown bit.
//! - *Digits.* A linear equation `sum c_i * u_i = t` over wires with domains `{0, g_i, ..., h_i * g_i}`, or such a domain shifted, has at most one
//!   solution if each `c_i * g_i` exceeds the sum of all smaller `c_j * h_j * g_j`, and nothing wraps around the
//!   modulus. It is solved from the largest down, or refuted; and it is refuted where `t` is out of reach.
//! - *Products.* `b * L = u` with a bit `b` gives `u` a domain: `{0, L}` if `L` is known, else `[0, max L]`. It narrows as more
//!   becomes known.
//! - *Tables.* A query of a table that [`super::tables`] finds in the constraints is one of its entries: a
//!   domain for a range, the value of a function for a known argument. Once all queries of a table are
//!   known, so are the multiplicities of entries that differ from all others. This is the one rule that a challenge can break, by chance.
//! - *Cases* ([`super::cases`]). A wire with two values, of which one leads to a contradiction by the rules above, is determined.
//! - *Factors* (there too). Where a product is zero whose factors are all known but for one and the same wire, the wire is a root of one of
//!   them; if all roots but one lead to a contradiction, it is determined.
//! - *Names* ([`super::names`]). Of the records in rows and columns that a prover may name, all but one contradict what is known.
//!
//! Whatever remains unknown is reported. The method is that of Ecne and Picus, cut down to what this
//! crate's gadgets need, so a gap shows as a false alarm and never as a missed wire.

use ark_bn254::Fr;

use super::columns::Columns;
use super::honest::free_wires;
use super::knowledge::{Budget, Knowledge, Stop};
use super::report::{Allowed, AuditError, Monitor, Report, Search, audited, check_witness, silent};
use super::tables;
use crate::circuit::Circuit;
use crate::witness::Witness;

/// Proves that every wire is determined by inputs, context, salts and membership; `findings` lists those for which
/// no proof was found. The witness supplies the values of the free wires, and each value derived is compared with it.
pub fn uniqueness(circuit: &Circuit, witness: &Witness, allow: &[Allowed<'_>]) -> Result<Report, AuditError> {
    check_witness(circuit, &witness.values)?;
    let columns = Columns::new(&circuit.r1cs);
    let mut on_progress = silent;
    let monitor = Monitor::new(&mut on_progress, 0, Search::Uniqueness);
    Ok(prove(circuit, &columns, &witness.values, None, monitor)?.settle(allow))
}

/// As [`uniqueness`], in so many steps at most, each of which looks at one constraint. Wires that are not proven unique
/// by then are no findings: they count as not tried.
pub(super) fn prove(
    circuit: &Circuit,
    columns: &Columns<'_>,
    values: &[Fr],
    steps: Option<u64>,
    monitor: Monitor<'_>,
) -> Result<Report, AuditError> {
    let tables = tables::find(circuit, columns, values);
    let free = free_wires(circuit)?.into_iter().map(|wire| (wire, values[wire]));
    let budget = Budget::new(steps, monitor);
    let mut knowledge = Knowledge::new(&circuit.r1cs, columns, &tables, free, budget);
    let is_consistent = knowledge.propagate()
        && knowledge.split_cases(values)
        && knowledge.count_queries()
        && knowledge.split_cases(values);
    if knowledge.stopped() == Some(Stop::Cancelled) {
        return Err(AuditError::Cancelled);
    }
    let wires = audited(circuit);
    let mut report = Report { wires: wires.len(), of: wires.len(), ..Report::default() };
    for wire in wires {
        if is_consistent && knowledge.value[wire] == Some(values[wire]) {
            report.checks += 1;
        } else if knowledge.stopped().is_none() {
            let detail = "no proof that its value is unique".into();
            report.findings.push(columns.finding(Search::Uniqueness, wire, detail));
        }
    }
    report.tried = report.checks + report.findings.len();
    Ok(report)
}
