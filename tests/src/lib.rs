//! Tests that cross crates: model suite, program tests, readers of outside bytes.

pub mod attacks;
pub mod ledger;
pub mod pass_through;
pub mod readers;
pub mod snarkjs;

// Groth16 with a commitment, as `assay-interface` tests its verifier with it.
#[path = "../../interface/tests/it/groth16/encoding.rs"]
pub mod encoding;
#[path = "../../interface/tests/it/groth16/toy.rs"]
pub mod toy;
