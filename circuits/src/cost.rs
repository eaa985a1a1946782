//! What gadgets and layers cost, by formula: nothing is built.
//!
//! Each gadget's and layer's file has a `cost` function beside its `constrain`. It adds to a [`Tally`] what that would build for
//! values of given intervals; results have intervals as well, for the next layer. Tests compare both, either way to prove
//! ranges.
//!
//! By bits a range proof costs what it costs. By lookup it is a number of digits in a table whose width is the best for all
//! of them together, so they are counted first: [`Demand`].

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::circuit::Circuit;
use crate::gadgets::lookup::cost::{self as lookup, Demand};
use crate::lookups::Ranges;

pub use crate::integer::Interval;

/// What of a circuit decides how long a proof takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Those of Poseidon.
    pub hashes: usize,
    /// Those of queries and entries of tables.
    pub fractions: usize,
}

impl Size {
    /// The size of a circuit.
    pub fn of(circuit: &Circuit) -> Self {
        let kinds = circuit.kinds();
        Self {
            constraints: kinds.total(),
            hashes: kinds.hash,
            fractions: kinds.entries.saturating_add(kinds.queries),
        }
    }
}

/// Costs, added up.
#[derive(Clone, Debug)]
pub struct Tally {
    ranges: Ranges,
    /// Constraints that are neither range proofs by lookup nor of functions.
    fixed: usize,
    /// Queries and entries of functions.
    of_functions: usize,
    demand: Demand,
    /// A digest of each table: equal ones are one.
    tables: Vec<u64>,
}

impl Tally {
    /// Nothing yet, of a circuit that proves its ranges this way.
    pub fn new(ranges: Ranges) -> Self {
        Self { ranges, fixed: 0, of_functions: 0, demand: Demand::default(), tables: Vec::new() }
    }

    /// How ranges are proven.
    pub fn ranges(&self) -> Ranges {
        self.ranges
    }

    /// All constraints, the tables included.
    pub fn constraints(&self) -> usize {
        self.size().constraints
    }

    /// All of them, by what proving them takes.
    pub fn size(&self) -> Size {
        let ranges = self.demand.constraints(self.demand.best_width());
        let has_tables = ranges > 0 || self.has_functions();
        let mask = if has_tables { lookup::MASK } else { 0 };
        let rho = if self.has_functions() { lookup::RHO } else { 0 };
        let parts = [self.fixed, self.of_functions, ranges, mask, rho];
        Size {
            constraints: parts.into_iter().fold(0, usize::saturating_add),
            // The last one of rho's is linear, and so is a table's sum.
            hashes: rho.saturating_sub(1),
            fractions: self.of_functions.saturating_add(ranges.saturating_sub(1)),
        }
    }

    /// Constraints that cost the same either way.
    pub fn add(&mut self, constraints: usize) {
        self.fixed = self.fixed.saturating_add(constraints);
    }

    /// Range proofs of `count` inputs of `bits` bits.
    pub fn inputs(&mut self, bits: u32, count: usize) {
        match self.ranges {
            Ranges::Bits => self.add(count.saturating_mul(bits as usize)),
            Ranges::Lookup => self.demand.add_exact(bits, count),
        }
    }

    /// A proof that a small integer is in `[0, 2^bits)`; see [`crate::gadgets::lookup::digits`].
    pub(crate) fn integer(&mut self, bits: u32) {
        match self.ranges {
            _ if bits == 0 => self.add(1),
            Ranges::Bits => self.add(bits as usize),
            Ranges::Lookup => self.demand.add_integer(bits, 1),
        }
    }

    /// A proof that a value with a known upper end of `bits` bits is not negative.
    pub(crate) fn loose(&mut self, bits: u32) {
        match self.ranges {
            _ if bits == 0 => self.add(1),
            Ranges::Bits => self.add(bits as usize),
            Ranges::Lookup => self.demand.add_loose(bits, 1),
        }
    }

    /// What is to be proven by digits.
    pub(crate) fn demand(&mut self) -> &mut Demand {
        &mut self.demand
    }

    /// Whether a function is looked up already, so that rho is paid for.
    pub(crate) fn has_functions(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Queries of a function with these values from `lo` on, and its table, unless that is there.
    pub(crate) fn function(&mut self, lo: i64, values: &[i64], queries: usize) {
        let queries = queries.saturating_mul(lookup::FUNCTION_QUERY);
        self.of_functions = self.of_functions.saturating_add(queries);
        let mut hasher = DefaultHasher::new();
        let least = values.iter().copied().min().unwrap_or(0);
        lo.hash(&mut hasher);
        values.iter().for_each(|value| value.wrapping_sub(least).hash(&mut hasher));
        let digest = hasher.finish();
        if !self.tables.contains(&digest) {
            self.tables.push(digest);
            self.of_functions = self.of_functions.saturating_add(values.len());
            self.add(lookup::table(values.len()).saturating_sub(values.len()));
        }
    }
}
