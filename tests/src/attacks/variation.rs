//! The variations of an instruction, each tried in the state that the instruction met.

use assay_localnet::{Localnet, Outcome};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::target::{Attack, Case, Target};

/// An attack, and what came of it.
pub struct Variation {
    pub case: Case,
    pub outcome: Outcome,
}

/// A key of the attacker's, at whose address nothing is.
const FRESH_KEY: Address = Address::new_from_array([0x5a; 32]);
/// Where copies of accounts are put.
const COPY: Address = Address::new_from_array([0x5b; 32]);
/// A program that owns nothing of the attacked one.
const OTHER_PROGRAM: Address = Address::new_from_array([0x5c; 32]);

/// Everything that is tried on `target`.
pub fn variations(target: &Target<'_>) -> Vec<Variation> {
    let mut all = on_the_whole(target);
    for place in 0..target.instruction().accounts.len() {
        all.extend(on_an_account(target, place));
    }
    all
}

fn variation(target: &Target<'_>, place: Option<usize>, attack: Attack, outcome: Outcome) -> Variation {
    let account = place.map_or("", |place| match target.signature.accounts.get(place) {
        Some(role) => &role.name,
        None => "remaining",
    });
    let instruction = target.signature.name.clone();
    Variation { case: Case { instruction, account: account.to_owned(), attack }, outcome }
}

/// The runtime's own payer pays, so that nobody signs by paying.
fn attempt(net: &Localnet, target: &Target<'_>, replacement: &[Instruction]) -> Outcome {
    net.try_unsigned(&target.with(replacement), &solana_signer::Signer::pubkey(net.payer()))
}

fn on_the_whole(target: &Target<'_>) -> Vec<Variation> {
    let before = &target.accepted.before;
    let instruction = target.instruction();
    let with_data =
        |data: &[u8]| attempt(before, target, &[Instruction { data: data.to_vec(), ..instruction.clone() }]);
    let truncated =
        (0..instruction.data.len()).map(|length| (Attack::Truncated, with_data(&instruction.data[..length])));
    let extended = [(Attack::Extended, with_data(&[&instruction.data[..], &[0]].concat()))];

    let mut after = before.clone();
    after.send_unsigned(&target.accepted.instructions, &target.accepted.payer).expect_ok();
    let replayed = after.try_unsigned(&target.accepted.instructions, &target.accepted.payer);
    let repeated = attempt(before, target, &[instruction.clone(), instruction.clone()]);

    let outcomes =
        truncated.chain(extended).chain([(Attack::Replayed, replayed), (Attack::Repeated, repeated)]);
    outcomes.map(|(attack, outcome)| variation(target, None, attack, outcome)).collect()
}

fn on_an_account(target: &Target<'_>, place: usize) -> Vec<Variation> {
    let before = &target.accepted.before;
    let instruction = target.instruction();
    let meta = &instruction.accounts[place];
    let found = before.account(&meta.pubkey);
    let put = |net: &Localnet, changed: AccountMeta| {
        let mut instruction = instruction.clone();
        instruction.accounts[place] = changed;
        attempt(net, target, &[instruction])
    };
    let mut outcomes = Vec::new();
    if meta.is_signer {
        let mut unsigned = instruction.clone();
        let places = unsigned.accounts.iter_mut().filter(|other| other.pubkey == meta.pubkey);
        places.for_each(|other| other.is_signer = false);
        outcomes.push((Attack::NotSigned, attempt(before, target, &[unsigned])));
    }
    if meta.is_writable {
        outcomes.push((Attack::ReadOnly, put(before, AccountMeta { is_writable: false, ..meta.clone() })));
    }
    let mut stranger = before.clone();
    if meta.is_signer {
        stranger.airdrop(&FRESH_KEY, 1_000_000_000_000);
    }
    outcomes.push((Attack::Stranger, put(&stranger, AccountMeta { pubkey: FRESH_KEY, ..meta.clone() })));

    let is_program = found.as_ref().is_some_and(|account| account.executable);
    if let Some(account) = found.filter(|_| !is_program && !meta.is_signer) {
        let copy = AccountMeta { pubkey: COPY, ..meta.clone() };
        let with_copy = |account: Account| {
            let mut net = before.clone();
            net.set_account(COPY, account);
            put(&net, copy.clone())
        };
        outcomes.push((Attack::Twin, with_copy(account.clone())));
        outcomes.push((Attack::OtherOwner, with_copy(Account { owner: OTHER_PROGRAM, ..account })));
    }
    let others = instruction.accounts.iter().filter(|other| other.pubkey != meta.pubkey);
    for other in others {
        // Whoever signs keeps signing; for the others the attacker has no key.
        let is_signer = meta.is_signer && other.is_signer;
        let attack = if is_program { Attack::OtherProgram } else { Attack::Duplicate };
        outcomes.push((attack, put(before, AccountMeta { pubkey: other.pubkey, is_signer, ..meta.clone() })));
    }
    let shorter = Instruction { accounts: instruction.accounts[..place].to_vec(), ..instruction.clone() };
    outcomes.push((Attack::Missing, attempt(before, target, &[shorter])));
    outcomes.into_iter().map(|(attack, outcome)| variation(target, Some(place), attack, outcome)).collect()
}
