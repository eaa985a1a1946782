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
use crate::instruction::Table;
use crate::lookups::Ranges;

pub use crate::integer::Interval;

/// What of a circuit decides how long a proof takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Those of Poseidon.
    pub hashes: usize,
    /// Wires of full size in tables: one a query (two of a function), and one an entry that may be queried. Of more entries than
    /// queries, the others have the fraction 0, which costs a sum nothing.
    pub fractions: usize,
}

impl Size {
    /// The size of a circuit.
    pub fn of(circuit: &Circuit) -> Self {
        let kinds = circuit.kinds();
        Self {
            constraints: kinds.total(),
            hashes: kinds.hash,
            fractions: circuit.program().tables().iter().map(Table::full_size).fold(0, usize::saturating_add),
        }
    }
}

/// Entries and queries of a table.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    entries: usize,
    queries: usize,
}

impl Sizes {
    /// Wires of full size, for so many a query.
    fn full_size(self, each: usize) -> usize {
        self.entries.min(self.queries).saturating_add(self.queries.saturating_mul(each))
    }
}

/// Costs, added up.
#[derive(Clone, Debug)]
pub struct Tally {
    ranges: Ranges,
    /// Constraints that are neither range proofs by lookup nor of functions.
    fixed: usize,
    demand: Demand,
    /// Each function once, by a digest.
    functions: Vec<(u64, Sizes)>,
    combinations: Vec<Sizes>,
    /// Of the values that are given next, those that are inputs whose range is open.
    open: Vec<bool>,
}

impl Tally {
    /// Nothing yet, of a circuit that proves its ranges this way.
    pub fn new(ranges: Ranges) -> Self {
        Self {
            ranges,
            fixed: 0,
            demand: Demand::default(),
            functions: Vec::new(),
            combinations: Vec::new(),
            open: Vec::new(),
        }
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
        let width = self.demand.best_width();
        let ranges = self.demand.constraints(width);
        let of_ranges = Sizes { entries: 1 << width, queries: self.demand.queries(width) };
        let has_tables = ranges > 0 || self.has_functions() || !self.combinations.is_empty();
        let mask = if has_tables { lookup::MASK } else { 0 };
        let rho = if self.has_functions() { lookup::RHO } else { 0 };
        let of_tables = |tables: &mut dyn Iterator<Item = &Sizes>, each: usize| {
            tables.fold((0usize, 0usize), |(constraints, fractions), sizes| {
                let queries = sizes.queries.saturating_mul(each);
                let of_table = lookup::table(sizes.entries).saturating_add(queries);
                (constraints.saturating_add(of_table), fractions.saturating_add(sizes.full_size(each)))
            })
        };
        let functions = of_tables(&mut self.functions.iter().map(|(_, sizes)| sizes), lookup::FUNCTION_QUERY);
        let combinations = of_tables(&mut self.combinations.iter(), 1);
        let parts = [self.fixed, functions.0, combinations.0, ranges, mask, rho];
        Size {
            constraints: parts.into_iter().fold(0, usize::saturating_add),
            // The last one of rho's is linear, and so is a table's sum.
            hashes: rho.saturating_sub(1),
            fractions: [functions.1, combinations.1, of_ranges.full_size(1)]
                .into_iter()
                .fold(0, usize::saturating_add),
        }
    }

    /// Constraints that cost the same either way.
    pub fn add(&mut self, constraints: usize) {
        self.fixed = self.fixed.saturating_add(constraints);
    }

    /// Proofs that `count` field elements are in `[0, 2^bits)`.
    pub(crate) fn exact(&mut self, bits: u32, count: usize) {
        match self.ranges {
            Ranges::Bits => self.add(count.saturating_mul(bits as usize)),
            Ranges::Lookup => self.demand.add_exact(bits, count),
        }
    }

    /// Adds what `cost` adds for values of which these are inputs, perhaps negated or moved, whose range nobody has proven yet.
    /// Returns as well which of them still are: as a builder knows of its wires.
    pub fn with_open<T>(&mut self, open: Vec<bool>, cost: impl FnOnce(&mut Self) -> T) -> (T, Vec<bool>) {
        let outer = std::mem::replace(&mut self.open, open);
        let result = cost(self);
        (result, std::mem::replace(&mut self.open, outer))
    }

    /// Which of so many values are open.
    pub(crate) fn open_among(&self, values: usize) -> Vec<bool> {
        (0..values).map(|position| self.open.get(position) == Some(&true)).collect()
    }

    /// What is counted proves the range of a value.
    pub(crate) fn close(&mut self, position: usize) {
        if let Some(open) = self.open.get_mut(position) {
            *open = false;
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
        !self.functions.is_empty()
    }

    /// Queries of a function with these values from `lo` on, and its table, unless that is there.
    pub(crate) fn function(&mut self, lo: i64, values: &[i64], queries: usize) {
        let mut hasher = DefaultHasher::new();
        let least = values.iter().copied().min().unwrap_or(0);
        lo.hash(&mut hasher);
        values.iter().for_each(|value| value.wrapping_sub(least).hash(&mut hasher));
        let digest = hasher.finish();
        match self.functions.iter_mut().find(|(known, _)| *known == digest) {
            Some((_, sizes)) => sizes.queries = sizes.queries.saturating_add(queries),
            None => self.functions.push((digest, Sizes { entries: values.len(), queries })),
        }
    }

    /// A table whose entries are combinations, and its queries.
    pub(crate) fn combinations(&mut self, entries: usize, queries: usize) {
        self.combinations.push(Sizes { entries, queries });
    }

    /// `count` proofs of `0 <= u < 2^N` for some `N` from `bits` to `most`.
    pub(crate) fn within(&mut self, bits: u32, most: u32, count: usize) {
        match self.ranges {
            _ if bits == 0 => self.add(count),
            Ranges::Bits => self.add(count.saturating_mul(bits as usize)),
            Ranges::Lookup if most <= bits => self.demand.add_exact(bits, count),
            Ranges::Lookup => self.demand.add_within(bits, most, count),
        }
    }
}
