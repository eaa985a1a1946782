//! The market program's entry in the list of programs.

use assay_host::{Program, StrategyEntry};

use crate::{identity::IDENTITY, strategy};

/// The market program.
pub struct Market;

impl Program for Market {
    fn identity(&self) -> assay_host::Identity {
        IDENTITY
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        Some(strategy::ENTRY)
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[("resolve_by_proof (second)", "resolve_by_proof"), ("observe (partial)", "observe")]
    }
}
