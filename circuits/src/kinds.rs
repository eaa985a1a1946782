//! Constraints of a circuit by what they are for: the one count, for every report.

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

impl Kinds {
    /// All of them.
    pub fn total(&self) -> usize {
        self.named().into_iter().map(|(_, count)| count).sum()
    }

    /// The kinds that occur, by the names that reports use, the most first.
    pub fn most_first(&self) -> Vec<(&'static str, usize)> {
        let mut kinds: Vec<_> = self.named().into_iter().filter(|&(_, count)| count > 0).collect();
        kinds.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        kinds
    }

    fn named(&self) -> [(&'static str, usize); 6] {
        let Self { bits, entries, queries, hash, linear, products } = *self;
        [
            ("bits", bits),
            ("entries", entries),
            ("queries", queries),
            ("hash", hash),
            ("linear", linear),
            ("products", products),
        ]
    }

    fn add(&mut self, other: &Self) {
        self.bits += other.bits;
        self.entries += other.entries;
        self.queries += other.queries;
        self.hash += other.hash;
        self.linear += other.linear;
        self.products += other.products;
    }
}

/// The constraints of one outermost scope: of an input, a layer, the statement, the lookup tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Name of the scope.
    pub name: &'a str,
    /// Its constraints.
    pub kinds: Kinds,
}

impl Circuit {
    /// Constraints by what they are for.
    pub fn kinds(&self) -> Kinds {
        let mut kinds = Kinds::default();
        self.parts().iter().for_each(|part| kinds.add(&part.kinds));
        kinds
    }

    /// Constraints by part and by what they are for: inputs, whose ranges are proven behind everything else, then in the order of the
    /// circuit. Queries belong to the part that asks.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let r1cs = &self.r1cs;
        let mut parts: Vec<Part<'_>> = Vec::new();
        let ends = r1cs.blocks.iter().skip(1).map(|block| block.start as usize);
        for (block, end) in r1cs.blocks.iter().zip(ends.chain([r1cs.num_constraints()])) {
            let is_hash = block.name.split('/').any(|scope| scope == "poseidon");
            let mut kinds = Kinds::default();
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
            let name = block.name.split_once('/').map_or(block.name.as_str(), |(outermost, _)| outermost);
            match parts.iter_mut().rev().find(|known| known.name == name) {
                Some(known) => known.kinds.add(&kinds),
                None => parts.push(Part { name, kinds }),
            }
        }
        parts.sort_by_key(|part| !part.name.starts_with(crate::input::SCOPE));
        parts
    }

    fn shape(&self, row: usize) -> Shape {
        let R1cs { a, b, c, .. } = &self.r1cs;
        let is_constant = |matrix: &Csr| matrix.row(row).all(|(wire, _)| wire == Wire::ONE.0);
        let same = |x: &Csr, y: &Csr| x.row(row).eq(y.row(row));
        let but_constant = |matrix: &Csr| -> Vec<(u32, u32)> {
            matrix.row(row).filter(|&(wire, _)| wire != Wire::ONE.0).collect()
        };
        let challenge = self.commitment.as_ref().map(|commitment| commitment.challenge);
        let holds_challenge =
            |matrix: &Csr| challenge.is_some_and(|wire| matrix.row(row).any(|(w, _)| w == wire));
        if is_constant(a) || is_constant(b) {
            Shape::Linear
        } else if holds_challenge(a) && is_constant(c) {
            Shape::Query // of a weight, in its home row
        } else if holds_challenge(b) {
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
