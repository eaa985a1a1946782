//! The feed program's entry in the list of programs.

use assay_host::{Identity, Program, ScenarioEntry, StrategyEntry};

/// What the feed program is.
pub const IDENTITY: Identity = Identity {
    name: "feed",
    id: assay_feed::ID,
    library: "assay_feed",
    idl: include_str!("../../../idl/assay_feed.json"),
};

/// The feed program.
pub struct Feed;

impl Program for Feed {
    fn identity(&self) -> Identity {
        IDENTITY
    }

    fn scenario(&self) -> ScenarioEntry {
        ScenarioEntry::PartOf("lending")
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        None
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("refresh (unchanged)", "refresh"),
            ("observe (hour)", "observe"),
            ("observe (final already)", "observe"),
        ]
    }
}
