//! The lending program's entry in the list of programs.

use assay_host::{Identity, Program, StrategyEntry};

use crate::{identity::IDENTITY, strategy};

/// The lending program.
pub struct Lending;

impl Program for Lending {
    fn identity(&self) -> Identity {
        IDENTITY
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        Some(strategy::ENTRY)
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("deposit_collateral (first)", "deposit_collateral"),
            ("snapshot (taken already)", "snapshot"),
            ("liquidate_by_proof (committed)", "liquidate_by_proof"),
            ("liquidate_by_proof (with receipt)", "liquidate_by_proof"),
            ("liquidate_by_proof (series)", "liquidate_by_proof"),
        ]
    }
}
