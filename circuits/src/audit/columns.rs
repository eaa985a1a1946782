//! The matrices of a constraint system by wire.

use ark_bn254::Fr;
use ark_ff::Zero;

use super::report::{Finding, Search};
use crate::linear::Wire;
use crate::r1cs::R1cs;

/// One entry of a column: where a constraint mentions a wire, and the indices of its coefficients in A, B and C.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    row: u32,
    coefficients: [Option<u32>; 3],
}

impl Entry {
    pub(super) fn row(&self) -> usize {
        self.row as usize
    }
}

pub(super) struct Columns<'a> {
    r1cs: &'a R1cs,
    entries: Vec<Vec<Entry>>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(r1cs: &'a R1cs) -> Self {
        let mut entries: Vec<Vec<Entry>> = vec![Vec::new(); r1cs.num_wires()];
        for row in 0..r1cs.num_constraints() {
            for (which, matrix) in [&r1cs.a, &r1cs.b, &r1cs.c].into_iter().enumerate() {
                for (wire, coefficient) in matrix.row(row) {
                    let (row, column) = (row as u32, &mut entries[wire as usize]);
                    if column.last().is_none_or(|entry| entry.row != row) {
                        column.push(Entry { row, coefficients: [None; 3] });
                    }
                    if let Some(entry) = column.last_mut() {
                        entry.coefficients[which] = Some(coefficient);
                    }
                }
            }
        }
        Self { r1cs, entries }
    }

    pub(super) fn of(&self, wire: usize) -> &[Entry] {
        &self.entries[wire]
    }

    /// The coefficients of an entry in A, B and C.
    pub(super) fn coefficients(&self, entry: &Entry) -> [Fr; 3] {
        entry.coefficients.map(|c| c.map_or(Fr::zero(), |c| self.r1cs.values[c as usize]))
    }

    pub(super) fn finding(&self, search: Search, wire: usize, detail: String) -> Finding {
        let place = self.of(wire).first().map(|entry| self.r1cs.violation(entry.row()).block);
        // Wires are numbered in 32 bits.
        let place = place.unwrap_or_else(|| "no constraint".into());
        Finding { wire: Wire(wire as u32), place, search, detail }
    }
}
