//! Shares: what a supplier owns of the assets, and what a borrower owes of the debt.
//!
//! **Suppliers.** With `S` shares against assets `A` (cash + loans - reserves), a deposit of `x` mints
//! `floor(x * (S + V) / (A + 1))` and `s` shares redeem `floor(s * A / (S + V))`, `V` = [`VIRTUAL_SHARES`].
//! The `V` virtual shares belong to nobody. They make the first depositor's price definite, and whoever drives the
//! price up before a deposit mostly pays the virtual shares. The price of a deposit, `(A + 1) / (S + V)`, is above that
//! of a redemption, `A / (S + V)`; neither operation lowers either price, and all claims together stay below `A`.
//! Donations to the vault do not count: `A` is the program's own accounting.
//!
//! **Borrowers.** Debt is shares times the borrow index, 64.64. Borrowing rounds the shares up, repaying rounds
//! them down, and a debt rounds up.
//!
//! Cost: one wide division, or two multiplications, each.

use super::{
    fixed::{ONE_Q64, mul_div_floor},
    wide::{div_ceil, div_floor},
};
use crate::rules::{Rule, RuleError};

/// Shares that nobody owns: a thousand for each base unit of the first deposit.
pub const VIRTUAL_SHARES: u64 = 1_000;

/// Shares for a deposit, rounded down.
///
/// # Errors
/// The shares, all together, would exceed 64 bits: assets so small beside them that a deposit makes no sense.
pub fn shares_for_deposit(amount: u64, assets: u64, shares: u64) -> Rule<u64> {
    let priced_shares = shares.checked_add(VIRTUAL_SHARES).ok_or(RuleError::Overflow)?;
    let priced_assets = assets.checked_add(1).ok_or(RuleError::Overflow)?;
    let minted = mul_div_floor(amount, priced_shares, priced_assets)?;
    // All shares and the virtual ones stay within 64 bits, or nothing could be redeemed after this deposit.
    if priced_shares.checked_add(minted).is_some() { Ok(minted) } else { Err(RuleError::Overflow) }
}

/// Assets for shares, rounded down; never above `assets`, if the shares are part of the total.
///
/// # Errors
/// `total_shares` is within [`VIRTUAL_SHARES`] of 2^64.
pub fn assets_for_shares(redeemed: u64, assets: u64, total_shares: u64) -> Rule<u64> {
    let priced_shares = total_shares.checked_add(VIRTUAL_SHARES).ok_or(RuleError::Overflow)?;
    mul_div_floor(redeemed, assets, priced_shares)
}

/// Debt of shares at an index, rounded down: the total that the market counts on.
///
/// # Errors
/// The debt exceeds 64 bits.
pub fn debt_floor(shares: u64, index: u128) -> Rule<u64> {
    debt_parts(shares, index).map(|(whole, _)| whole)
}

/// Debt of shares at an index, rounded up: what one borrower owes.
///
/// # Errors
/// As [`debt_floor`].
pub fn debt_ceil(shares: u64, index: u128) -> Rule<u64> {
    let (whole, fraction) = debt_parts(shares, index)?;
    if fraction == 0 { Ok(whole) } else { whole.checked_add(1).ok_or(RuleError::Overflow) }
}

/// Shares for a loan, rounded up.
///
/// # Errors
/// The index is zero, or the shares exceed 64 bits.
pub fn shares_for_loan(amount: u64, index: u128) -> Rule<u64> {
    let shares = div_ceil(u128::from(amount) << 64, index);
    shares.and_then(|shares| u64::try_from(shares).ok()).ok_or(RuleError::Overflow)
}

/// Shares that a repayment cancels, rounded down.
///
/// # Errors
/// As [`shares_for_loan`].
pub fn shares_for_repayment(amount: u64, index: u128) -> Rule<u64> {
    let shares = div_floor(u128::from(amount) << 64, index);
    shares.and_then(|shares| u64::try_from(shares).ok()).ok_or(RuleError::Overflow)
}

/// `shares * index`: its whole part, and its fraction in units of 2^-64.
fn debt_parts(shares: u64, index: u128) -> Rule<(u64, u128)> {
    let low = u128::from(shares) * (index & (ONE_Q64 - 1));
    let high = u128::from(shares) * (index >> 64);
    let whole = high.checked_add(low >> 64).ok_or(RuleError::Overflow)?;
    let whole = u64::try_from(whole).map_err(|_| RuleError::Overflow)?;
    Ok((whole, low & (ONE_Q64 - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Largest deposit that a market takes.
    const CAP: u64 = 1 << 53;

    #[test]
    fn the_first_depositor_gets_a_thousand_shares_a_unit_and_loses_one_unit_at_most() {
        let shares = shares_for_deposit(1_000_000, 0, 0).unwrap();
        assert_eq!(shares, 1_000_000_000);
        assert_eq!(assets_for_shares(shares, 1_000_000, shares), Ok(999_999));
    }

    #[test]
    fn lifting_the_price_before_a_deposit_does_not_pay() {
        // The attacker deposits one unit and then lifts the assets by 10^9 without getting shares for it.
        let attacker = shares_for_deposit(1, 0, 0).unwrap();
        let assets = 1 + 1_000_000_000;
        let deposit = 2_000_000_000;
        let victim = shares_for_deposit(deposit, assets, attacker).unwrap();
        let total = attacker + victim;
        let victim_claim = assets_for_shares(victim, assets + deposit, total).unwrap();
        let attacker_claim = assets_for_shares(attacker, assets + deposit, total).unwrap();
        assert!(deposit - victim_claim <= deposit / 1_000, "the victim loses {}", deposit - victim_claim);
        assert!(attacker_claim < assets * 51 / 100, "the attacker keeps {attacker_claim} of {assets}");
    }

    #[test]
    fn no_deposit_makes_redeeming_impossible() {
        // A thousand shares a unit: the deposit would fit, and the virtual shares would not.
        let room = |left: u64| {
            let shares = u64::MAX - left;
            shares_for_deposit(1, shares / 1_000, shares)
        };
        assert_eq!([1_001, 1_500, 1_999].map(room), [Err(RuleError::Overflow); 3]);
        assert_eq!(room(2_000), Ok(1_000));
        assert!(assets_for_shares(1_000, 1 << 54, u64::MAX - 1_000).is_ok());
    }

    #[test]
    fn an_index_of_zero_is_an_error() {
        assert_eq!(shares_for_loan(1, 0), Err(RuleError::Overflow));
        assert_eq!(shares_for_repayment(1, 0), Err(RuleError::Overflow));
    }

    /// `a / b <= c / d`.
    fn at_most(a: u64, b: u64, c: u64, d: u64) -> bool {
        u128::from(a) * u128::from(d) <= u128::from(c) * u128::from(b)
    }

    proptest! {
        #[test]
        fn deposits_never_lower_the_share_price(amount in 1..=CAP, assets in 1..=CAP, ratio in 1u64..=1_000) {
            let shares = assets.saturating_mul(ratio);
            if let Ok(minted) = shares_for_deposit(amount, assets, shares) {
                let (before, after) = (shares + VIRTUAL_SHARES, shares.checked_add(minted).map(|s| s.saturating_add(VIRTUAL_SHARES)));
                if let Some(after) = after {
                    prop_assert!(at_most(assets, before, assets + amount, after));
                    prop_assert!(at_most(assets + 1, before, assets + amount + 1, after));
                }
            }
        }

        #[test]
        fn withdrawals_never_lower_the_share_price(assets in 1..=CAP, shares in 1..=CAP * 1_000, part in 0.0..=1.0) {
            let redeemed = ((shares as f64) * part) as u64;
            let redeemed = redeemed.min(shares);
            let out = assets_for_shares(redeemed, assets, shares).unwrap();
            prop_assert!(out <= assets);
            prop_assert!(at_most(assets, shares + VIRTUAL_SHARES, assets - out, shares - redeemed + VIRTUAL_SHARES));
        }

        #[test]
        fn a_deposit_and_its_withdrawal_never_gain(amount in 1..=CAP, assets in 0..=CAP, shares in 0..=CAP) {
            if let Ok(minted) = shares_for_deposit(amount, assets, shares) {
                let out = assets_for_shares(minted, assets + amount, shares + minted).unwrap();
                prop_assert!(out <= amount, "{out} out of {amount}");
            }
        }

        #[test]
        fn claims_of_all_suppliers_stay_within_the_assets(assets: u64, holders in prop::collection::vec(0u64..1 << 57, 0..40)) {
            let total: u64 = holders.iter().sum();
            let claims: u128 = holders.iter().map(|&s| u128::from(assets_for_shares(s, assets, total).unwrap())).sum();
            prop_assert!(claims <= u128::from(assets));
        }

        #[test]
        fn loans_round_up_and_repayments_round_down(amount in 0..=CAP, index in ONE_Q64..ONE_Q64 << 20) {
            let lent = shares_for_loan(amount, index).unwrap();
            prop_assert!(debt_floor(lent, index).unwrap() >= amount, "a loan is owed in full");
            let repaid = shares_for_repayment(amount, index).unwrap();
            prop_assert!(debt_ceil(repaid, index).unwrap() <= amount, "a repayment cancels no more than it pays");
            prop_assert!(repaid <= lent);
        }

        #[test]
        fn debts_of_all_borrowers_cover_the_total(index in ONE_Q64..ONE_Q64 << 20, owed in prop::collection::vec(0u64..1 << 36, 0..40)) {
            let total = debt_floor(owed.iter().sum(), index).unwrap();
            let single: u64 = owed.iter().map(|&s| debt_ceil(s, index).unwrap()).sum();
            prop_assert!(single >= total);
        }

        #[test]
        fn no_extreme_input_panics(a: u64, b: u64, c: u64, index: u128) {
            let _ = shares_for_deposit(a, b, c);
            let _ = assets_for_shares(a, b, c);
            let _ = debt_floor(a, index);
            let _ = debt_ceil(a, index);
            let _ = shares_for_loan(a, index);
            let _ = shares_for_repayment(a, index);
        }
    }
}
