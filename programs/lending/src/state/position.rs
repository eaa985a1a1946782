//! A borrower's position in one market.

use anchor_lang::prelude::*;

/// Collateral and debt of one owner. 160 bytes after the discriminator.
#[account]
pub struct Position {
    /// The market.
    pub market: Address,
    /// Who may borrow against the collateral and withdraw it.
    pub owner: Address,
    /// Collateral, base units.
    pub collateral: u64,
    /// Debt in shares: the amount owed is `ceil(debt_shares * borrow_index)`.
    pub debt_shares: u64,
    /// Number of snapshots taken; the nonce of the latest.
    pub snapshot_nonce: u64,
    /// When the latest snapshot was taken, Unix seconds.
    pub last_snapshot_at: i64,
    /// Bump of this address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 7],
    /// Zero; for later versions.
    pub reserved: [u64; 7],
}

const _: () = assert!(size_of::<Position>() == 160);
