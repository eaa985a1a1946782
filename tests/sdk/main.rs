//! What the TypeScript SDK's tests hold its own computation against, computed by the crates that programs and prover use.

mod addresses;
mod proofs;
mod statements;
