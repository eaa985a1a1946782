//! Trying every variation, and holding what came of it against what the program says of itself.

use std::collections::{BTreeMap, BTreeSet};

use assay_host::Identity;
use assay_localnet::{Accepted, Localnet, Version};
use solana_address::Address;

use super::attack::{Attack, Case};
use super::declared::{Allowance, Exception, Limits, allowances, allows};
use super::idl::Interface;
use super::target::{Target, crash, targets};
use super::variation::Variation;
use super::{accomplice, accounts, limits, whole};

/// What must hold of an account of a program, whatever went through: the runtime, and the account's address.
pub type Invariant = fn(&Localnet, &Address) -> Result<(), String>;

/// What came of many variations.
struct Check {
    invariant: Invariant,
    refused: usize,
    passed: BTreeSet<Case>,
    faults: Vec<String>,
}

/// Tries every attack on the first use of each instruction of `program`. The number of attacks that were refused.
///
/// # Errors
/// One line for each instruction that was not recorded, each attack that went through or crashed the program, and each
/// exception that nothing needs.
pub fn check(program: &Identity, recorded: &[Accepted], exceptions: &[Exception]) -> Result<usize, String> {
    let interface = Interface::parse(program.idl);
    let targets = targets((&program.id, program.library), &interface, recorded);
    let mut check = Check::new(|_, _| Ok(()));
    check.all_are_recorded(&interface, &targets);
    for target in &targets {
        accounts::variations(target).iter().for_each(|variation| check.attempt(variation));
        whole::variations(target).iter().for_each(|variation| check.attempt(variation));
        if let Some((spoofed, believed)) = accomplice::spoofs(target) {
            check.attempt(&spoofed);
            let outcome = believed.outcome();
            if !outcome.is_ok() {
                let logs = outcome.logs.join("\n");
                check.faults.push(format!("{}: nobody believes the accomplice\n{logs}", believed.case));
            }
        }
    }
    check.compare(&allowances(exceptions));
    check.finish()
}

/// Moves the clock under the first use of each instruction of `program`, and sets its numbers to the edges of their types. The
/// number of cases that were refused.
///
/// # Errors
/// One line for each difference from what `declared` says.
pub fn check_limits(
    program: &Identity,
    recorded: &[Accepted],
    declared: &Limits,
    invariant: Invariant,
) -> Result<usize, String> {
    let interface = Interface::parse(program.idl);
    let targets = targets((&program.id, program.library), &interface, recorded);
    let mut check = Check::new(invariant);
    check.all_are_recorded(&interface, &targets);
    for target in &targets {
        limits::numbers(target).iter().for_each(|variation| check.attempt(variation));
    }
    check.compare(&declared.allowances());
    for target in &targets {
        for variation in limits::times(target) {
            let was = check.refused;
            check.attempt(&variation);
            let is_refused = check.refused > was;
            match (is_refused, declared.refuses(&variation.case)) {
                (true, false) => check.faults.push(format!(
                    "{} is refused: {}",
                    variation.case,
                    variation.outcome().error()
                )),
                (false, true) => check.faults.push(format!("{} goes through", variation.case)),
                _ => {}
            }
        }
    }
    for named in declared.times.iter().flat_map(|times| times.on) {
        if targets.iter().all(|target| target.signature.name != *named) {
            check.faults.push(format!("no instruction is named {named}"));
        }
    }
    check.finish()
}

impl Check {
    fn new(invariant: Invariant) -> Self {
        Self { invariant, refused: 0, passed: BTreeSet::new(), faults: Vec::new() }
    }

    fn all_are_recorded(&mut self, interface: &Interface, targets: &[Target<'_>]) {
        let is_missing = |name: &str| targets.iter().all(|target| target.signature.name != name);
        let names = interface.signatures.iter().map(|signature| &signature.name);
        self.faults
            .extend(names.filter(|name| is_missing(name)).map(|name| format!("{name} was not recorded")));
    }

    /// Tries one variation, in every version of transactions.
    fn attempt(&mut self, variation: &Variation) {
        let (case, outcome) = (&variation.case, variation.outcome());
        if let Some(crash) = crash(&outcome) {
            self.faults.push(format!("{case}: {crash}\n{}", outcome.logs.join("\n")));
            return;
        }
        for version in [Version::V0, Version::V1] {
            if let Some(verdict) = variation.verdict_in(version).filter(|verdict| verdict != outcome.error())
            {
                self.faults.push(format!("{case}: {:?}, but in {version:?} {verdict:?}", outcome.error()));
            }
        }
        if !outcome.is_ok() {
            self.refused += 1;
            return;
        }
        self.passed.insert(case.clone());
        let after = variation.after();
        let broken = variation.accounts().find_map(|address| (self.invariant)(&after, &address).err());
        self.faults.extend(broken.map(|broken| format!("{case} leaves {broken}")));
    }

    /// Holds what went through against what may.
    fn compare(&mut self, allowed: &[Allowance]) {
        let needed: BTreeSet<&Allowance> = (self.passed.iter())
            .filter_map(|case| allowed.iter().find(|allowance| allows(allowance, case)))
            .collect();
        let unexpected = self.passed.iter().filter(|case| !allowed.iter().any(|one| allows(one, case)));
        let mut by_path: BTreeMap<String, Vec<Attack>> = BTreeMap::new();
        unexpected.for_each(|case| by_path.entry(case.path()).or_default().push(case.attack));
        let faults = by_path.into_iter().map(|(path, attacks)| format!("went through: {path} {attacks:?}"));
        self.faults.extend(faults);
        let unused = allowed.iter().filter(|allowance| !needed.contains(allowance));
        self.faults.extend(unused.map(|(attack, on)| format!("not needed: {attack:?} on {on}")));
    }

    fn finish(self) -> Result<usize, String> {
        if self.faults.is_empty() { Ok(self.refused) } else { Err(self.faults.join("\n")) }
    }
}
