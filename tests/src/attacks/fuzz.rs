//! Random instruction bytes, account lists and account contents: a program ends with success or with an error, never by a
//! crash, and an error leaves every account as it was.
//!
//! Cases start from accepted instructions, so that most get past the first check. The same seed gives the same cases.
//!
//! A pairing costs nearly a millisecond, and what a case changed has been read and checked before it. So where the accepted
//! instruction pays for a pairing, most cases have compute units for all that comes before it and not for the pairing: they run
//! into it and end there. One in [`WHOLE`] has all units, so that what comes behind a proof is met too, and a program
//! that hangs before the pairing is found. The tally says how many cases came that far.

use std::collections::BTreeMap;

use assay_host::Identity;
use assay_localnet::{Accepted, Localnet};
use solana_signer::Signer;

use super::idl::Interface;
use super::random::Random;
use super::target::{Target, crash, limited, targets};

/// How many cases ended with each error; successes under the empty name, cases that ended in front of a pairing under
/// [`AT_PAIRING`].
pub type Tally = BTreeMap<String, usize>;

/// Under which name the tally has cases that ran into a pairing without the units for it.
pub const AT_PAIRING: &str = "(in front of the pairing)";

/// One case in this many is sent instead of tried, and every account of it compared where it failed.
const SENT: usize = 100;

/// One case in this many may pay for a pairing.
const WHOLE: usize = 16;

/// Compute units of the smallest product of pairings, of four points: none costs less.
const LEAST_PRODUCT: u64 = 73_612;
/// Compute units of a product of one: taken from what the accepted instruction needs, too little is left for any that is verified.
const ONE_PAIRING: u64 = 36_364;

/// Most compute units of a transaction.
const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// How many random cases a test runs: `ASSAY_FUZZ_CASES`, or few enough for every run of the tests.
///
/// # Panics
/// When the variable is no number.
pub fn cases() -> usize {
    std::env::var("ASSAY_FUZZ_CASES")
        .map_or(20_000, |cases| cases.parse().expect("ASSAY_FUZZ_CASES is a number"))
}

/// Runs `cases` random cases against `program`.
///
/// # Errors
/// The first case that crashed, or that failed and changed an account.
pub fn fuzz(program: &Identity, recorded: &[Accepted], cases: usize, seed: u64) -> Result<Tally, String> {
    let interface = Interface::parse(program.idl);
    let targets = targets((&program.id, program.library), &interface, recorded);
    let mut tally = Tally::new();
    for (index, target) in targets.iter().enumerate() {
        let share = cases.div_ceil(targets.len());
        let mut random = Random::new(seed.wrapping_add(index as u64));
        let mut net = target.accepted.before.clone();
        let before_pairing = units_before_pairing(target);
        for case in 0..share {
            let is_whole = before_pairing.is_none() || case % WHOLE == 0;
            let limit = before_pairing.filter(|_| !is_whole);
            let error = run(target, &mut net, &mut random, limit, case % SENT == 0)
                .map_err(|fault| format!("{}, case {case}: {fault}", target.signature.name))?;
            *tally.entry(error).or_default() += 1;
        }
    }
    Ok(tally)
}

/// Compute units for all that the accepted instruction does before its pairing; `None` where it pays for none.
fn units_before_pairing(target: &Target<'_>) -> Option<u32> {
    let instructions = target.with(&[target.instruction().clone()]);
    let needed = target.accepted.before.try_unsigned(&instructions, &target.accepted.payer).compute_units;
    let limit = needed.checked_sub(ONE_PAIRING).filter(|_| needed > LEAST_PRODUCT)?;
    u32::try_from(limit).ok()
}

/// One case; the name of the error that ended it.
fn run(
    target: &Target<'_>,
    net: &mut Localnet,
    random: &mut Random,
    limit: Option<u32>,
    is_sent: bool,
) -> Result<String, String> {
    let mut instruction = target.instruction().clone();
    let mut restored = None;
    for _ in 0..1 + random.below(3) {
        match random.below(4) {
            0 | 1 => random.change_bytes(&mut instruction.data),
            2 => random.change_accounts(&mut instruction.accounts),
            _ if restored.is_none() => restored = random.change_content(net, &instruction),
            _ => {}
        }
    }
    let mut instructions = target.with(&[instruction]);
    limited(&mut instructions, limit.unwrap_or(MAX_COMPUTE_UNITS));
    let payer = net.payer().pubkey();
    let outcome = if is_sent {
        let mut sent = net.clone();
        let outcome = sent.send_unsigned(&instructions, &payer);
        let named = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let changed = named
            .filter(|meta| meta.pubkey != payer)
            .find(|meta| sent.account(&meta.pubkey) != net.account(&meta.pubkey));
        if let (Some(changed), false) = (changed, outcome.is_ok()) {
            return Err(format!("{} changed {} and failed", outcome.error(), changed.pubkey));
        }
        outcome
    } else {
        net.try_unsigned(&instructions, &payer)
    };
    if let Some((address, account)) = restored {
        net.set_account(address, account);
    }
    if limit.is_some_and(|limit| outcome.compute_units >= u64::from(limit)) {
        return Ok(AT_PAIRING.to_owned());
    }
    match crash(&outcome) {
        Some(crash) => Err(format!("{crash}: {instructions:?}\n{}", outcome.logs.join("\n"))),
        None => Ok(outcome.error().to_owned()),
    }
}
