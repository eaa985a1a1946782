//! Tests of every layout: one binary, a module a subject.

mod artifact;
mod commitment;
mod common;
mod field;
mod float32;
mod groth16;
mod hostile;
mod member;
mod poseidon;
mod schema;
mod statement;
mod verifier;
