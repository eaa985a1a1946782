//! A borrower's position in one market.

use anchor_lang::prelude::*;

use crate::{
    errors::{LendingError, MathResult},
    math::shares::{debt_ceil, shares_for_loan, shares_for_repayment},
    state::{Market, VERSION},
};

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
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// Zero; for later versions.
    pub reserved: [u64; 7],
}

const _: () = assert!(size_of::<Position>() == 160);

impl Position {
    /// What the owner owes, rounded up. Interest must have accrued.
    ///
    /// # Errors
    /// The debt exceeds 64 bits; not while the market's invariant holds.
    pub fn debt(&self, market: &Market) -> MathResult<u64> {
        debt_ceil(self.debt_shares, market.borrow_index.get())
    }

    /// Books a loan in position and market. The tokens are the caller's to move.
    ///
    /// # Errors
    /// The market does not hold the amount.
    pub fn take_loan(&mut self, market: &mut Market, amount: u64) -> MathResult<()> {
        let shares = shares_for_loan(amount, market.borrow_index.get())?;
        market.cash = market.cash.checked_sub(amount).ok_or(LendingError::InsufficientLiquidity)?;
        self.debt_shares = self.debt_shares.checked_add(shares).ok_or(LendingError::MathOverflow)?;
        market.debt_shares = market.debt_shares.checked_add(shares).ok_or(LendingError::MathOverflow)?;
        Ok(())
    }

    /// Books a repayment in position and market. Repaying the whole debt cancels every share.
    ///
    /// # Errors
    /// The amount exceeds the debt.
    pub fn cancel_debt(&mut self, market: &mut Market, amount: u64) -> MathResult<()> {
        let debt = self.debt(market)?;
        let shares = match amount.cmp(&debt) {
            core::cmp::Ordering::Greater => return Err(LendingError::InsufficientBalance),
            core::cmp::Ordering::Equal => self.debt_shares,
            core::cmp::Ordering::Less => shares_for_repayment(amount, market.borrow_index.get())?,
        };
        market.cash = market.cash.checked_add(amount).ok_or(LendingError::MathOverflow)?;
        self.debt_shares = self.debt_shares.checked_sub(shares).ok_or(LendingError::InvariantViolated)?;
        market.debt_shares = market.debt_shares.checked_sub(shares).ok_or(LendingError::InvariantViolated)?;
        Ok(())
    }

    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`LendingError::InvariantViolated`].
    pub fn invariant(&self, market: &Market) -> MathResult<()> {
        let sound = self.version == VERSION
            && self.debt_shares <= market.debt_shares
            && self.collateral <= market.collateral_total;
        if sound { Ok(()) } else { Err(LendingError::InvariantViolated) }
    }
}
