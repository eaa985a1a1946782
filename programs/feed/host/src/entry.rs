//! The feed program's entry in the list of programs.

use assay_host::{Identity, Program, StrategyEntry};

use crate::{identity::IDENTITY, strategy};

/// The feed program.
pub struct Feed;

impl Program for Feed {
    fn identity(&self) -> Identity {
        IDENTITY
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        Some(strategy::ENTRY)
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("refresh (unchanged)", "refresh"),
            ("observe (hour)", "observe"),
            ("observe (final already)", "observe"),
            ("open_round (eight sources)", "open_round"),
            ("open_round (partial)", "open_round"),
            ("open_round (sealed already)", "open_round"),
            ("publish_by_proof (published already)", "publish_by_proof"),
        ]
    }
}
