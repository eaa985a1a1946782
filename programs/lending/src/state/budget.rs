//! The budget of early liquidations: how much of a debt they may repay in one window, all together.
//!
//! It belongs to the position. A budget in each snapshot would multiply with the snapshots alive; a snapshot that is used
//! up is a lock that anyone may hold for one base unit. A window's base is the debt at its beginning, and rises with loans
//! ([`Budget::raised`]), early repayments counted back in: a borrower who starts a window at a small debt and then borrows has
//! no smaller budget for it. It does not rise with interest or rounding, so a budget that is spent stays spent.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use crate::{
    errors::{LendingError, MathResult},
    math::{BASIS_POINTS, fixed::mul_div_floor},
};

/// What was repaid early in the current window. 24 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Budget {
    /// When the window began, Unix seconds.
    pub window_start: i64,
    /// Debt at the window's beginning, or after a later loan if that is more, repayments counted back in.
    pub base_debt: u64,
    /// Repaid early in the window.
    pub repaid: u64,
}

impl Budget {
    /// The budget now, for a position that owes `debt`: a new window if the last one is over.
    #[must_use]
    pub fn renewed(self, debt: u64, window: u32, now: i64) -> Self {
        if self.base_debt == 0 || now >= self.window_start.saturating_add(i64::from(window)) {
            return Self { window_start: now, base_debt: debt, repaid: 0 };
        }
        self
    }

    /// The budget after a loan that left `debt`.
    #[must_use]
    pub fn raised(self, debt: u64) -> Self {
        if self.base_debt == 0 {
            return self;
        }
        Self { base_debt: self.base_debt.max(debt.saturating_add(self.repaid)), ..self }
    }

    /// What may still be repaid early.
    ///
    /// # Errors
    /// Never for a factor of at most 10,000.
    pub fn allowed(&self, debt: u64, close_factor_bps: u16) -> MathResult<u64> {
        let all = mul_div_floor(self.base_debt, u64::from(close_factor_bps), BASIS_POINTS)?;
        Ok(all.saturating_sub(self.repaid).min(debt))
    }

    /// Counts a repayment.
    ///
    /// # Errors
    /// The sum leaves 64 bits; not within what is allowed.
    pub fn spend(&mut self, amount: u64) -> MathResult<()> {
        self.repaid = self.repaid.checked_add(amount).ok_or(LendingError::MathOverflow)?;
        Ok(())
    }
}

/// Least repayment of an early liquidation: a share of the debt and not below the least loan, but never more than is
/// allowed. One base unit in each window would switch early liquidations off for a fee.
///
/// # Errors
/// Never for a share of at most 10,000.
pub fn least_repayment(debt: u64, least_bps: u16, min_borrow: u64, allowed: u64) -> MathResult<u64> {
    let share = mul_div_floor(debt, u64::from(least_bps), BASIS_POINTS)?;
    Ok(share.max(min_borrow).min(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_window_allows_a_fifth_in_all_its_parts() {
        let mut budget = Budget::zeroed().renewed(1_000, 900, 50);
        assert_eq!(budget.allowed(1_000, 2_000), Ok(200));
        budget.spend(150).unwrap();
        budget = budget.renewed(850, 900, 949);
        assert_eq!(budget.allowed(850, 2_000), Ok(50));
        budget.spend(50).unwrap();
        budget = budget.renewed(800, 900, 949);
        assert_eq!(budget.allowed(800, 2_000), Ok(0));
        budget = budget.renewed(800, 900, 950);
        assert_eq!((budget.window_start, budget.allowed(800, 2_000)), (950, Ok(160)));
    }

    #[test]
    fn a_window_that_began_small_grows_with_the_debt() {
        let mut budget = Budget::zeroed().renewed(100, 900, 0);
        budget.spend(20).unwrap();
        budget = budget.raised(10_080).renewed(10_080, 900, 10);
        assert_eq!(budget.allowed(10_080, 2_000), Ok(2_000));
        // Interest and rounding give no crumbs of it back.
        budget.spend(2_000).unwrap();
        assert_eq!(budget.renewed(8_090, 900, 20).allowed(8_090, 2_000), Ok(0));
        assert_eq!(Budget::zeroed().raised(5), Budget::zeroed(), "no window is open");
    }

    #[test]
    fn the_least_is_a_share_or_the_least_loan_and_never_above_the_budget() {
        assert_eq!(least_repayment(100_000, 100, 10, 20_000), Ok(1_000));
        assert_eq!(least_repayment(100_000, 100, 5_000, 20_000), Ok(5_000));
        assert_eq!(least_repayment(100_000, 100, 5_000, 70), Ok(70));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Early(u64),
        Borrow(u64),
        Repay(u64),
        Wait(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1u64..5_000).prop_map(Step::Early),
            (1u64..100_000).prop_map(Step::Borrow),
            (1u64..100_000).prop_map(Step::Repay),
            (0i64..400).prop_map(Step::Wait),
        ]
    }

    proptest! {
        /// Whatever a borrower does: the keeper's allowance is at least its share of the present debt, less what was really
        /// repaid early in the window; and no stretch of a window's length sees more than twice the share of its largest debt.
        #[test]
        fn a_borrower_cannot_shrink_it_and_nobody_exceeds_it(steps in prop::collection::vec(step(), 1..60)) {
            const WINDOW: u32 = 900;
            let (mut budget, mut debt, mut now) = (Budget::zeroed(), 50_000u64, 1_000i64);
            let mut early: Vec<(i64, u64)> = Vec::new();
            let mut largest: Vec<(i64, u64)> = vec![(now, debt)];
            for step in steps {
                match step {
                    Step::Early(wanted) => {
                        budget = budget.renewed(debt, WINDOW, now);
                        let allowed = budget.allowed(debt, 2_000).unwrap();
                        let spent: u64 = early.iter().filter(|(at, _)| *at >= budget.window_start).map(|(_, y)| y).sum();
                        prop_assert!(allowed + spent >= (debt / 5).min(debt + spent));
                        let repay = wanted.min(allowed);
                        budget.spend(repay).unwrap();
                        debt -= repay;
                        early.push((now, repay));
                    }
                    Step::Borrow(amount) => {
                        debt += amount;
                        budget = budget.raised(debt);
                    }
                    Step::Repay(amount) => debt -= amount.min(debt.saturating_sub(1)),
                    Step::Wait(seconds) => now += seconds,
                }
                largest.push((now, debt));
                let since = now - i64::from(WINDOW) + 1;
                let sum: u64 = early.iter().filter(|(at, _)| *at >= since).map(|(_, y)| y).sum();
                let most = largest.iter().filter(|(at, _)| *at >= since - i64::from(WINDOW)).map(|(_, d)| *d).max().unwrap();
                let all: u64 = early.iter().filter(|(at, _)| *at >= since - i64::from(WINDOW)).map(|(_, y)| y).sum();
                prop_assert!(sum <= (most + all) * 2 / 5, "{sum} of {most}");
            }
        }

        #[test]
        fn no_extreme_panics(start: i64, base: u64, repaid: u64, debt: u64, window: u32, now: i64, bps in 0u16..=10_000) {
            let mut budget = Budget { window_start: start, base_debt: base, repaid }.renewed(debt, window, now);
            let allowed = budget.allowed(debt, bps).unwrap();
            prop_assert!(allowed <= debt);
            let _ = budget.spend(allowed);
            let _ = least_repayment(debt, bps, repaid, allowed);
        }
    }
}
