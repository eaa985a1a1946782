//! Tests of keys, proofs and their files: one binary, a module a subject.

mod circom;
mod commitment;
mod common;
mod estimate;
mod keys;
mod prove;
#[allow(dead_code)] // for other keys than the prover's
#[path = "../../../../interface/tests/it/groth16/reference.rs"]
mod reference;
mod snarkjs;
