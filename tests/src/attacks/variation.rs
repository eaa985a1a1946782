//! A variation of a transaction, and trying it.

use std::rc::Rc;

use assay_localnet::{Localnet, Outcome, Version};
use solana_address::Address;
use solana_instruction::Instruction;

use super::attack::{Attack, Case};
use super::target::Target;

/// A transaction that somebody may send in the place of one that went through.
pub struct Variation {
    pub case: Case,
    /// The runtime that it meets.
    net: Rc<Localnet>,
    instructions: Vec<Instruction>,
    payer: Address,
}

impl Variation {
    /// The runtime's own payer pays, so that nobody signs by paying.
    pub fn new(
        target: &Target<'_>,
        on: &str,
        attack: Attack,
        net: &Rc<Localnet>,
        instructions: Vec<Instruction>,
    ) -> Self {
        let case = Case { instruction: target.signature.name.clone(), on: on.to_owned(), attack };
        let payer = solana_signer::Signer::pubkey(net.payer());
        Self { case, net: Rc::clone(net), instructions, payer }
    }

    /// The same, paid for by somebody else.
    pub fn paid_by(self, payer: Address) -> Self {
        Self { payer, ..self }
    }

    /// What comes of it.
    pub fn outcome(&self) -> Outcome {
        self.net.try_unsigned(&self.instructions, &self.payer)
    }

    /// What comes of it in transactions of another version, where they can hold it; by the error's name.
    pub fn verdict_in(&self, version: Version) -> Option<String> {
        let outcome = self.net.try_unsigned_in(version, &self.instructions, &self.payer)?;
        Some(outcome.error().to_owned())
    }

    /// The runtime after it.
    pub fn after(&self) -> Localnet {
        let mut after = (*self.net).clone();
        after.send_unsigned(&self.instructions, &self.payer);
        after
    }

    /// The accounts that its instructions name.
    pub fn accounts(&self) -> impl Iterator<Item = Address> {
        self.instructions.iter().flat_map(|instruction| &instruction.accounts).map(|meta| meta.pubkey)
    }
}
