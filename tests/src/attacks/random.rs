//! Random changes to an instruction: its bytes, its accounts, what these hold.

use assay_localnet::Localnet;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// Values that arithmetic likes least.
const EDGES: [u64; 9] =
    [0, 1, 0x7f, 0xffff, 0x7fff_ffff, 0xffff_ffff, i64::MAX as u64, i64::MIN as u64, u64::MAX];

/// The SPL token program.
const TOKEN_PROGRAM: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

/// Where a token account says that its tokens are lamports. The token program writes it for the mint of wrapped SOL alone and
/// moves lamports on its word: an account of another mint that says so makes the *token program* move lamports that are no
/// tokens, and the runtime ends the transaction as unbalanced. Nobody can write there, so no case does.
const NATIVE: std::ops::Range<usize> = 109..121;

/// Where changes come from.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The same changes for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn edge_or_any(&mut self) -> u64 {
        match self.below(2) {
            0 => EDGES[self.below(EDGES.len())],
            _ => self.0.next_u64(),
        }
    }

    /// Changes one thing about some bytes: a bit, a little-endian number, or their length.
    pub fn change_bytes(&mut self, bytes: &mut Vec<u8>) {
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
    pub fn change_accounts(&mut self, accounts: &mut Vec<AccountMeta>) {
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
    pub fn change_content(
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
        if account.owner == TOKEN_PROGRAM {
            keep(NATIVE, &account.data, &mut changed.data);
        }
        net.set_account(address, changed);
        Some((address, account))
    }
}

/// Takes back a change to a part of an account's bytes.
fn keep(part: std::ops::Range<usize>, before: &[u8], changed: &mut [u8]) {
    if let (Some(before), Some(changed)) = (before.get(part.clone()), changed.get_mut(part)) {
        changed.copy_from_slice(before);
    }
}
