//! What a circuit is to look up: requests, collected by the builder while gadgets run. [`crate::gadgets::lookup`] says how
//! they are met.

use std::collections::HashMap;

use crate::bounded::Bounded;
use crate::error::{BuildError, at_mut};
use crate::instruction::{Entries, Table};
use crate::integer::LIMIT_BITS;
use crate::linear::Wire;
use crate::weights::Weight;

/// How a circuit proves ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranges {
    /// One constraint a bit. The proof is plain Groth16.
    #[default]
    Bits,
    /// Digits looked up in one table. The proof carries a commitment: see [`crate::gadgets::lookup`].
    Lookup,
}

/// Largest width of the range table.
pub const MAX_WIDTH: u8 = 16;

/// Most entries of the table of a function.
pub const MAX_ENTRIES: usize = 1 << 20;

/// A private copy of [`Bounded`]'s terms: queries need no interval.
pub(crate) type Terms = Vec<(Wire, i64)>;

/// What a builder is to look up, collected until it finishes.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    pub(crate) scopes: Vec<String>,
    scope_ids: HashMap<String, u32>,
    pub(crate) checks: Vec<Check>,
    pub(crate) functions: Vec<RequestedFunction>,
    pub(crate) combinations: Vec<RequestedCombinations>,
    function_ids: HashMap<(i64, Vec<i64>), usize>,
}

/// A function, and where it was applied.
#[derive(Debug)]
pub(crate) struct RequestedFunction {
    pub(crate) lo: i64,
    pub(crate) values: Vec<i64>,
    /// Position among the tables of the circuit, once it is applied.
    pub(crate) table: Option<u32>,
    pub(crate) queries: Vec<Query>,
}

/// Combinations of wires that are the entries of a table, and what is looked up there.
#[derive(Debug)]
pub(crate) struct RequestedCombinations {
    pub(crate) entries: Vec<Terms>,
    pub(crate) queries: Vec<Query>,
}

/// A range proof: what is in range, and in which.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) scope: u32,
    pub(crate) value: Bounded,
    pub(crate) range: Range,
    /// Of a range of a weight: its home row is to be a query.
    pub(crate) weight: Option<Weight>,
}

#[derive(Clone, Debug)]
pub(crate) enum Range {
    /// `[0, 2^bits)`.
    Exact { bits: u32 },
    /// The same, of what is known to be a small integer.
    Integer { bits: u32 },
    /// `[0, 2^N)` for some `N >= bits`.
    Loose { bits: u32 },
    /// The value is in `[0, 2^N)` for some `N` from `bits` to `most`; its interval is not relied upon.
    Within { bits: u32, most: u32 },
    /// The bit is 1 where the value is in `[0, 2^N)`, 0 where it is in `[-2^N, 0)`, for some
    /// `N >= magnitude`.
    Sign { magnitude: u32, non_negative: Bounded },
}

/// One query: its argument and, for a function, its value.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) scope: u32,
    pub(crate) x: Terms,
    pub(crate) y: Option<[(Wire, i64); 1]>,
    /// A weight whose home row the query's constraint is.
    pub(crate) weight: Option<Weight>,
}

impl Lookups {
    fn scope(&mut self, name: String) -> Result<u32, BuildError> {
        if let Some(&known) = self.scope_ids.get(&name) {
            return Ok(known);
        }
        let next = u32::try_from(self.scopes.len()).map_err(|_| BuildError::TooLarge { what: "scopes" })?;
        self.scopes.push(name.clone());
        self.scope_ids.insert(name, next);
        Ok(next)
    }

    /// The position of a function; that of an equal one, if there is one.
    pub(crate) fn function(&mut self, lo: i64, values: Vec<i64>) -> usize {
        let functions = &mut self.functions;
        *self.function_ids.entry((lo, values)).or_insert_with_key(|(lo, values)| {
            let (lo, values) = (*lo, values.clone());
            functions.push(RequestedFunction { lo, values, table: None, queries: Vec::new() });
            functions.len() - 1
        })
    }

    /// The table of a function, as part of the circuit: `tables` are those so far.
    pub(crate) fn use_function(&mut self, index: usize, tables: &mut Vec<Table>) -> Result<u32, BuildError> {
        let function = self.functions.get_mut(index);
        let function = function.ok_or(BuildError::ForeignValue { operation: "lookup of a function" })?;
        if let Some(table) = function.table {
            return Ok(table);
        }
        let table =
            u32::try_from(tables.len()).map_err(|_| BuildError::TooLarge { what: "lookup tables" })?;
        let entries = Entries::Function { lo: function.lo, values: function.values.clone() };
        tables.push(Table { entries, queries: 0 });
        function.table = Some(table);
        Ok(table)
    }

    /// Asks for `(x, y)` to be in the table of a function.
    pub(crate) fn query(
        &mut self,
        scope: String,
        function: usize,
        x: &Bounded,
        y: Wire,
    ) -> Result<(), BuildError> {
        let scope = self.scope(scope)?;
        let function = at_mut("functions", &mut self.functions, function)?;
        function.queries.push(Query { scope, x: x.terms().to_vec(), y: Some([(y, 1)]), weight: None });
        Ok(())
    }

    /// A table of these entries, which is to be queried: see [`crate::Builder::combinations`], which knows whose they are.
    pub(crate) fn combinations(&mut self, entries: &[Bounded]) -> usize {
        let entries = entries.iter().map(|entry| entry.terms().to_vec()).collect();
        self.combinations.push(RequestedCombinations { entries, queries: Vec::new() });
        self.combinations.len() - 1
    }

    /// Asks for a wire to have the value of one of the entries of such a table: see [`crate::Builder::query_combinations`].
    pub(crate) fn query_combinations(
        &mut self,
        scope: String,
        table: usize,
        x: Wire,
    ) -> Result<(), BuildError> {
        let scope = self.scope(scope)?;
        let table = at_mut("tables of combinations", &mut self.combinations, table)?;
        table.queries.push(Query { scope, x: vec![(x, 1)], y: None, weight: None });
        Ok(())
    }

    /// Asks for a range proof.
    pub(crate) fn check(&mut self, scope: String, value: &Bounded, range: Range) -> Result<(), BuildError> {
        let scope = self.scope(scope)?;
        self.checks.push(Check { scope, value: value.clone(), range, weight: None });
        Ok(())
    }

    /// Asks for the range proof of a weight, of whose bits `value` is the non-negative integer.
    pub(crate) fn check_weight(
        &mut self,
        scope: String,
        value: Bounded,
        weight: Weight,
    ) -> Result<(), BuildError> {
        let scope = self.scope(scope)?;
        let range = Range::Exact { bits: weight.bits.into() };
        self.checks.push(Check { scope, value, range, weight: Some(weight) });
        Ok(())
    }
}

/// Whether these are the values of a function as tables hold them: the smallest is 0, and arguments
/// and values are far from the limits of 64 bits.
pub(crate) fn is_function(lo: i64, values: &[i64]) -> bool {
    let limit = 1i64 << LIMIT_BITS;
    let end = i64::try_from(values.len()).ok().and_then(|len| lo.checked_add(len));
    values.iter().min() == Some(&0)
        && values.iter().all(|&value| value <= limit)
        && (-limit..=limit).contains(&lo)
        && end.is_some_and(|end| end <= limit)
}
