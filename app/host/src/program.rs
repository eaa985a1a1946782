//! A program's entry: all that the applications need to know of it. The list of entries is `app/programs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use solana_address::Address;

use crate::{
    identity::Identity,
    strategy::{Strategy, StrategyError},
};

/// A program as its host crate describes it.
pub trait Program: Sync {
    /// What it is.
    fn identity(&self) -> Identity;

    /// What a keeper does for it; none where there is nothing to do.
    fn strategy(&self) -> Option<StrategyEntry>;

    /// The rows of the ledger of costs that are not named after an instruction, each with the instruction that it
    /// measures: the same one with another key, or a first use that creates an account.
    fn variants(&self) -> &'static [(&'static str, &'static str)];
}

/// What a keeper does for a program.
pub struct StrategyEntry {
    /// Names of the addresses that [`StrategyEntry::open`] wants.
    pub addresses: &'static [&'static str],
    /// The strategy for one set of addresses.
    pub open: OpenStrategy,
}

/// Opens the strategy for one set of addresses, given by their names.
pub type OpenStrategy = fn(&BTreeMap<String, Address>) -> Result<Arc<dyn Strategy>, StrategyError>;
