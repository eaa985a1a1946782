//! The verifier program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries.

#![allow(missing_docs)]

mod support;

mod accept_authority;
mod activate;
mod apply_guardian;
mod apply_series;
mod attacks;
mod attest;
mod audit;
mod batch;
mod buffer;
mod cancel_guardian;
mod cancel_series;
mod close_attestation;
mod close_attestor_set;
mod close_buffer;
mod close_model;
mod close_receipt;
mod close_series;
mod costs;
mod cpi;
mod create_attestor_set;
mod create_series;
mod digest;
mod examples;
mod forgeries;
mod idl;
mod layout;
mod life;
mod over_rpc;
mod propose_authority;
mod propose_guardian;
mod propose_series;
mod receipts;
mod record;
mod record_batch;
mod record_buffer;
mod register;
mod renounce_authority;
mod renounce_series;
mod resume;
mod retire;
mod security_txt;
mod series;
mod suspend;
mod together;
mod verify;
mod verify_batch;
mod verify_buffer;
mod write_buffer;
