//! What the keeper needs of a chain: accounts, the clock, and a way to send. An in-process runtime implements it, and
//! so can an RPC client. The wallet belongs to the chain's side: the keeper never sees a secret key.

use solana_address::Address;
use solana_instruction::Instruction;
use thiserror::Error;

/// An account as the keeper reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The program that owns it.
    pub owner: Address,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// A transaction that went through, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Compute units that it took.
    pub compute_units: u64,
    /// Its size on the wire, bytes.
    pub size: usize,
}

/// Why a transaction did not go through.
#[derive(Debug, Error)]
pub enum SendError<E> {
    /// A program or the runtime refused it: sending it again changes nothing while the accounts stay as they are.
    #[error("the transaction was refused: {message}")]
    Refused {
        /// The program's error number, if a program refused it.
        code: Option<u32>,
        /// The refusal as the chain words it.
        message: String,
    },
    /// The chain could not be asked.
    #[error("the chain did not answer")]
    Chain(#[source] E),
}

/// A chain, with the wallet that pays and signs.
pub trait Chain {
    /// Why the chain could not be asked.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The wallet's address.
    fn wallet(&self) -> Address;

    /// An account, if it exists.
    ///
    /// # Errors
    /// The chain did not answer.
    fn account(&self, address: &Address) -> Result<Option<Account>, Self::Error>;

    /// The cluster's clock, Unix seconds.
    ///
    /// # Errors
    /// The chain did not answer.
    fn unix_time(&self) -> Result<i64, Self::Error>;

    /// Runs a transaction without effect; `None` where the chain cannot.
    ///
    /// # Errors
    /// It would be refused, or the chain did not answer.
    fn simulate(&mut self, instructions: &[Instruction]) -> Result<Option<Executed>, SendError<Self::Error>>;

    /// Signs a transaction with the wallet and sends it, until it is final or refused.
    ///
    /// # Errors
    /// It was refused, or the chain did not answer.
    fn send(&mut self, instructions: &[Instruction]) -> Result<Executed, SendError<Self::Error>>;
}
