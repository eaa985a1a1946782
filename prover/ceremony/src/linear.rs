//! A circuit's matrices, by wires for sums of points and by rows for sums in the field.
//!
//! A wire's polynomial A_j has at row r the coefficient of wire j there, and 1 at the wire's own row if it is an instance wire: row
//! `constraints + j`. B_j and C_j have no such rows.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use assay_circuits::{Csr, R1cs};
use assay_engine::Sums;
use rayon::prelude::*;

/// The matrices of a constraint system.
pub(crate) struct Linear<'a> {
    r1cs: &'a R1cs,
    /// The coefficients, and one.
    pub(crate) values: Vec<Fr>,
    a: Columns,
    b: Columns,
    c: Columns,
}

/// A matrix by columns: rows and indices of coefficients.
struct Columns {
    ends: Vec<usize>,
    entries: Vec<(u32, u32)>,
}

impl<'a> Linear<'a> {
    /// Of a system whose indices were checked.
    pub(crate) fn of(r1cs: &'a R1cs) -> Linear<'a> {
        let mut values = r1cs.values.clone();
        values.push(Fr::ONE);
        let one = r1cs.values.len() as u32;
        let first = r1cs.num_constraints() as u32;
        let instance = (0..r1cs.num_instance as u32).map(|wire| (wire, first + wire, one));
        let wires = r1cs.num_wires();
        Linear {
            r1cs,
            values,
            a: Columns::of(&r1cs.a, wires, instance),
            b: Columns::of(&r1cs.b, wires, std::iter::empty()),
            c: Columns::of(&r1cs.c, wires, std::iter::empty()),
        }
    }

    /// `A_j` for these wires, as sums of the rows' points.
    pub(crate) fn a(&self, wires: &[u32]) -> Sums {
        sums(wires.iter().map(|wire| self.a.column(*wire, 0)))
    }

    /// `B_j` likewise.
    pub(crate) fn b(&self, wires: &[u32]) -> Sums {
        sums(wires.iter().map(|wire| self.b.column(*wire, 0)))
    }

    /// `kappa_j = beta A_j + alpha B_j + C_j` for these wires, as sums of three lists of rows' points, one after another: times
    /// beta, times alpha, and themselves. Each has `rows` points.
    pub(crate) fn kappa(&self, wires: &[u32], rows: u32) -> Sums {
        sums(wires.iter().map(|wire| {
            let (a, b) = (self.a.column(*wire, 0), self.b.column(*wire, rows));
            a.chain(b).chain(self.c.column(*wire, 2 * rows))
        }))
    }

    /// The values of `sum_j v_j A_j`, B and C on a domain of `size` points, for one v_j a wire.
    pub(crate) fn rows(&self, v: &[Fr], size: usize) -> [Vec<Fr>; 3] {
        let R1cs { a, b, c, .. } = self.r1cs;
        let constraints = self.r1cs.num_constraints();
        let mut values = [a, b, c].map(|matrix| self.products(matrix, v, size));
        let [a, ..] = &mut values;
        a.iter_mut().skip(constraints).zip(&v[..self.r1cs.num_instance]).for_each(|(row, v)| *row += v);
        values
    }

    fn products(&self, matrix: &Csr, v: &[Fr], size: usize) -> Vec<Fr> {
        let row = |row: usize| {
            if row >= self.r1cs.num_constraints() {
                return Fr::ZERO;
            }
            let (wires, coefficients) = matrix.row_slices(row);
            let terms = wires.iter().zip(coefficients);
            terms.map(|(wire, value)| v[*wire as usize] * self.values[*value as usize]).sum()
        };
        (0..size).into_par_iter().with_min_len(1 << 8).map(row).collect()
    }
}

impl Columns {
    /// A matrix and further entries: (column, row, index of the coefficient).
    fn of(matrix: &Csr, columns: usize, further: impl Iterator<Item = (u32, u32, u32)> + Clone) -> Columns {
        let mut ends = vec![0; columns];
        matrix.col.iter().for_each(|column| ends[*column as usize] += 1);
        further.clone().for_each(|(column, ..)| ends[column as usize] += 1);
        let mut total = 0;
        for end in &mut ends {
            // The column's start for now: it moves to the end as the column fills.
            total += std::mem::replace(end, total);
        }
        let mut entries = vec![(0, 0); total];
        let mut put = |column: u32, entry| {
            let end = &mut ends[column as usize];
            entries[*end] = entry;
            *end += 1;
        };
        for row in 0..matrix.rows() {
            let (wires, coefficients) = matrix.row_slices(row);
            for (wire, value) in wires.iter().zip(coefficients) {
                put(*wire, (row as u32, *value));
            }
        }
        further.for_each(|(column, row, value)| put(column, (row, value)));
        Columns { ends, entries }
    }

    /// The entries of a column, their rows moved by `offset`.
    fn column(&self, index: u32, offset: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.entries[start..self.ends[index]].iter().map(move |(row, value)| (row + offset, *value))
    }
}

fn sums(all: impl Iterator<Item = impl Iterator<Item = (u32, u32)>>) -> Sums {
    let mut sums = Sums::default();
    all.for_each(|entries| sums.push(entries));
    sums
}
