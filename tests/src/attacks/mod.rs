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
mod target;
mod variation;

use std::collections::BTreeSet;

use assay_host::Identity;
use assay_localnet::Accepted;

pub use fuzz::{cases, fuzz};
use idl::Interface;
pub use target::Attack;
use target::{Case, crash, targets};
use variation::Variation;

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
