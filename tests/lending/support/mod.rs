//! A market with its people, in a runtime of its own.

mod model;
mod prices;
mod test_market;

pub use model::Model;
pub use prices::price_attacks;
pub use test_market::{Actor, SOL, TestMarket, USDC};

use assay_localnet::Outcome;
use solana_address::Address;
use solana_instruction::Instruction;

/// Asserts that a transaction was refused with an error of this name.
#[track_caller]
pub fn refused(outcome: &Outcome, name: &str) {
    let found = if outcome.is_ok() { "it went through" } else { outcome.error() };
    assert_eq!(found, name, "{}", outcome.logs.join("\n"));
}

/// The instruction with another account at `index`.
pub fn with_account(mut instruction: Instruction, index: usize, address: Address) -> Instruction {
    instruction.accounts[index].pubkey = address;
    instruction
}

/// The instruction with the account at `index` not signing.
pub fn unsigned(mut instruction: Instruction, index: usize) -> Instruction {
    instruction.accounts[index].is_signer = false;
    instruction
}
