//! Instructions and account readers for Assay's programs, for hosts.
//!
//! Layouts are those of the program crates and of `assay-interface`; nothing is written twice here. The crate does
//! no I/O: it builds instructions for whoever signs and sends them, and reads account bytes that somebody fetched.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod account;
pub mod compute_budget;
pub mod errors;
pub mod lending;
pub mod verifier;
