//! Random instruction bytes, account lists and account contents: a program ends with success or with an error, never by a
//! crash, and an error leaves every account as it was.
//!
//! Cases start from accepted instructions, so that most get past the first check. The same seed gives the same cases.

use std::collections::BTreeMap;

use assay_host::Identity;
use assay_localnet::{Accepted, Localnet};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::{
    idl::Interface,
    target::{Target, crash, targets},
};

/// How many cases ended with each error; successes under the empty name.
pub type Tally = BTreeMap<String, usize>;

/// One case in this many is sent instead of tried, and every account of it compared where it failed.
const SENT: usize = 100;

/// Values that arithmetic likes least.
const EDGES: [u64; 9] =
    [0, 1, 0x7f, 0xffff, 0x7fff_ffff, 0xffff_ffff, i64::MAX as u64, i64::MIN as u64, u64::MAX];

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
    let targets = targets(&program.id, &interface, recorded);
    let mut tally = Tally::new();
    for (index, target) in targets.iter().enumerate() {
        let share = cases.div_ceil(targets.len());
        let mut random = Random(ChaCha8Rng::seed_from_u64(seed.wrapping_add(index as u64)));
        let mut net = target.accepted.before.clone();
        for case in 0..share {
            let error = run(target, &mut net, &mut random, case % SENT == 0)
                .map_err(|fault| format!("{}, case {case}: {fault}", target.signature.name))?;
            *tally.entry(error).or_default() += 1;
        }
    }
    Ok(tally)
}

/// One case; the name of the error that ended it.
fn run(
    target: &Target<'_>,
    net: &mut Localnet,
    random: &mut Random,
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
    let instructions = target.with(&[instruction]);
    let payer = solana_signer::Signer::pubkey(net.payer());
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
    match crash(&outcome) {
        Some(crash) => Err(format!("{crash}: {instructions:?}\n{}", outcome.logs.join("\n"))),
        None => Ok(outcome.error().to_owned()),
    }
}

struct Random(ChaCha8Rng);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn edge_or_any(&mut self) -> u64 {
        match self.below(2) {
            0 => EDGES[self.below(EDGES.len())],
            _ => self.0.next_u64(),
        }
    }

    /// Changes one thing about some bytes: a bit, a little-endian number, or their length.
    fn change_bytes(&mut self, bytes: &mut Vec<u8>) {
        match self.below(6) {
            0 => bytes.truncate(self.below(bytes.len() + 1)),
            1 => bytes.extend(vec![self.0.next_u32() as u8; 1 + self.below(40)]),
            _ if bytes.is_empty() => {}
            2 => {
                let place = self.below(bytes.len());
                bytes[place] ^= 1 << self.below(8);
            }
            _ => {
                let number = self.edge_or_any().to_le_bytes();
                let place = self.below(bytes.len());
                let length = [1, 2, 4, 8][self.below(4)].min(bytes.len() - place);
                bytes[place..place + length].copy_from_slice(&number[..length]);
            }
        }
    }

    /// Changes one thing about a list of accounts.
    fn change_accounts(&mut self, accounts: &mut Vec<AccountMeta>) {
        if accounts.is_empty() {
            return;
        }
        let (place, other) = (self.below(accounts.len()), self.below(accounts.len()));
        match self.below(6) {
            0 => accounts.swap(place, other),
            1 => accounts[place].pubkey = accounts[other].pubkey,
            2 => drop(accounts.remove(place)),
            3 => accounts.insert(place, accounts[other].clone()),
            4 => accounts[place].is_signer ^= true,
            _ => accounts[place].is_writable ^= true,
        }
    }

    /// Changes the content of one of an instruction's accounts; what was there before.
    fn change_content(
        &mut self,
        net: &mut Localnet,
        instruction: &Instruction,
    ) -> Option<(Address, Account)> {
        if instruction.accounts.is_empty() {
            return None;
        }
        let address = instruction.accounts[self.below(instruction.accounts.len())].pubkey;
        let account = net.account(&address)?;
        if account.executable || account.data.is_empty() {
            return None;
        }
        let mut changed = account.clone();
        self.change_bytes(&mut changed.data);
        net.set_account(address, changed);
        Some((address, account))
    }
}
