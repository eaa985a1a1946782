//! What is attacked: an instruction of a program, in the transaction that went through; and the ways to attack it.

use std::collections::BTreeSet;
use std::fmt;

use assay_host::compute_budget;
use assay_localnet::{Accepted, Outcome};
use solana_address::Address;
use solana_instruction::Instruction;

use super::idl::{Interface, Signature};

/// Most compute units of a transaction.
const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// What the runtime says when a program signs with seeds that give no address.
const NO_ADDRESS: &str = "Could not create program address with signer seeds";

/// One way to change an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// The account did not sign.
    NotSigned,
    /// The account cannot be written to.
    ReadOnly,
    /// Another address: a fresh key that signs, where a signature is wanted, or an address where nothing is.
    Stranger,
    /// The same bytes at another address, owned by another program.
    OtherOwner,
    /// The same bytes and the same owner at another address.
    Twin,
    /// Another account of the same instruction.
    Duplicate,
    /// The account, and those behind it, are not given.
    Missing,
    /// Another program's account or sysvar stands in the place of a program.
    OtherProgram,
    /// The instruction's data ends early.
    Truncated,
    /// The instruction's data goes on.
    Extended,
    /// The same transaction once more, after it went through.
    Replayed,
    /// The same instruction twice in one transaction.
    Repeated,
}

/// One attack on one account of one instruction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    pub instruction: String,
    pub account: String,
    pub attack: Attack,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instruction, account, attack } = self;
        write!(f, "{instruction} ({account:?}, {attack:?})")
    }
}

/// An instruction of the program under attack, in the transaction that went through.
pub struct Target<'a> {
    pub accepted: &'a Accepted,
    pub position: usize,
    pub signature: &'a Signature,
}

impl Target<'_> {
    pub fn instruction(&self) -> &Instruction {
        &self.accepted.instructions[self.position]
    }

    /// The transaction with other instructions in the place of the attacked one.
    pub fn with(&self, replacement: &[Instruction]) -> Vec<Instruction> {
        let mut instructions = self.accepted.instructions.clone();
        instructions.splice(self.position..=self.position, replacement.iter().cloned());
        // Naming what is wrong may take more than the default: a program that runs out of all of this hangs.
        instructions.retain(|instruction| instruction.program_id != compute_budget::ID);
        instructions.insert(0, compute_budget::limit(MAX_COMPUTE_UNITS));
        instructions
    }
}

/// The first use of each instruction.
pub fn targets<'a>(id: &Address, interface: &'a Interface, recorded: &'a [Accepted]) -> Vec<Target<'a>> {
    let uses = recorded.iter().flat_map(|accepted| {
        let instructions = accepted.instructions.iter().enumerate();
        instructions.filter(|(_, instruction)| instruction.program_id == *id).filter_map(
            move |(position, instruction)| {
                let signature = interface.of(&instruction.data)?;
                Some(Target { accepted, position, signature })
            },
        )
    });
    let mut seen = BTreeSet::new();
    uses.filter(|target| seen.insert(target.signature.name.clone())).collect()
}

/// What a program must never do: end without an error of its own.
pub fn crash(outcome: &Outcome) -> Option<&str> {
    let crashes =
        ["ProgramFailedToComplete", "ComputationalBudgetExceeded", "ProgramEnvironmentSetupFailure"];
    // The runtime signs for no address that the seeds do not give. Such seeds stand only in a program's own accounts as a case
    // has damaged them: nobody else can write there, and nothing of the program's failed.
    let is_unsigned = outcome.logs.iter().any(|line| line.contains(NO_ADDRESS));
    crashes.into_iter().find(|crash| outcome.error() == *crash && !is_unsigned)
}
