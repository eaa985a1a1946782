//! The audit of a whole circuit: all searches, over some assignments, with one verdict.
//!
//! What it can say is bounded by what it tried. The sweeps show a second witness where they find one; that they find none
//! says little by itself. Uniqueness is a proof, for the inputs of the assignment: no other witness exists. It speaks of one
//! assignment at a time, so that several assignments say more than one.

use super::advice::advice_sweep_some;
use super::columns::Columns;
use super::honest;
use super::report::{
    Allowed, AuditError, Finding, Monitor, OnProgress, Report, Search, audited, check_witness, mask,
};
use super::sweep::sweep_some;
use super::unique::prove;
use crate::circuit::Circuit;
use crate::witness::Assignment;

/// How much an audit tries. The default is everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Places that each sweep tries for each assignment, chosen at random; `None`: all of them.
    pub places: Option<usize>,
    /// Steps of the proof of uniqueness for each assignment, each of which looks at one constraint; `None`: as many as it
    /// takes.
    pub steps: Option<u64>,
    /// Which places are chosen: the same for the same seed. An auditor draws it.
    pub seed: u64,
}

/// Constraints that everything is tried for.
const SMALL_CIRCUIT: usize = 4096;

/// Constraints that are looked at for one place of an advice sweep: as many changes as a place has.
const CHANGES: usize = 24;

impl Options {
    /// Everything for a small circuit; else a sample, so that the audit of one assignment looks at about 2^31 constraints,
    /// which takes minutes. The verdict says what was left out.
    pub fn bounded(circuit: &Circuit, seed: u64) -> Self {
        const WORK: usize = 1 << 30;
        let constraints = circuit.r1cs.num_constraints();
        if constraints <= SMALL_CIRCUIT {
            return Self { seed, ..Self::default() };
        }
        // A change of an advice sweep may be followed to the end of the circuit.
        let places = (WORK / constraints / CHANGES).max(64);
        Self { places: Some(places), steps: Some(WORK as u64), seed }
    }
}

/// How much a search tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Wires; of an advice sweep, wires, operands and inputs; of uniqueness, wires that it could decide. Of all assignments
    /// together.
    pub tried: usize,
    /// Of how many.
    pub of: usize,
    /// Changes tried, or wires proven unique.
    pub checks: usize,
}

impl Coverage {
    /// Nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.tried == self.of
    }

    fn add(&mut self, report: &Report) {
        self.tried += report.tried;
        self.of += report.of;
        self.checks += report.checks;
    }
}

/// What an audit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every wire was tried by every search, and is proven to have one value for each assignment.
    Determined,
    /// Nothing was found, but not everything was tried: see the coverage of each search.
    Sampled,
    /// Some wires stand unexplained: see the findings.
    Unexplained,
}

/// Result of [`audit_circuit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Constraints of the circuit.
    pub constraints: usize,
    /// Wires of the circuit that are audited: all but the constant one.
    pub wires: usize,
    /// Number of assignments.
    pub assignments: usize,
    /// Of the witness sweep, in wires.
    pub witness: Coverage,
    /// Of the advice sweep, in wires, operands and inputs.
    pub advice: Coverage,
    /// Of the proof of uniqueness, in wires.
    pub uniqueness: Coverage,
    /// Wires that are free by design, and why.
    pub allowed: Vec<Allowed<'static>>,
    /// Every wire that stands unexplained: one finding a wire and search, ordered by wire.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// The searches and how much each tried.
    pub fn coverage(&self) -> [(Search, Coverage); 3] {
        [
            (Search::Witness, self.witness),
            (Search::Advice, self.advice),
            (Search::Uniqueness, self.uniqueness),
        ]
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        if !self.findings.is_empty() {
            return Verdict::Unexplained;
        }
        match self.coverage().iter().all(|(_, coverage)| coverage.is_whole()) {
            true => Verdict::Determined,
            false => Verdict::Sampled,
        }
    }

    fn add(&mut self, report: Report, search: Search) {
        let report = report.settle(&self.allowed);
        match search {
            Search::Witness => self.witness.add(&report),
            Search::Advice => self.advice.add(&report),
            Search::Uniqueness => self.uniqueness.add(&report),
        }
        self.findings.extend(report.findings);
    }
}

/// Runs all three searches over a circuit, for each of some assignments.
///
/// Cost: a witness sweep looks at each constraint of a wire some twenty times; an advice sweep follows some twenty changes a
/// place, each until a constraint breaks; the proof of uniqueness looks at each constraint some times, and more often where
/// it has to try cases. [`Options::bounded`] holds all of it to minutes. `on_progress` hears how far each search is,
/// and ends the audit with [`AuditError::Cancelled`] where it says so.
pub fn audit_circuit(
    circuit: &Circuit,
    assignments: &[Assignment],
    options: &Options,
    on_progress: &mut OnProgress<'_>,
) -> Result<AuditReport, AuditError> {
    if assignments.is_empty() {
        return Err(AuditError::NoAssignment);
    }
    let mut columns = None;
    let mut report = AuditReport {
        constraints: circuit.r1cs.num_constraints(),
        wires: audited(circuit).len(),
        assignments: assignments.len(),
        witness: Coverage::default(),
        advice: Coverage::default(),
        uniqueness: Coverage::default(),
        allowed: mask(circuit),
        findings: Vec::new(),
    };
    for (index, assignment) in assignments.iter().enumerate() {
        let values = honest::solve(circuit, assignment)?.values;
        check_witness(circuit, &values)?;
        let columns = columns.get_or_insert_with(|| Columns::new(&circuit.r1cs));
        // Another sample for each assignment.
        let (places, seed) = (options.places, options.seed.wrapping_add(index as u64));
        let monitor = Monitor::new(on_progress, index, Search::Witness);
        let found = sweep_some(circuit, columns, &values, places, seed, monitor)?;
        report.add(found, Search::Witness);
        let monitor = Monitor::new(on_progress, index, Search::Uniqueness);
        let found = prove(circuit, columns, &values, options.steps, monitor)?;
        report.add(found, Search::Uniqueness);
        let monitor = Monitor::new(on_progress, index, Search::Advice);
        let found = advice_sweep_some(circuit, columns, assignment, &values, places, seed, monitor)?;
        report.add(found, Search::Advice);
    }
    report.findings.sort_by_key(|finding| (finding.wire, finding.search));
    report.findings.dedup_by_key(|finding| (finding.wire, finding.search));
    Ok(report)
}
