//! The verifier's entry in the list of programs.

use assay_host::{Identity, Program, StrategyEntry};

/// What the verifier is.
pub const IDENTITY: Identity = Identity {
    name: "verifier",
    id: assay_verifier::ID,
    library: "assay_verifier",
    idl: include_str!("../../../idl/assay_verifier.json"),
};

/// The verifier program.
pub struct Verifier;

impl Program for Verifier {
    fn identity(&self) -> Identity {
        IDENTITY
    }

    fn strategy(&self) -> Option<StrategyEntry> {
        None
    }

    fn variants(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("register (committed)", "register"),
            ("record (committed)", "record"),
            ("record (with receipt)", "record"),
            ("record (without proof)", "record"),
            ("record by CPI", "record"),
            ("record by CPI (without proof)", "record"),
            ("attest (first)", "attest"),
            ("record_batch (2 committed)", "record_batch"),
            ("record_buffer (27 committed)", "record_buffer"),
            ("verify_buffer (20 committed)", "verify_buffer"),
            ("verify_buffer (40 committed)", "verify_buffer"),
            ("verify_buffer (52 committed)", "verify_buffer"),
            ("verify_buffer (40 plain)", "verify_buffer"),
            ("verify_buffer (64 plain)", "verify_buffer"),
            ("write_buffer (first)", "write_buffer"),
            ("verify (committed)", "verify"),
            ("verify_batch (1 committed)", "verify_batch"),
            ("verify_batch (2 committed)", "verify_batch"),
            ("verify_batch (3 committed)", "verify_batch"),
            ("verify_batch (8 committed)", "verify_batch"),
            ("verify_batch (10 committed)", "verify_batch"),
            ("verify_batch (1 plain)", "verify_batch"),
            ("verify_batch (3 plain)", "verify_batch"),
            ("verify_batch (8 plain)", "verify_batch"),
            ("verify_batch (13 plain)", "verify_batch"),
            ("verify by CPI", "verify"),
            ("verify by CPI (committed)", "verify"),
            ("verify by CPI (native)", "verify"),
            ("verify by CPI (pinocchio)", "verify"),
        ]
    }
}
