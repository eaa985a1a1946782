//! The `assay` command line: model file -> circuit -> keys -> witness -> proof, one subcommand a stage.
//!
//! Thin by intent: the stages live in the library `assay`; here are arguments, files, tables and messages. Data goes to stdout, all else to stderr. [`outcome`] has the exit codes.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod artifacts;
pub mod bench;
mod cli;
mod commands;
mod decisions;
mod estimates;
pub mod failure;
pub mod files;
pub mod inputs;
pub mod interrupt;
pub mod logs;
pub mod outcome;
pub mod progress;
pub mod ui;
pub mod values;

pub use cli::main;
