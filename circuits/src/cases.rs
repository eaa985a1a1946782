//! Every gadget and layer in the cases that audits, the ledger of constraint counts and other tests go through: the
//! conformance list of this crate.
//!
//! The lists stand where the modules are declared, in `gadgets/mod.rs` and `layers/mod.rs`, and the compiler checks that
//! none is missing. So a new gadget is its file, with `CASES`; its `pub mod` and its name in the list; and its rows of
//! `circuits/ledger.csv`, which `ASSAY_LEDGER=write` writes.

pub use crate::case::{Build, Case, Module};

use crate::circuit::Circuit;
use crate::error::BuildError;
use crate::lookups::Ranges;
use crate::{Builder, gadgets, layers};

/// Inputs themselves, which are no module: their range proofs.
const INPUTS: Module = Module {
    name: "input",
    cases: &[Case::new("input of 16 values, 15 bits", 16, 15, |_, x| Ok(x.to_vec()))],
};

/// All modules.
pub fn modules() -> impl Iterator<Item = Module> {
    [INPUTS].into_iter().chain(gadgets::MODULES.iter().copied()).chain(layers::MODULES.iter().copied())
}

/// All cases.
pub fn all() -> impl Iterator<Item = Case> {
    modules().flat_map(|module| module.cases.iter().copied())
}

impl Case {
    /// Its circuit, without a statement.
    pub fn circuit(&self, ranges: Ranges) -> Result<Circuit, BuildError> {
        let mut b = Builder::with_ranges(ranges);
        let x = b.input("x", self.inputs, self.bits)?;
        let y = (self.build)(&mut b, &x)?;
        b.finish_gadget(&[&y])
    }

    /// A value as the input of a case: within its domain.
    pub fn clamp(&self, x: i64) -> i64 {
        self.domain.map_or(x, |(lo, hi)| x.clamp(lo, hi))
    }
}
