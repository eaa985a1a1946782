//! Functions by lookup: `y = f(x)` for any function on a quantized domain, given as a table of values.
//!
//! The pair is one query of a table with two columns: `x + rho * y` is an entry `t + rho * f(t)`. So `x` is in
//! the domain and `y` is its value; both follow from membership, and neither needs a range proof.
//!
//! Cost: 2 a query; once, an entry a value of the domain, 1 for the table, and rho
//! ([`cost::RHO`](super::cost::RHO)) for the first table of a circuit. Equal tables are one table. An entry
//! costs its constraint whether it is queried or not: tables pay for themselves where there are about as many
//! queries as entries.
//!
//! [`Function::of_quotient`] divides first: `f(floor((x + 2^(s-1)) / 2^s))` costs the range proof of the
//! remainder more, and none of the quotient. That is requantization and any activation in one step.
//!
//! In the constraints `y` is the wire `f(x) - min f`, which is never negative.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::BuildError;
use crate::gadgets::div_pow2::{check_shift, divide};
use crate::instruction::Instruction;
use crate::integer::{half, quotients};
use crate::lookups::is_function;

pub use crate::lookups::MAX_ENTRIES;

/// A function in the tables of one builder; it takes no constraints until it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The builder that it belongs to.
    owner: u64,
    /// Position in the builder's list.
    index: usize,
    lo: i64,
    hi: i64,
    min: i64,
    max: i64,
}

/// Integer reference; `None` outside the domain.
pub fn reference(x: i64, lo: i64, values: &[i64]) -> Option<i64> {
    values.get(usize::try_from(x.checked_sub(lo)?).ok()?).copied()
}

/// `values[x - lo]`, for one value. For many, make the [`Function`] once: it compares whole tables.
pub fn constrain(b: &mut Builder, x: &Bounded, lo: i64, values: &[i64]) -> Result<Bounded, BuildError> {
    Function::new(b, lo, values)?.constrain(b, x)
}

impl Function {
    /// `f(lo + i) = values[i]`, for 1 to 2^20 values within ±2^59.
    pub fn new(b: &mut Builder, lo: i64, values: &[i64]) -> Result<Self, BuildError> {
        let entries = values.len();
        let size = BuildError::TableSize { entries, max: MAX_ENTRIES };
        let (Some(&min), Some(&max)) = (values.iter().min(), values.iter().max()) else { return Err(size) };
        if entries > MAX_ENTRIES {
            return Err(size);
        }
        let overflow =
            BuildError::Overflow { operation: "lookup of a function", lo: min.into(), hi: max.into() };
        for value in [lo, min, max] {
            Bounded::constant(value)?;
        }
        // |lo|, |min| and |max| are at most 2^60: nothing overflows 64 bits.
        let values: Vec<i64> = values.iter().map(|value| value - min).collect();
        if !is_function(lo, &values) {
            return Err(overflow);
        }
        let hi = lo + i64::try_from(entries).map_err(|_| size)? - 1;
        let owner = b.id();
        let index = b.lookups().function(lo, values);
        Ok(Self { owner, index, lo, hi, min, max })
    }

    /// The domain, both ends included.
    pub fn domain(&self) -> (i64, i64) {
        (self.lo, self.hi)
    }

    /// Smallest and largest value.
    pub fn range(&self) -> (i64, i64) {
        (self.min, self.max)
    }

    /// `f(x)`; `x` must be proven to lie in the domain.
    pub fn constrain(&self, b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
        self.require(x.lo(), x.hi())?;
        b.check_owner(OPERATION, x)?;
        b.scope("function", |b| self.look_up(b, x))
    }

    /// `f(floor((x + 2^(shift-1)) / 2^shift))`; by its interval, the quotient must lie in the domain.
    pub fn of_quotient(&self, b: &mut Builder, x: &Bounded, shift: u32) -> Result<Bounded, BuildError> {
        check_shift(OPERATION, shift)?;
        if shift == 0 {
            return self.constrain(b, x);
        }
        let (lowest, highest) = quotients(x.interval(), shift);
        self.require(lowest, highest)?;
        b.check_owner(OPERATION, x)?;
        let overflow = |_| BuildError::Overflow { operation: OPERATION, lo: lowest, hi: highest };
        let base = i64::try_from(lowest).map_err(overflow)?;
        let span = i64::try_from(highest - lowest).map_err(overflow)?;
        b.scope("function", |b| {
            let v = x.add_const(half(shift))?.add_const(-(base << shift))?;
            // Membership proves the quotient small.
            let quotient = divide(b, &v, shift, span)?.add_const(base)?;
            self.look_up(b, &quotient)
        })
    }

    fn look_up(&self, b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
        if b.id() != self.owner {
            return Err(BuildError::ForeignValue { operation: OPERATION });
        }
        let table = b.table_of(self.index)?;
        b.instruct(Instruction::Apply { table }, &[x])?;
        let wire = b.integer_wire()?;
        let value = b.proven(wire, self.max - self.min);
        let scope = b.scopes();
        b.lookups().query(scope, self.index, x, wire)?;
        value.add_const(self.min)
    }

    fn require(&self, lo: i128, hi: i128) -> Result<(), BuildError> {
        let (min, max) = (i128::from(self.lo), i128::from(self.hi));
        if min <= lo && hi <= max {
            return Ok(());
        }
        Err(BuildError::NotProven { operation: OPERATION, index: 0, lo, hi, min, max })
    }
}

const OPERATION: &str = "lookup of a function";

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("function of a quotient of 8 bits", 1, 8, |b, x| {
    let squares: Vec<i64> = (-32..=32).map(|q| q * q).collect();
    Ok(vec![Function::new(b, -32, &squares)?.of_quotient(b, &x[0], 2)?])
})];
