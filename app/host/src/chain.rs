//! What is read from and sent to a chain. An in-process runtime implements [`Chain`], and so can an RPC client. The
//! wallet belongs to the chain's side: whoever uses one never sees a secret key.

use anchor_lang::{Discriminator, Owner};
use solana_address::Address;
use solana_instruction::Instruction;
use thiserror::Error;

/// An account as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The program that owns it.
    pub owner: Address,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// Which accounts are listed: those of one kind, of one program, that hold an address or hash at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The program that owns them.
    pub program: Address,
    /// Their first bytes.
    pub discriminator: [u8; 8],
    /// What they hold further on; `None` for anything.
    pub holds: Option<Holds>,
}

/// 32 bytes at a place of an account's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// The place, the discriminator counted.
    pub offset: usize,
    /// The bytes.
    pub bytes: [u8; 32],
}

impl Watch {
    /// The accounts of a kind that Anchor writes.
    pub const fn of<T: Owner + Discriminator>() -> Self {
        match T::DISCRIMINATOR.first_chunk() {
            Some(discriminator) if T::DISCRIMINATOR.len() == 8 => {
                Self { program: T::OWNER, discriminator: *discriminator, holds: None }
            }
            _ => panic!("a discriminator has eight bytes"),
        }
    }

    /// Those of them that hold an address at `offset` behind the discriminator.
    pub fn holding(self, offset: usize, address: &Address) -> Self {
        let offset = self.discriminator.len().saturating_add(offset);
        Self { holds: Some(Holds { offset, bytes: address.to_bytes() }), ..self }
    }

    /// Whether an account is one of them.
    pub fn admits(&self, account: &Account) -> bool {
        self.lets_through(&account.owner, &account.data)
    }

    /// The same of an account of this owner with these bytes.
    pub fn lets_through(&self, owner: &Address, data: &[u8]) -> bool {
        let holds =
            |Holds { offset, bytes }: Holds| data.get(offset..).is_some_and(|rest| rest.starts_with(&bytes));
        *owner == self.program && data.starts_with(&self.discriminator) && self.holds.is_none_or(holds)
    }
}

/// A transaction to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name, that of the instruction that it is about.
    pub name: &'static str,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// What it takes out of the wallet's tokens, if anything.
    pub payment: Option<Payment>,
    /// What it, or what it prepares, is expected to bring beyond what it pays: base units of the token that the strategy pays with, and
    /// lamports where it pays with none. `None` for upkeep, which brings nothing by itself.
    pub gain: Option<u64>,
}

/// Tokens that a transaction takes out of the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The wallet's token account that pays.
    pub from: Address,
    /// Most that it pays, base units.
    pub most: u64,
}

impl Action {
    /// Upkeep: a transaction of one instruction that spends no tokens, and brings nothing by itself.
    pub fn of(name: &'static str, instruction: Instruction) -> Self {
        Self { name, instructions: vec![instruction], payment: None, gain: None }
    }
}

/// A transaction that went through, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Compute units that it took.
    pub compute_units: u64,
    /// Its size on the wire, bytes.
    pub size: usize,
}

/// The chain could not be asked.
#[derive(Debug, Error)]
#[error("the chain did not answer")]
pub struct ChainError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Why a transaction did not go through.
#[derive(Debug, Error)]
pub enum SendError {
    /// A program or the runtime refused it: sending it again changes nothing while the accounts stay as they are.
    #[error("the transaction was refused: {message}")]
    Refused {
        /// The program's error number, if a program refused it.
        code: Option<u32>,
        /// The refusal as the chain words it.
        message: String,
    },
    /// It was not sent: whoever sends has a reason of its own, a spend cap for one.
    #[error("it was not sent: {0}")]
    Withheld(String),
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// A chain, with the wallet that pays and signs.
pub trait Chain {
    /// The wallet's address.
    fn wallet(&self) -> Address;

    /// An account, if it exists.
    ///
    /// # Errors
    /// The chain did not answer.
    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError>;

    /// Addresses of the accounts that a filter lets through.
    ///
    /// # Errors
    /// The chain did not answer.
    fn addresses(&self, watch: &Watch) -> Result<Vec<Address>, ChainError>;

    /// The account at an address, if it exists and a filter lets it through. For addresses that come and go: a chain that keeps the
    /// filter's accounts knows without asking that one is none of them.
    ///
    /// # Errors
    /// The chain did not answer.
    fn listed(&self, watch: &Watch, address: &Address) -> Result<Option<Account>, ChainError> {
        Ok(self.account(address)?.filter(|found| watch.admits(found)))
    }

    /// The cluster's clock, Unix seconds.
    ///
    /// # Errors
    /// The chain did not answer.
    fn unix_time(&self) -> Result<i64, ChainError>;

    /// Most that the wallet may still spend of a mint, base units, whatever it has.
    fn allowance(&self, mint: &Address) -> u64 {
        let _ = mint;
        u64::MAX
    }

    /// What a gain is worth in lamports, as far as that is known: by this, what is to be done is ranked.
    fn worth(&self, gain: u64) -> u64 {
        gain
    }

    /// Whether something for this gain may pay for itself at all. Upkeep is done for other reasons.
    fn may_pay(&self, gain: Option<u64>) -> bool {
        let _ = gain;
        true
    }

    /// Runs a transaction without effect; `None` where the chain cannot, or does so by itself before it sends.
    ///
    /// # Errors
    /// It would be refused, or the chain did not answer.
    fn simulate(&mut self, action: &Action) -> Result<Option<Executed>, SendError>;

    /// Signs a transaction with the wallet and sends it, until it is final or refused.
    ///
    /// # Errors
    /// It was refused, or the chain did not answer.
    fn send(&mut self, action: &Action) -> Result<Executed, SendError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_asks_for_owner_kind_and_place() {
        let program = Address::new_from_array([1; 32]);
        let account = Account { owner: program, data: [&[7; 8][..], &[0; 4], &[9; 32]].concat() };
        let any = Watch { program, discriminator: [7; 8], holds: None };
        let holding = |offset, byte| Watch { holds: Some(Holds { offset, bytes: [byte; 32] }), ..any };
        assert!(any.admits(&account) && holding(12, 9).admits(&account));
        let others = [
            Watch { program: Address::default(), ..any },
            Watch { discriminator: [8; 8], ..any },
            holding(11, 9),
            holding(12, 8),
            holding(13, 9),
            holding(usize::MAX, 9),
        ];
        assert!(others.iter().all(|watch| !watch.admits(&account)));
    }
}
