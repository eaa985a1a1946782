//! The credit program's entry in the list of programs.

use assay_host::{Program, StrategyEntry};

use crate::identity::IDENTITY;

/// The credit program.
pub struct Credit;

impl Program for Credit {
    fn identity(&self) -> assay_host::Identity {
        IDENTITY
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        None
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[("open_line_by_proof (receipt)", "open_line_by_proof")]
    }
}
