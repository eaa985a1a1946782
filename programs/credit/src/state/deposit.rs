//! A supplier's deposit in one pool.

use anchor_lang::prelude::*;

/// Shares of one supplier. 112 bytes after the discriminator.
#[account]
pub struct Deposit {
    /// The pool.
    pub pool: Address,
    /// Who may redeem the shares, and who paid for the account.
    pub owner: Address,
    /// Shares of the pool's assets.
    pub shares: u64,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// Zero; for later versions.
    pub reserved: [u64; 4],
}

const _: () = assert!(size_of::<Deposit>() == 112);
