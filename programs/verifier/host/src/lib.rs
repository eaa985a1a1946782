//! The verifier program for hosts: instructions, addresses, accounts, and its entry in the list of programs.
//!
//! Layouts are those of the program crate and of `assay-interface`; nothing is written twice here. The crate does no
//! I/O: it builds instructions for whoever signs and sends them.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod entry;
mod instructions;

pub use assay_interface::verifier::Verified;
pub use assay_verifier::{
    ID, MAX_LIMBS, MAX_SCHEMA_LEN, MAX_TIMELOCK, MIN_CEREMONY_TIMELOCK, Model, Receipt, Status, VerifierError,
};
pub use entry::{IDENTITY, Verifier};
pub use instructions::{
    Registration, accept_authority, activate, model_address, propose_authority, receipt_address, record,
    resume, retire, suspend, verify,
};
