//! The `assay` command line: model file -> circuit -> keys -> witness -> proof, one subcommand a stage.
//!
//! Thin by intent: the stages live in `assay-compiler`, `assay-circuits` and `assay-groth16`; here are arguments,
//! files, tables and messages. Data goes to stdout, all else to stderr. Exit codes: 0 valid, 1 invalid or the user's
//! mistake, 2 unexpected, 128 + signal when interrupted.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod artifacts;
mod cli;
mod commands;
pub mod failure;
pub mod files;
pub mod inputs;
pub mod interrupt;
pub mod ui;
pub mod values;

pub use cli::main;
