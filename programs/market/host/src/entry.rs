//! The market program's entry in the list of programs.

use assay_host::{Program, ScenarioEntry, StrategyEntry};

use crate::identity::IDENTITY;

/// The market program.
pub struct Market;

impl Program for Market {
    fn identity(&self) -> assay_host::Identity {
        IDENTITY
    }

    fn scenario(&self) -> ScenarioEntry {
        ScenarioEntry::PartOf("lending")
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        None
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[("resolve_by_proof (second)", "resolve_by_proof"), ("observe (partial)", "observe")]
    }
}
