//! Whole invocations of `assay`, as a user makes them.
//!
//! Snapshots lie in `tests/snapshots`; `INSTA_UPDATE=always cargo test -p assay-cli` rewrites them after a wanted change.

mod audit;
mod bad_input;
mod ceremony;
mod circom;
mod columns;
mod common;
mod compile;
mod decisions;
mod estimates;
mod exact;
mod explain;
mod export;
mod help;
mod hostile;
mod interruption;
mod keeper;
mod keys;
mod many;
mod member;
mod on_chain;
mod outputs;
mod over_rpc;
mod pipeline;
mod run;
mod service;
#[path = "../../../../tests/src/snarkjs.rs"]
mod snarkjs;
mod streams;
mod weights;
