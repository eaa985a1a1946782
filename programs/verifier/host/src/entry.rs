//! The verifier's entry in the list of programs.

use assay_host::{Program, ScenarioEntry, StrategyEntry};
use solana_address::Address;

/// The verifier program.
pub struct Verifier;

impl Program for Verifier {
    fn name(&self) -> &'static str {
        "verifier"
    }

    fn id(&self) -> Address {
        assay_verifier::ID
    }

    fn library(&self) -> &'static str {
        "assay_verifier"
    }

    fn idl(&self) -> &'static str {
        include_str!("../../idl.json")
    }

    fn scenario(&self) -> ScenarioEntry {
        ScenarioEntry::PartOf("lending")
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        None
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("register (committed)", "register"),
            ("record (committed)", "record"),
            ("verify (committed)", "verify"),
            ("verify by CPI", "verify"),
            ("verify by CPI (committed)", "verify"),
        ]
    }
}
