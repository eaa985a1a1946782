//! A borrower's position in one market.

use anchor_lang::prelude::*;
use bytemuck::Zeroable as _;

use crate::{
    errors::{LendingError, MathResult},
    math::shares::{debt_ceil, shares_for_loan, shares_for_repayment},
    state::{Budget, Flag, Market, VERSION},
};

/// From the end of a debt until its position may be closed: no snapshot of the old debt can be taken any more, so a position
/// that is opened again at the same address meets none.
pub const CLOSING_SECONDS: i64 = 180;

/// Collateral and debt of one owner. 160 bytes after the discriminator.
#[account]
pub struct Position {
    /// The market.
    pub market: Address,
    /// Who may borrow against the collateral and withdraw it, and who paid for the account.
    pub owner: Address,
    /// Collateral, base units.
    pub collateral: u64,
    /// Debt in shares: the amount owed is `ceil(debt_shares * borrow_index)`.
    pub debt_shares: u64,
    /// Part of the debt that no collateral pays, as it was last assessed; part of the market's sum.
    pub impaired: u64,
    /// When the last debt ended, Unix seconds.
    pub free_since: i64,
    /// What was repaid early in the current window.
    pub budget: Budget,
    /// Whether it stands flagged.
    pub flag: Flag,
    /// How often risk was added: loans, and withdrawals of collateral. Only the owner raises it, so nobody else can void a
    /// proof that is being made.
    pub revision: u32,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 2],
    /// What a started liquidation still has to repay before its transaction ends; zero otherwise.
    pub flash_repay: u64,
}

const _: () = assert!(size_of::<Position>() == 160);

impl Position {
    /// What the owner owes, rounded up. Interest must have accrued.
    ///
    /// # Errors
    /// The debt exceeds 64 bits; not while the market's invariant holds.
    pub fn debt(&self, market: &Market) -> MathResult<u64> {
        Ok(debt_ceil(self.debt_shares, market.borrow_index.get())?)
    }

    /// Counts that its owner added risk.
    ///
    /// # Errors
    /// The count leaves 32 bits.
    pub fn revise(&mut self) -> MathResult<()> {
        self.revision = self.revision.checked_add(1).ok_or(LendingError::MathOverflow)?;
        Ok(())
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
        self.budget = self.budget.raised(self.debt(market)?);
        self.revise()
    }

    /// Books a repayment in position and market. Repaying the whole debt cancels every share.
    ///
    /// # Errors
    /// The amount exceeds the debt.
    pub fn cancel_debt(&mut self, market: &mut Market, amount: u64, now: i64) -> MathResult<()> {
        let debt = self.debt(market)?;
        let shares = match amount.cmp(&debt) {
            core::cmp::Ordering::Greater => return Err(LendingError::InsufficientBalance),
            core::cmp::Ordering::Equal => self.debt_shares,
            core::cmp::Ordering::Less => shares_for_repayment(amount, market.borrow_index.get())?,
        };
        market.cash = market.cash.checked_add(amount).ok_or(LendingError::MathOverflow)?;
        self.debt_shares = self.debt_shares.checked_sub(shares).ok_or(LendingError::InvariantViolated)?;
        market.debt_shares = market.debt_shares.checked_sub(shares).ok_or(LendingError::InvariantViolated)?;
        self.settle(market, now)
    }

    /// Writes the whole debt off. Returns what was lost.
    ///
    /// # Errors
    /// The market owes less than the position; not while the invariants hold.
    pub fn write_off(&mut self, market: &mut Market, now: i64) -> MathResult<u64> {
        let lost = market.write_off(core::mem::take(&mut self.debt_shares))?;
        self.settle(market, now)?;
        Ok(lost)
    }

    /// Sets which part of the debt no collateral pays, and moves the market's sum by the difference.
    ///
    /// # Errors
    /// The market's sum is below the position's part; not while the invariants hold.
    pub fn impair(&mut self, market: &mut Market, loss: u64) -> MathResult<()> {
        let others = market.impaired.checked_sub(self.impaired).ok_or(LendingError::InvariantViolated)?;
        market.impaired = others.checked_add(loss).ok_or(LendingError::MathOverflow)?;
        self.impaired = loss;
        Ok(())
    }

    /// After a debt fell: no more of it is impaired than is left, and a debt that ended takes flag and budget with it.
    fn settle(&mut self, market: &mut Market, now: i64) -> MathResult<()> {
        let left = self.debt(market)?;
        self.impair(market, self.impaired.min(left))?;
        if self.debt_shares == 0 {
            self.free_since = now;
            self.flag = Flag::zeroed();
            self.budget = Budget::zeroed();
        }
        Ok(())
    }

    /// Fails unless nothing is in it and nothing about it can still be proven.
    ///
    /// # Errors
    /// [`LendingError::AccountInUse`], or [`LendingError::ClosedTooSoon`].
    pub fn require_closable(&self, now: i64) -> MathResult<()> {
        self.require_settled()?;
        if self.collateral != 0 || self.debt_shares != 0 || self.impaired != 0 {
            return Err(LendingError::AccountInUse);
        }
        if now < self.free_since.saturating_add(CLOSING_SECONDS) {
            return Err(LendingError::ClosedTooSoon);
        }
        Ok(())
    }

    /// Fails in the middle of a liquidation: collateral is gone, and the debt still stands.
    ///
    /// # Errors
    /// [`LendingError::FlashOpen`].
    pub fn require_settled(&self) -> MathResult<()> {
        if self.flash_repay == 0 { Ok(()) } else { Err(LendingError::FlashOpen) }
    }

    /// What must hold after every instruction but the start of a liquidation. Checked last.
    ///
    /// # Errors
    /// [`LendingError::InvariantViolated`], or [`LendingError::FlashOpen`].
    pub fn invariant(&self, market: &Market) -> MathResult<()> {
        self.require_settled()?;
        let sound = self.version == VERSION
            && self.debt_shares <= market.debt_shares
            && self.collateral <= market.collateral_total
            && self.impaired <= market.impaired
            && (self.debt_shares > 0 || (self.impaired == 0 && self.flag.state == 0));
        if sound { Ok(()) } else { Err(LendingError::InvariantViolated) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Evidence, market::tests::market};
    use bytemuck::Zeroable;

    fn owing() -> (Market, Position) {
        let mut market = Market { cash: 1_000, ..market() };
        let mut position = Position { version: VERSION, ..Zeroable::zeroed() };
        position.take_loan(&mut market, 600).unwrap();
        (market, position)
    }

    #[test]
    fn only_added_risk_counts_as_a_revision() {
        let (mut market, mut position) = owing();
        assert_eq!(position.revision, 1);
        position.cancel_debt(&mut market, 100, 5).unwrap();
        position.impair(&mut market, 50).unwrap();
        assert_eq!(position.revision, 1);
        position.take_loan(&mut market, 100).unwrap();
        assert_eq!(position.revision, 2);
    }

    #[test]
    fn an_impaired_part_moves_the_markets_sum_and_never_exceeds_the_debt() {
        let (mut market, mut position) = owing();
        position.impair(&mut market, 250).unwrap();
        position.impair(&mut market, 200).unwrap();
        assert_eq!((position.impaired, market.impaired), (200, 200));
        position.cancel_debt(&mut market, 450, 5).unwrap();
        assert_eq!((position.impaired, market.impaired), (150, 150));
        position.cancel_debt(&mut market, 150, 9).unwrap();
        assert_eq!((position.impaired, market.impaired, position.free_since), (0, 0, 9));
        position.invariant(&market).unwrap();
    }

    #[test]
    fn a_debt_that_ends_takes_flag_and_budget_with_it() {
        let (mut market, mut position) = owing();
        position.flag.accept(Evidence { epoch: 1, revision: 1 }, 60).unwrap();
        position.budget = position.budget.renewed(600, 900, 60);
        assert_eq!(position.write_off(&mut market, 70), Ok(600));
        assert_eq!((position.flag, position.budget), (Flag::zeroed(), Budget::zeroed()));
        position.invariant(&market).unwrap();
        assert_eq!(position.require_closable(70 + CLOSING_SECONDS - 1), Err(LendingError::ClosedTooSoon));
        assert_eq!(position.require_closable(70 + CLOSING_SECONDS), Ok(()));
        position.collateral = 1;
        assert_eq!(position.require_closable(i64::MAX), Err(LendingError::AccountInUse));
    }
}
