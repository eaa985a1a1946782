//! Rank-1 constraints `<A_i, w> * <B_i, w> = <C_i, w>` as sparse matrices.
//!
//! Rows are compressed (CSR), and coefficients are indices into one table of distinct values: a
//! circuit has few distinct coefficients, and most rows are short. Wire 0 is the constant one and
//! wire 1 the digest; with lookups, wire 2 is the challenge.

use ark_bn254::Fr;
use ark_ff::{One, Zero};

use crate::witness::Witness;

/// Instance wires of a plain circuit: the constant one and the digest. Lookups add the challenge.
pub const NUM_INSTANCE: usize = 2;

/// One sparse matrix in compressed row form; `row_ptr` has one entry more than there are rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csr {
    /// Row `i` is `row_ptr[i]..row_ptr[i + 1]` of `col` and `coeff`.
    pub row_ptr: Vec<u32>,
    /// Wire of each entry, ascending within a row.
    pub col: Vec<u32>,
    /// Index of each entry's coefficient in [`R1cs::values`].
    pub coeff: Vec<u32>,
}

impl Default for Csr {
    fn default() -> Self {
        Self { row_ptr: vec![0], col: Vec::new(), coeff: Vec::new() }
    }
}

impl Csr {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.row_ptr.len().saturating_sub(1)
    }

    /// Number of nonzero entries.
    pub fn nonzeros(&self) -> usize {
        self.col.len()
    }

    /// The entries of row `i` as (wire, index of the coefficient); empty beyond the last row.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (col, coeff) = self.row_slices(i);
        col.iter().copied().zip(coeff.iter().copied())
    }

    /// Wires and indices of coefficients of row `i`, of equal number; empty beyond the last row.
    ///
    /// # Panics
    /// If `row_ptr` does not ascend within `col` and `coeff`: a row that is lost would be a constraint that is lost.
    pub fn row_slices(&self, i: usize) -> (&[u32], &[u32]) {
        let (Some(&start), Some(&end)) = (self.row_ptr.get(i), self.row_ptr.get(i + 1)) else {
            return (&[], &[]);
        };
        let range = start as usize..end as usize;
        (&self.col[range.clone()], &self.coeff[range])
    }
}

/// A constraint that an assignment breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("constraint {constraint} does not hold: `{block}`, equation {index}")]
pub struct Violation {
    /// Index of the constraint.
    pub constraint: usize,
    /// Name of the block of constraints it belongs to, such as `hidden/clamp/remainder bit`.
    pub block: String,
    /// Position within the block.
    pub index: usize,
}

/// A run of constraints under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Scopes and equation, separated by `/`.
    pub name: String,
    /// Its first constraint; it ends where the next block starts.
    pub start: u32,
}

/// The constraint system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R1cs {
    /// Instance wires, the constant one included: 2, or 3 with the challenge.
    pub num_instance: usize,
    /// Witness wires: the witness vector has `num_instance + num_witness` entries.
    pub num_witness: usize,
    /// Left factors.
    pub a: Csr,
    /// Right factors.
    pub b: Csr,
    /// Products.
    pub c: Csr,
    /// The distinct coefficients.
    pub values: Vec<Fr>,
    /// Names of the constraints, in order; the first starts at 0.
    pub blocks: Vec<Block>,
}

impl R1cs {
    /// Number of constraints.
    pub fn num_constraints(&self) -> usize {
        self.a.rows()
    }

    /// Number of wires: the length of a witness vector.
    pub fn num_wires(&self) -> usize {
        self.num_instance + self.num_witness
    }

    /// The value of row `i` of `matrix`; `None` where the row has a wire or a coefficient that does not exist.
    pub fn evaluate(&self, matrix: &Csr, i: usize, wires: &[Fr]) -> Option<Fr> {
        let mut sum = Fr::zero();
        for (wire, coeff) in matrix.row(i) {
            sum += *wires.get(wire as usize)? * self.values.get(coeff as usize)?;
        }
        Some(sum)
    }

    /// Whether constraint `i` holds; one that names what does not exist does not.
    pub fn holds(&self, i: usize, wires: &[Fr]) -> bool {
        let row = |matrix| self.evaluate(matrix, i, wires);
        matches!((row(&self.a), row(&self.b), row(&self.c)), (Some(a), Some(b), Some(c)) if a * b == c)
    }

    /// The first constraint that the witness breaks, by name; `None` if it satisfies all.
    pub fn first_violation(&self, witness: &Witness) -> Option<Violation> {
        self.first_violation_of(&witness.values)
    }

    /// As [`R1cs::first_violation`], for a plain vector of wire values.
    pub fn first_violation_of(&self, wires: &[Fr]) -> Option<Violation> {
        let malformed = |block: &str| Some(Violation { constraint: 0, block: block.into(), index: 0 });
        if wires.len() != self.num_wires() {
            return malformed("length of the witness vector");
        }
        if wires.first() != Some(&Fr::one()) {
            return malformed("wire 0 is the constant one");
        }
        (0..self.num_constraints()).find(|&i| !self.holds(i, wires)).map(|i| self.violation(i))
    }

    /// The name of constraint `i`.
    pub fn violation(&self, i: usize) -> Violation {
        let after = self.blocks.partition_point(|block| block.start as usize <= i);
        match after.checked_sub(1).and_then(|k| self.blocks.get(k)) {
            Some(block) => {
                Violation { constraint: i, block: block.name.clone(), index: i - block.start as usize }
            }
            None => Violation { constraint: i, block: String::new(), index: i },
        }
    }
}
