//! What an audit finds, and what it tells on the way.

use std::ops::ControlFlow;

use ark_bn254::Fr;

use crate::circuit::Circuit;
use crate::error::{Missing, SolveError};
use crate::linear::Wire;
use crate::r1cs::Violation;

/// Why an audit gives no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// There is no witness to start from.
    #[error("no witness to audit: {0}")]
    Solve(#[from] SolveError),
    /// The witness to start from breaks a constraint already.
    #[error("the witness to audit is not one: {0}")]
    Violation(#[from] Violation),
    /// Nothing to start from.
    #[error("an audit needs at least one assignment")]
    NoAssignment,
    /// The caller's callback said so.
    #[error("cancelled")]
    Cancelled,
}

impl From<Missing> for AuditError {
    fn from(missing: Missing) -> Self {
        Self::Solve(SolveError::Internal(missing))
    }
}

/// One of the three searches for a second witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Search {
    /// Each wire changes alone: [`super::sweep`].
    Witness,
    /// A wrong hint, and the rest of the program follows: [`super::advice_sweep`].
    Advice,
    /// A proof that each wire has one value: [`super::uniqueness`].
    Uniqueness,
}

impl Search {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Witness => "witness sweep",
            Self::Advice => "advice sweep",
            Self::Uniqueness => "uniqueness",
        }
    }
}

/// A wire that may have more than one value, and why that is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed<'a> {
    /// The wire.
    pub wire: Wire,
    /// Why another value changes nothing that the statement says.
    pub reason: &'a str,
}

/// The one freedom that a circuit with lookups has by design: its mask.
pub fn mask(circuit: &Circuit) -> Vec<Allowed<'static>> {
    let allow = |wire| Allowed { wire: Wire(wire), reason: "blinds the commitment, says nothing" };
    circuit.commitment.iter().map(|commitment| allow(commitment.mask)).collect()
}

/// A wire that may be under-constrained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wire {} (in `{place}`): {detail}", wire.index())]
pub struct Finding {
    /// The wire.
    pub wire: Wire,
    /// Name of the first constraint that mentions the wire.
    pub place: String,
    /// Which search found it. A sweep has a second witness at hand; where uniqueness is all that is missing, there may be none.
    pub search: Search,
    /// The change that no constraint noticed, or what could not be proven.
    pub detail: String,
}

/// Result of one search over one witness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Wires of the circuit that are audited.
    pub wires: usize,
    /// What was tried: wires, or the places of an advice sweep; for uniqueness, wires that are decided.
    pub tried: usize,
    /// Of how many.
    pub of: usize,
    /// Changes tried, or wires proven unique.
    pub checks: usize,
    /// Wires that may be under-constrained, but for those allowed.
    pub findings: Vec<Finding>,
    /// Wires that were allowed to change but never did: their entries are stale.
    pub stale: Vec<Wire>,
}

impl Report {
    /// Everything was tried, nothing was found, and every allowance is needed.
    pub fn is_clean(&self) -> bool {
        self.tried == self.of && self.findings.is_empty() && self.stale.is_empty()
    }

    /// Takes the allowed wires out.
    pub(super) fn settle(mut self, allow: &[Allowed<'_>]) -> Self {
        self.stale = allow
            .iter()
            .map(|allowed| allowed.wire)
            .filter(|wire| self.findings.iter().all(|finding| finding.wire != *wire))
            .collect();
        self.findings.retain(|finding| allow.iter().all(|allowed| allowed.wire != finding.wire));
        self
    }
}

/// How far an audit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which of the assignments, from 0.
    pub assignment: usize,
    /// What is being done with it.
    pub search: Search,
    /// How much of it is done: see [`Report::tried`].
    pub done: usize,
    /// Of how much.
    pub total: usize,
}

/// Hears of progress, and may cancel: see [`super::audit_circuit`].
pub type OnProgress<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Tells the caller about one search, and asks whether to go on.
pub(super) struct Monitor<'a> {
    on_progress: &'a mut OnProgress<'a>,
    assignment: usize,
    search: Search,
}

impl<'a> Monitor<'a> {
    pub(super) fn new(on_progress: &'a mut OnProgress<'a>, assignment: usize, search: Search) -> Self {
        Self { on_progress, assignment, search }
    }

    pub(super) fn tell(&mut self, done: usize, total: usize) -> Result<(), AuditError> {
        let Self { assignment, search, .. } = *self;
        match (self.on_progress)(Progress { assignment, search, done, total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(AuditError::Cancelled),
        }
    }
}

/// Tells nobody.
pub(super) fn silent(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The wires to audit: all but the constant one, and the digest of a gadget that has no statement.
pub(super) fn audited(circuit: &Circuit) -> std::ops::Range<usize> {
    let first = if circuit.has_statement() { Wire::DIGEST.index() } else { Wire::DIGEST.index() + 1 };
    first..circuit.r1cs.num_wires()
}

/// Fails unless the witness satisfies all constraints: then every index that an audit follows exists.
pub(super) fn check_witness(circuit: &Circuit, values: &[Fr]) -> Result<(), AuditError> {
    circuit.r1cs.first_violation_of(values).map_or(Ok(()), |violation| Err(violation.into()))
}
