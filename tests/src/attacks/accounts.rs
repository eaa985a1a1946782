//! Variations of one account of an instruction.

use std::rc::Rc;

use assay_localnet::Localnet;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::accomplice;
use super::attack::Attack;
use super::target::Target;
use super::variation::Variation;

/// A key of the attacker's, at whose address nothing is.
const FRESH_KEY: Address = Address::new_from_array([0x5a; 32]);
/// Where copies of accounts are put.
const COPY: Address = Address::new_from_array([0x5b; 32]);
/// A program that owns nothing of the attacked one.
const OTHER_PROGRAM: Address = Address::new_from_array([0x5c; 32]);

/// What is tried on every account of `target`.
pub fn variations(target: &Target<'_>) -> Vec<Variation> {
    let before = Rc::new(target.accepted.before.clone());
    let places = 0..target.instruction().accounts.len();
    places.flat_map(|place| Place { target, before: Rc::clone(&before), place }.variations()).collect()
}

struct Place<'a> {
    target: &'a Target<'a>,
    before: Rc<Localnet>,
    place: usize,
}

impl Place<'_> {
    fn meta(&self) -> &AccountMeta {
        &self.target.instruction().accounts[self.place]
    }

    fn case(&self, attack: Attack, net: &Rc<Localnet>, instruction: Instruction) -> Variation {
        let role = self.target.role(self.place);
        Variation::new(self.target, role, attack, net, self.target.with(&[instruction]))
    }

    /// Another account at this place.
    fn put(&self, attack: Attack, net: &Rc<Localnet>, changed: AccountMeta) -> Variation {
        let mut instruction = self.target.instruction().clone();
        instruction.accounts[self.place] = changed;
        self.case(attack, net, instruction)
    }

    fn variations(&self) -> Vec<Variation> {
        let (before, meta) = (&self.before, self.meta());
        let mut all = Vec::new();
        if meta.is_signer {
            all.push(self.unsigned());
        }
        if meta.is_writable {
            let read_only = AccountMeta { is_writable: false, ..meta.clone() };
            all.push(self.put(Attack::ReadOnly, before, read_only));
        }
        all.push(self.stranger());
        let found = before.account(&meta.pubkey);
        let is_program = found.as_ref().is_some_and(|account| account.executable);
        if is_program {
            let net = Rc::new(accomplice::beside(before));
            let put = AccountMeta { pubkey: accomplice::ADDRESS, ..meta.clone() };
            all.push(self.put(Attack::Accomplice, &net, put));
        }
        if let Some(account) = found.filter(|_| !is_program && !meta.is_signer) {
            all.push(self.copy(Attack::Twin, account.clone()));
            all.push(self.copy(Attack::OtherOwner, Account { owner: OTHER_PROGRAM, ..account }));
        }
        let others = self.target.instruction().accounts.iter().filter(|other| other.pubkey != meta.pubkey);
        for other in others {
            // Whoever signs keeps signing; for the others the attacker has no key.
            let is_signer = meta.is_signer && other.is_signer;
            let attack = if is_program { Attack::OtherProgram } else { Attack::Duplicate };
            all.push(self.put(
                attack,
                before,
                AccountMeta { pubkey: other.pubkey, is_signer, ..meta.clone() },
            ));
            all.extend(self.itself(other));
        }
        let mut shorter = self.target.instruction().clone();
        shorter.accounts.truncate(self.place);
        all.push(self.case(Attack::Missing, before, shorter));
        all
    }

    fn unsigned(&self) -> Variation {
        let mut unsigned = self.target.instruction().clone();
        let address = self.meta().pubkey;
        let places = unsigned.accounts.iter_mut().filter(|other| other.pubkey == address);
        places.for_each(|other| other.is_signer = false);
        self.case(Attack::NotSigned, &self.before, unsigned)
    }

    fn stranger(&self) -> Variation {
        let changed = AccountMeta { pubkey: FRESH_KEY, ..self.meta().clone() };
        if !self.meta().is_signer {
            return self.put(Attack::Stranger, &self.before, changed);
        }
        let mut rich = (*self.before).clone();
        rich.airdrop(&FRESH_KEY, 1_000_000_000_000);
        self.put(Attack::Stranger, &Rc::new(rich), changed)
    }

    fn copy(&self, attack: Attack, account: Account) -> Variation {
        let mut net = (*self.before).clone();
        net.set_account(COPY, account);
        self.put(attack, &Rc::new(net), AccountMeta { pubkey: COPY, ..self.meta().clone() })
    }

    /// This account is paid by `from`, which says so: now it names itself.
    fn itself(&self, from: &AccountMeta) -> Option<Variation> {
        let meta = self.meta();
        if meta.is_signer || !meta.is_writable || !from.is_writable {
            return None;
        }
        let mut account = self.before.account(&from.pubkey)?;
        let is_the_programs = account.owner == self.target.instruction().program_id;
        let (receiver, own) = (meta.pubkey.to_bytes(), from.pubkey.to_bytes());
        let last = account.data.len().checked_sub(32).filter(|_| is_the_programs)?;
        let places: Vec<usize> = (0..=last).filter(|&at| account.data[at..at + 32] == receiver).collect();
        if places.is_empty() {
            return None;
        }
        places.into_iter().for_each(|at| account.data[at..at + 32].copy_from_slice(&own));
        let mut net = (*self.before).clone();
        net.set_account(from.pubkey, account);
        Some(self.put(Attack::Itself, &Rc::new(net), AccountMeta { pubkey: from.pubkey, ..meta.clone() }))
    }
}
