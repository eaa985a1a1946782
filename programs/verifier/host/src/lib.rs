//! The verifier program for hosts: instructions, addresses, accounts, and its entry in the list of programs.
//!
//! Layouts are those of the program crate and of `assay-interface`; nothing is written twice here. The crate does no
//! I/O: it builds instructions for whoever signs and sends them.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod batch;
pub mod buffer;
mod entry;
pub mod evidence;
mod instructions;
mod rent;
mod trust;

pub use assay_interface::verifier::{Verified, VerifiedBatch};
pub use assay_verifier::{
    Attestation, AttestorSet, Buffer, ID, MAX_LIMBS, MAX_SCHEMA_LEN, MAX_TIMELOCK, MIN_TIMELOCK, Model,
    Receipt, Series, Status, VerifierError, WINDOW,
};
pub use entry::{IDENTITY, Verifier};
pub use instructions::{
    Registration, accept_authority, activate, apply_guardian, cancel_guardian, model_address,
    propose_authority, propose_guardian, receipt_address, record, record_batch, record_without_proof,
    renounce_authority, resume, retire, suspend, verify, verify_batch,
};
pub use rent::{close_when_due, own_receipts};
pub use trust::{
    Attestors, NewSeries, apply_series, attest, attestation_address, cancel_series, close_attestation,
    close_attestor_set, close_model, close_receipt, close_series, propose_series, renounce_series,
};
