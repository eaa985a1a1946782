//! Tests of keys, proofs and their files: one binary, a module a subject.

mod circom;
mod commitment;
mod common;
mod estimate;
mod keys;
mod prove;
mod snarkjs;
