//! Tests that cross crates: model suite, program tests, command line.

pub mod ledger;
pub mod readers;
