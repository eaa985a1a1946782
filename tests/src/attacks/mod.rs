//! Attacks that are made, not thought of: every accepted transaction, with one thing about an instruction changed.
//!
//! A program's tests play its instructions once, under [`assay_localnet::record`]; [`check`] takes each from there and
//! tries, in the state that it met, every [`Attack`] on every account that the IDL lists. Each must be refused, by an
//! error and not by a crash. What may go through stands in the program's list of [`Exception`]s with its reason, and an
//! exception that nothing needs fails too, so the list says what the program does not check, no more and no less.
//!
//! Signatures are not checked here: who is marked as a signer counts as one. An attacker signs for fresh keys only.

mod fuzz;
mod idl;
mod variation;

use std::collections::BTreeSet;
use std::fmt;

use assay_host::{Identity, compute_budget};
use assay_localnet::{Accepted, Outcome};
use solana_address::Address;
use solana_instruction::Instruction;

pub use fuzz::{cases, fuzz};
use idl::{Interface, Signature};
use variation::Variation;

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

/// Attacks that may go through.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// The attack.
    pub attack: Attack,
    /// The accounts, each as `instruction.account`, or `*.account` in every instruction; an attack on a whole
    /// instruction as `instruction`, or `*`.
    pub on: &'static [&'static str],
    /// Why nobody gains from it.
    pub why: &'static str,
}

impl Exception {
    /// The part of the exception that allows `case`.
    fn allows(&self, case: &Case) -> Option<&'static str> {
        let Case { instruction, account, attack } = case;
        let path = |instruction: &str| match account.as_str() {
            "" => instruction.to_owned(),
            account => format!("{instruction}.{account}"),
        };
        let (exact, any) = (path(instruction), path("*"));
        self.on.iter().copied().find(|on| *attack == self.attack && (*on == exact || *on == any))
    }
}

/// One attack on one account of one instruction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    instruction: String,
    account: String,
    attack: Attack,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instruction, account, attack } = self;
        write!(f, "{instruction} ({account:?}, {attack:?})")
    }
}

/// An instruction of the program under attack, in the transaction that went through.
struct Target<'a> {
    accepted: &'a Accepted,
    position: usize,
    signature: &'a Signature,
}

impl Target<'_> {
    fn instruction(&self) -> &Instruction {
        &self.accepted.instructions[self.position]
    }

    /// The transaction with other instructions in the place of the attacked one.
    fn with(&self, replacement: &[Instruction]) -> Vec<Instruction> {
        let mut instructions = self.accepted.instructions.clone();
        instructions.splice(self.position..=self.position, replacement.iter().cloned());
        // Naming what is wrong may take more than the default: a program that runs out of all of this hangs.
        instructions.retain(|instruction| instruction.program_id != compute_budget::ID);
        instructions.insert(0, compute_budget::limit(MAX_COMPUTE_UNITS));
        instructions
    }
}

/// Tries every attack on the first use of each instruction of `program`. The number of attacks that were refused.
///
/// # Errors
/// One line for each instruction that was not recorded, each attack that went through or crashed the program, and each
/// exception that nothing needs.
pub fn check(program: &Identity, recorded: &[Accepted], exceptions: &[Exception]) -> Result<usize, String> {
    let interface = Interface::parse(program.idl);
    let targets = targets(&program.id, &interface, recorded);
    let mut faults: Vec<String> = interface
        .signatures
        .iter()
        .filter(|signature| !targets.iter().any(|target| target.signature.name == signature.name))
        .map(|signature| format!("{} was not recorded", signature.name))
        .collect();

    let (mut refused, mut passed) = (0, BTreeSet::new());
    for target in &targets {
        for Variation { case, outcome } in variation::variations(target) {
            match crash(&outcome) {
                Some(crash) => faults.push(format!("{case}: {crash}\n{}", outcome.logs.join("\n"))),
                None if outcome.is_ok() => drop(passed.insert(case)),
                None => refused += 1,
            }
        }
    }
    let needed: BTreeSet<(Attack, &str)> = (passed.iter())
        .flat_map(|case| {
            exceptions.iter().filter_map(|exception| Some((case.attack, exception.allows(case)?)))
        })
        .collect();
    let unexpected =
        passed.iter().filter(|case| exceptions.iter().all(|exception| exception.allows(case).is_none()));
    faults.extend(unexpected.map(|case| format!("{case} went through")));
    for Exception { attack, on, .. } in exceptions {
        let unused = on.iter().filter(|on| !needed.contains(&(*attack, **on)));
        faults.extend(unused.map(|on| format!("no exception is needed for {attack:?} on {on}")));
    }
    if faults.is_empty() { Ok(refused) } else { Err(faults.join("\n")) }
}

/// The first use of each instruction.
fn targets<'a>(id: &Address, interface: &'a Interface, recorded: &'a [Accepted]) -> Vec<Target<'a>> {
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
fn crash(outcome: &Outcome) -> Option<&str> {
    let crashes =
        ["ProgramFailedToComplete", "ComputationalBudgetExceeded", "ProgramEnvironmentSetupFailure"];
    // The runtime signs for no address that the seeds do not give. Such seeds stand only in a program's own accounts as a case
    // has damaged them: nobody else can write there, and nothing of the program's failed.
    let is_unsigned = outcome.logs.iter().any(|line| line.contains(NO_ADDRESS));
    crashes.into_iter().find(|crash| outcome.error() == *crash && !is_unsigned)
}
