//! What is attacked: an instruction of a program, in the transaction that went through.

use std::collections::BTreeSet;

use assay_host::compute_budget;
use assay_localnet::{Accepted, Outcome};
use solana_address::Address;
use solana_instruction::Instruction;

use super::idl::{Interface, Signature};

/// Most compute units of a transaction.
const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// What the runtime says when a program signs with seeds that give no address.
const NO_ADDRESS: &str = "Could not create program address with signer seeds";

/// What a program must never end with: it failed without an error of its own, or the runtime had to stop it from doing what no
/// program may do.
const CRASHES: [&str; 4] = [
    "ProgramFailedToComplete",
    "ComputationalBudgetExceeded",
    "ProgramEnvironmentSetupFailure",
    "UnbalancedInstruction",
];

/// Names of the accounts that come behind those of the IDL, over and over: program, instruction, names.
const BEHIND: [(&str, &str, &[&str]); 9] = [
    ("assay_feed", "create_feed", &["source"]),
    ("assay_feed", "open_round", &["source"]),
    ("assay_market", "create", &["source"]),
    ("assay_market", "split", &["outcome_mint", "outcome_destination"]),
    ("assay_market", "merge", &["outcome_mint", "outcome_source"]),
    ("assay_market", "observe", &["source"]),
    ("assay_market", "close", &["outcome_mint"]),
    ("assay_verifier", "record_batch", &["receipt"]),
    ("assay_verifier", "record_buffer", &["receipt"]),
];

/// An instruction of the program under attack, in the transaction that went through.
pub struct Target<'a> {
    pub accepted: &'a Accepted,
    /// The transaction that went through before, where there was one.
    pub earlier: Option<&'a Accepted>,
    pub position: usize,
    pub signature: &'a Signature,
    pub interface: &'a Interface,
    library: &'a str,
}

impl Target<'_> {
    pub fn instruction(&self) -> &Instruction {
        &self.accepted.instructions[self.position]
    }

    /// The transaction with other instructions in the place of the attacked one.
    pub fn with(&self, replacement: &[Instruction]) -> Vec<Instruction> {
        let mut instructions = self.accepted.instructions.clone();
        instructions.splice(self.position..=self.position, replacement.iter().cloned());
        unlimited(instructions)
    }

    /// The name of the account at a place of the instruction.
    pub fn role(&self, place: usize) -> &str {
        let roles = &self.signature.accounts;
        if let Some(role) = roles.get(place) {
            return &role.name;
        }
        let here = |(library, instruction, _): &&(&str, &str, &[&str])| {
            *library == self.library && *instruction == self.signature.name
        };
        match BEHIND.iter().find(here) {
            Some((_, _, names)) => names[(place - roles.len()) % names.len()],
            None => "remaining",
        }
    }
}

/// Instructions with all the compute units that there are. Naming what is wrong may take more than the default: a program that
/// runs out of all of this hangs.
pub fn unlimited(mut instructions: Vec<Instruction>) -> Vec<Instruction> {
    limited(&mut instructions, MAX_COMPUTE_UNITS);
    instructions
}

/// Sets the limit of compute units.
pub fn limited(instructions: &mut Vec<Instruction>, compute_units: u32) {
    instructions.retain(|instruction| instruction.program_id != compute_budget::ID);
    instructions.insert(0, compute_budget::limit(compute_units));
}

/// The first use of each instruction.
pub fn targets<'a>(
    (id, library): (&Address, &'a str),
    interface: &'a Interface,
    recorded: &'a [Accepted],
) -> Vec<Target<'a>> {
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for (index, accepted) in recorded.iter().enumerate() {
        let earlier = index.checked_sub(1).map(|earlier| &recorded[earlier]);
        for (position, instruction) in accepted.instructions.iter().enumerate() {
            let Some(signature) = interface.of(&instruction.data).filter(|_| instruction.program_id == *id)
            else {
                continue;
            };
            if seen.insert(signature.name.clone()) {
                targets.push(Target { accepted, earlier, position, signature, interface, library });
            }
        }
    }
    targets
}

/// What a program must never do: end without an error of its own.
pub fn crash(outcome: &Outcome) -> Option<&str> {
    // The runtime signs for no address that the seeds do not give. Such seeds stand only in a program's own accounts as a case
    // has damaged them: nobody else can write there, and nothing of the program's failed.
    let is_unsigned = outcome.logs.iter().any(|line| line.contains(NO_ADDRESS));
    CRASHES.into_iter().find(|crash| outcome.error() == *crash && !is_unsigned)
}
