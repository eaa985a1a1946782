//! Tests that cross crates: model suite, program tests, readers of outside bytes.

pub mod attacks;
pub mod ledger;
pub mod pass_through;
pub mod readers;
pub mod snarkjs;
pub mod vectors;

/// How many lives a test of a state machine plays: `ASSAY_LIFE_ROUNDS`, or `default`, few enough for every run of the tests.
///
/// # Panics
/// When the variable is no number.
pub fn lives(default: u64) -> u64 {
    std::env::var("ASSAY_LIFE_ROUNDS")
        .map_or(default, |rounds| rounds.parse().expect("ASSAY_LIFE_ROUNDS is a number"))
}

// Groth16 with a commitment, as `assay-interface` tests its verifier with it.
#[path = "../../interface/tests/it/groth16/encoding.rs"]
pub mod encoding;
#[path = "../../interface/tests/it/groth16/toy.rs"]
pub mod toy;
