//! The books: interest, what suppliers own, and losses.
//!
//! ```text
//! loans      = sum over tiers of floor(shares * index)
//! assets     = cash + loans + defaulted - reserves
//! redeemable = assets - max(0, defaulted - reserves)
//! ```
//!
//! Deposits are priced at `assets`, withdrawals at `redeemable`: a debt that defaulted is priced as lost from that second on,
//! the reserves bearing it first, whoever leaves in which order, before and after it is written off; and its recovery
//! cannot be bought by a deposit in between. What is paid back after the write-off goes to the reserves, which are no
//! supplier's, for the same reason.

use anchor_lang::prelude::*;
use assay_interface::sha256;
use assay_program::math::{
    BASIS_POINTS,
    fixed::mul_div_floor,
    interest::{PPB, grow_index},
    shares::debt_floor,
};

use super::{MAX_TOTAL_DEBT, Pool, TierBooks};
use crate::errors::{CreditError, Rule};

/// Parts per billion in a basis point.
const PPB_PER_BASIS_POINT: u64 = PPB / BASIS_POINTS;

/// A tier that a proof opened, as the pool's chain holds it.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Digest of the proven statement.
    pub digest: [u8; 32],
    /// The line.
    pub line: [u8; 32],
    /// The tree's epoch.
    pub epoch: u32,
    /// The tier.
    pub tier: u8,
    /// When, Unix seconds.
    pub at: i64,
}

impl TierBooks {
    /// What the tier's lines owe together, rounded down.
    ///
    /// # Errors
    /// Never while the pool's invariant holds.
    pub fn debt(&self) -> Rule<u64> {
        Ok(debt_floor(self.shares, self.index.get())?)
    }

    /// The tier's index after some seconds, and the interest of them.
    fn grown(&self, rate_bps: u32, seconds: u64) -> Rule<(u128, u64)> {
        if self.shares == 0 {
            return Ok((self.index.get(), 0));
        }
        let rate = u64::from(rate_bps) * PPB_PER_BASIS_POINT;
        let index = grow_index(self.index.get(), rate, seconds)?;
        let interest = debt_floor(self.shares, index)?.saturating_sub(self.debt()?);
        Ok((index, interest))
    }
}

impl Pool {
    /// The books of one tier.
    ///
    /// # Errors
    /// [`CreditError::TierOutOfRange`].
    pub fn tier_books(&mut self, tier: u8) -> Rule<&mut TierBooks> {
        self.books.get_mut(usize::from(tier)).ok_or(CreditError::TierOutOfRange)
    }

    /// The debt of one share of a tier, 64.64 fixed point.
    ///
    /// # Errors
    /// [`CreditError::TierOutOfRange`].
    pub fn index(&self, tier: u8) -> Rule<u128> {
        self.books.get(usize::from(tier)).map(|books| books.index.get()).ok_or(CreditError::TierOutOfRange)
    }

    /// What all lines owe that are not written off.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn debt_total(&self) -> Rule<u64> {
        let add = |sum: u64, debt: u64| sum.checked_add(debt).ok_or(CreditError::MathOverflow);
        self.books.iter().try_fold(self.defaulted, |sum, tier| add(sum, tier.debt()?))
    }

    /// What all lines owe: what the cap bounds.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn owed(&self) -> Rule<u64> {
        self.debt_total()?.checked_add(self.written_off).ok_or(CreditError::MathOverflow)
    }

    /// What the suppliers own together, if every loan is paid.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn assets(&self) -> Rule<u64> {
        let total = self.cash.checked_add(self.debt_total()?).ok_or(CreditError::MathOverflow)?;
        total.checked_sub(self.reserves).ok_or(CreditError::InvariantViolated)
    }

    /// What the suppliers' shares redeem for together: the reserves bear defaulted debt first.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn redeemable(&self) -> Rule<u64> {
        Ok(self.assets()?.saturating_sub(self.defaulted.saturating_sub(self.reserves)))
    }

    /// Reserves that no known loss needs, as far as the vault holds them.
    pub fn free_reserves(&self) -> u64 {
        self.reserves.saturating_sub(self.defaulted).min(self.cash)
    }

    /// Charges interest up to `now`, each tier at its rate. Every instruction that reads or changes a debt or the cash starts
    /// here.
    ///
    /// # Errors
    /// Arithmetic out of range; not for any state that passes the invariant.
    pub fn accrue(&mut self, now: i64) -> Rule<()> {
        let Ok(seconds) = u64::try_from(now.saturating_sub(self.last_accrual)) else { return Ok(()) };
        if seconds == 0 {
            return Ok(());
        }
        self.last_accrual = now;
        let mut room = MAX_TOTAL_DEBT.saturating_sub(self.debt_total()?);
        let mut charged = 0u64;
        for (books, tier) in self.books.iter_mut().zip(&self.terms.tiers) {
            let (index, interest) = match books.grown(tier.rate_bps, seconds) {
                Ok(grown) => grown,
                // A loan that would leave 64 bits stays as it is: it can still be repaid.
                Err(_) => continue,
            };
            let Some(left) = room.checked_sub(interest) else { continue };
            room = left;
            charged = charged.checked_add(interest).ok_or(CreditError::MathOverflow)?;
            books.index = PodU128::from(index);
        }
        let reserved = mul_div_floor(charged, u64::from(self.terms.reserve_factor_bps), BASIS_POINTS)?;
        self.reserves = self.reserves.checked_add(reserved).ok_or(CreditError::MathOverflow)?;
        Ok(())
    }

    /// Books a defaulted debt as lost: the reserves bear it first, then all suppliers alike.
    ///
    /// # Errors
    /// More than defaulted; not while the invariants hold.
    pub fn write_off(&mut self, debt: u64) -> Rule<()> {
        self.defaulted = self.defaulted.checked_sub(debt).ok_or(CreditError::InvariantViolated)?;
        self.reserves = self.reserves.saturating_sub(debt);
        self.written_off = self.written_off.checked_add(debt).ok_or(CreditError::MathOverflow)?;
        Ok(())
    }

    /// Appends a decision: `chain = SHA-256(chain || digest || line || epoch || tier || now)`, integers little-endian. Whoever
    /// reads the events can recompute it: none is missing or added.
    pub fn chain_decision(&mut self, decision: &Decision) {
        self.decision_chain = sha256(&[
            &self.decision_chain,
            &decision.digest,
            &decision.line,
            &decision.epoch.to_le_bytes(),
            &[decision.tier],
            &decision.at.to_le_bytes(),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pool;
    use super::*;
    use proptest::prelude::*;

    const YEAR: i64 = 31_536_000;

    /// Shares of each tier, at an index of one.
    fn lent(shares: [u64; 4], cash: u64) -> Pool {
        let mut pool = Pool { cash, supply_shares: 1, ..pool() };
        pool.books.iter_mut().zip(shares).for_each(|(books, shares)| books.shares = shares);
        pool
    }

    #[test]
    fn each_tier_pays_its_rate_and_a_tenth_is_reserved() {
        let mut pool = lent([0, 1_000, 10_000, 100_000], 5_000);
        pool.accrue(YEAR).unwrap();
        let debts: Vec<u64> = pool.books.iter().map(|books| books.debt().unwrap()).collect();
        assert_eq!(debts, [0, 1_200, 11_200, 108_000]);
        assert_eq!((pool.reserves, pool.assets()), (940, Ok(5_000 + 120_400 - 940)));
        pool.invariant().unwrap();
    }

    #[test]
    fn time_that_runs_back_changes_nothing() {
        let mut pool = Pool { last_accrual: 10, ..lent([1; 4], 0) };
        pool.accrue(3).unwrap();
        assert_eq!((pool.last_accrual, pool.books), (10, lent([1; 4], 0).books));
    }

    #[test]
    fn a_loss_is_priced_the_same_before_and_after_it_is_booked() {
        for reserves in [0, 30, 80, 200] {
            let mut pool = Pool { reserves, defaulted: 80, ..lent([0, 0, 0, 900], 300) };
            let before = pool.redeemable().unwrap();
            // In two parts, as two lines.
            for part in [30, 50] {
                pool.write_off(part).unwrap();
                assert_eq!(pool.redeemable(), Ok(before), "reserves {reserves}");
            }
            assert_eq!((pool.defaulted, pool.written_off), (0, 80));
            assert_eq!(pool.write_off(1), Err(CreditError::InvariantViolated));
        }
    }

    #[test]
    fn the_cap_counts_what_was_lost() {
        let mut pool = Pool { defaulted: 80, ..lent([0, 0, 0, 900], 0) };
        assert_eq!(pool.owed(), Ok(980));
        pool.write_off(80).unwrap();
        assert_eq!((pool.debt_total(), pool.owed()), (Ok(900), Ok(980)));
    }

    #[test]
    fn each_part_of_a_decision_enters_the_chain() {
        let decision = Decision { digest: [1; 32], line: [2; 32], epoch: 3, tier: 1, at: 5 };
        let chained = |decision: &Decision| {
            let mut pool = pool();
            pool.chain_decision(decision);
            pool.decision_chain
        };
        let others = [
            Decision { digest: [9; 32], ..decision },
            Decision { line: [9; 32], ..decision },
            Decision { epoch: 9, ..decision },
            Decision { tier: 9, ..decision },
            Decision { at: 9, ..decision },
        ];
        assert!(others.iter().all(|other| chained(other) != chained(&decision)));
    }

    proptest! {
        #[test]
        fn assets_never_fall_by_accrual(
            cash in 0u64..1 << 53, debts in prop::array::uniform4(0u64..1 << 53), reserves in 0u64..1 << 40,
            steps in prop::collection::vec(0i64..40 * YEAR, 1..20),
        ) {
            prop_assume!(cash + debts.iter().sum::<u64>() >= reserves);
            let mut pool = Pool { reserves, ..lent(debts, cash) };
            let mut now = 0;
            for step in steps {
                let (assets, kept) = (pool.assets().unwrap(), pool.reserves);
                now += step;
                pool.accrue(now).unwrap();
                pool.invariant().unwrap();
                prop_assert!(pool.assets().unwrap() >= assets && pool.reserves >= kept);
            }
        }
    }
}
