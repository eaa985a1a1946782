//! Constraints of a circuit by what they are for.

use crate::circuit::Circuit;
use crate::linear::Wire;
use crate::r1cs::{Csr, R1cs};

/// Numbers of constraints; their sum is that of the circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// `x * x = x`: bits of ranges, comparisons, clamps.
    pub bits: usize,
    /// Entries of lookup tables.
    pub entries: usize,
    /// Queries of lookup tables; one of a function counts twice.
    pub queries: usize,
    /// Poseidon: the statement's hash and rho.
    pub hash: usize,
    /// Linear ones: accumulators, sums of tables, the mask.
    pub linear: usize,
    /// All others, which are products of two wires.
    pub products: usize,
}

impl Circuit {
    /// Constraints by what they are for.
    pub fn kinds(&self) -> Kinds {
        let r1cs = &self.r1cs;
        let mut kinds = Kinds::default();
        let ends = r1cs.blocks.iter().skip(1).map(|block| block.start as usize);
        for (block, end) in r1cs.blocks.iter().zip(ends.chain([r1cs.num_constraints()])) {
            let is_hash = block.name.split('/').any(|scope| scope == "poseidon");
            for row in block.start as usize..end {
                let kind = match self.shape(row) {
                    _ if is_hash => &mut kinds.hash,
                    Shape::Bit => &mut kinds.bits,
                    Shape::Entry => &mut kinds.entries,
                    Shape::Query => &mut kinds.queries,
                    Shape::Linear => &mut kinds.linear,
                    Shape::Product if block.name.ends_with("rho * value = product") => &mut kinds.queries,
                    Shape::Product => &mut kinds.products,
                };
                *kind += 1;
            }
        }
        kinds
    }

    fn shape(&self, row: usize) -> Shape {
        let R1cs { a, b, c, .. } = &self.r1cs;
        let is_constant = |matrix: &Csr| matrix.row(row).all(|(wire, _)| wire == Wire::ONE.0);
        let same = |x: &Csr, y: &Csr| x.row(row).eq(y.row(row));
        let but_constant = |matrix: &Csr| -> Vec<(u32, u32)> {
            matrix.row(row).filter(|&(wire, _)| wire != Wire::ONE.0).collect()
        };
        let challenge = self.commitment.as_ref().map(|commitment| commitment.challenge);
        let behind_challenge = challenge.is_some_and(|wire| b.row(row).any(|(w, _)| w == wire));
        if is_constant(a) || is_constant(b) {
            Shape::Linear
        } else if behind_challenge {
            if is_constant(c) { Shape::Query } else { Shape::Entry }
        } else if same(a, b) && same(b, c) || is_constant(c) && but_constant(a) == but_constant(b) {
            Shape::Bit
        } else {
            Shape::Product
        }
    }
}

enum Shape {
    Bit,
    Entry,
    Query,
    Linear,
    Product,
}
