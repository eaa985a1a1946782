//! Audits of finished circuits: is there a second witness?
//!
//! An under-constrained wire is the bug that no honest run shows. Three independent searches for it:
//! - [`sweep`] changes each wire alone; some constraint must break.
//! - [`advice_sweep`] changes what one instruction writes, or one operand of what it reads, and lets the
//!   rest of the program follow, as a cheating prover would; some constraint must break.
//! - [`uniqueness`] proves, from the constraints alone, that the wires have only one solution for the
//!   given inputs, context and salts.
//!
//! A wire that has legitimate freedom is passed as [`Allowed`], with the reason. All gadgets of this
//! crate do without; a circuit with lookups has its [`mask()`]. For tests: they cost seconds for thousands of constraints.

use ark_bn254::Fr;
use ark_ff::{Field, MontFp, One, Zero};

use crate::circuit::{Assignment, Circuit, Witness};
use crate::commitment::Commitment;
use crate::error::SolveError;
use crate::linear::Wire;
use crate::machine::Randomness;
use crate::r1cs::R1cs;

mod advice;
mod cases;
mod domain;
mod tables;
#[cfg(test)]
mod tests;
mod unique;

pub use advice::advice_sweep;
pub use unique::uniqueness;

/// A wire that may have more than one value, and why that is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed<'a> {
    /// The wire.
    pub wire: Wire,
    /// Why another value changes nothing that the statement says.
    pub reason: &'a str,
}

/// Mask and challenge of all audits: any two elements.
const RANDOMNESS: Randomness = Randomness {
    mask: MontFp!("1122334455667788990011223344556677889900112233445566778899001122334455667788"),
    challenge: MontFp!("314159265358979323846264338327950288419716939937510582097494459230781640628"),
};

/// The complete witness for an assignment, with a fixed mask and challenge. For tests: a proof's
/// challenge comes from its commitment.
pub fn solve(circuit: &Circuit, assignment: &Assignment) -> Result<Witness, SolveError> {
    circuit.complete(circuit.solve(assignment)?, RANDOMNESS.mask, RANDOMNESS.challenge)
}

/// The one freedom that a circuit with lookups has by design: its mask.
pub fn mask(circuit: &Circuit) -> Vec<Allowed<'static>> {
    let allow =
        |c: &Commitment| Allowed { wire: Wire(c.mask), reason: "blinds the commitment, says nothing" };
    circuit.commitment.iter().map(allow).collect()
}

/// A change that no constraint noticed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wire {} (in `{place}`) can change unnoticed: {change}", wire.index())]
pub struct Escape {
    /// The wire.
    pub wire: Wire,
    /// Name of the first constraint that mentions the wire.
    pub place: String,
    /// What was changed.
    pub change: String,
}

/// Result of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Wires examined.
    pub wires: usize,
    /// Changes tried, or wires proven unique.
    pub checks: usize,
    /// Changes that no constraint noticed, but for those allowed.
    pub escapes: Vec<Escape>,
    /// Wires that were allowed to change but never did: their entries are stale.
    pub stale: Vec<Wire>,
}

impl Report {
    /// Nothing escaped, and every allowance is needed.
    pub fn is_clean(&self) -> bool {
        self.escapes.is_empty() && self.stale.is_empty()
    }

    fn settle(mut self, allow: &[Allowed<'_>]) -> Self {
        self.stale = allow
            .iter()
            .map(|allowed| allowed.wire)
            .filter(|wire| self.escapes.iter().all(|escape| escape.wire != *wire))
            .collect();
        self.escapes.retain(|escape| allow.iter().all(|allowed| allowed.wire != escape.wire));
        self
    }
}

/// One entry of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    row: usize,
    a: Fr,
    b: Fr,
    c: Fr,
}

/// The matrices by wire.
struct Columns {
    entries: Vec<Vec<Entry>>,
}

impl Columns {
    fn new(r1cs: &R1cs) -> Self {
        let mut entries: Vec<Vec<Entry>> = vec![Vec::new(); r1cs.num_wires()];
        for row in 0..r1cs.num_constraints() {
            for (which, matrix) in [&r1cs.a, &r1cs.b, &r1cs.c].into_iter().enumerate() {
                for (wire, coefficient) in matrix.row(row) {
                    let value = r1cs.values.get(coefficient as usize).copied().unwrap_or_default();
                    let Some(column) = entries.get_mut(wire as usize) else { continue };
                    if column.last().is_none_or(|entry| entry.row != row) {
                        column.push(Entry { row, ..Entry::default() });
                    }
                    if let Some(entry) = column.last_mut() {
                        *[&mut entry.a, &mut entry.b, &mut entry.c][which] = value;
                    }
                }
            }
        }
        Self { entries }
    }

    fn of(&self, wire: usize) -> &[Entry] {
        self.entries.get(wire).map_or(&[], Vec::as_slice)
    }
}

fn escape(r1cs: &R1cs, columns: &Columns, wire: usize, change: String) -> Escape {
    let place = columns.of(wire).first().map(|entry| r1cs.violation(entry.row).block);
    let wire = Wire(u32::try_from(wire).unwrap_or(u32::MAX));
    Escape { wire, place: place.unwrap_or_else(|| "no constraint".into()), change }
}

/// The wires to audit: all but the constant one, and the digest of a gadget that has no statement.
fn audited(circuit: &Circuit) -> std::ops::Range<usize> {
    let first = if circuit.has_statement() { Wire::DIGEST.index() } else { Wire::DIGEST.index() + 1 };
    first..circuit.r1cs.num_wires()
}

/// Changes every wire but the constant one, alone, to several values; each must break a constraint.
/// Without a statement, the inputs are free and not changed.
pub fn sweep(circuit: &Circuit, witness: &Witness, allow: &[Allowed<'_>]) -> Report {
    let (r1cs, values) = (&circuit.r1cs, &witness.values);
    let columns = Columns::new(r1cs);
    let rows = |matrix| (0..r1cs.num_constraints()).map(|i| r1cs.evaluate(matrix, i, values)).collect();
    let (a, b, c): (Vec<Fr>, Vec<Fr>, Vec<Fr>) = (rows(&r1cs.a), rows(&r1cs.b), rows(&r1cs.c));
    let mut report = Report { wires: audited(circuit).len(), ..Report::default() };
    let inputs = if circuit.has_statement() { Vec::new() } else { unique::free_wires(circuit) };
    for wire in audited(circuit) {
        if inputs.contains(&wire) {
            continue;
        }
        let value = values[wire];
        for (change, mutated) in mutations(value, wire) {
            if mutated == value {
                continue;
            }
            report.checks += 1;
            let delta = mutated - value;
            let noticed = columns.of(wire).iter().any(|entry| {
                let i = entry.row;
                (a[i] + delta * entry.a) * (b[i] + delta * entry.b) != c[i] + delta * entry.c
            });
            if !noticed {
                report.escapes.push(escape(r1cs, &columns, wire, format!("alone, {change}")));
            }
        }
    }
    report.settle(allow)
}

/// Values to try in place of one.
fn mutations(value: Fr, seed: usize) -> Vec<(String, Fr)> {
    let two = Fr::from(2u64);
    let mut all = vec![
        ("plus 1".into(), value + Fr::one()),
        ("minus 1".into(), value - Fr::one()),
        ("one minus it".into(), Fr::one() - value),
        ("zero".into(), Fr::zero()),
        ("one".into(), Fr::one()),
        ("negated".into(), -value),
        ("halved".into(), value * two.inverse().unwrap_or_default()),
        ("random".into(), pseudorandom(seed)),
    ];
    for k in [1u64, 2, 4, 8, 15, 16, 24, 32, 48, 64, 128, 248, 253] {
        all.push((format!("plus 2^{k}"), value + two.pow([k])));
    }
    all
}

/// Any full-size element; the same for the same seed.
fn pseudorandom(seed: usize) -> Fr {
    Fr::from(seed as u64 ^ 0x9e37_79b9_7f4a_7c15).pow([65_537])
}
