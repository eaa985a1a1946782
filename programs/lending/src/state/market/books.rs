//! The books: interest, what suppliers own, and losses.
//!
//! `assets = cash + floor(debt_shares * borrow_index) - reserves` is what deposits are priced at. Withdrawals are priced at
//! `assets - max(0, impaired - reserves)`: a loss that is known is shared by whoever leaves, before and after it is booked,
//! and a recovery cannot be bought by a deposit in between.

use anchor_lang::prelude::*;
use assay_interface::sha256;

use super::{MAX_TOTAL_DEBT, Market};
use crate::{
    errors::{LendingError, MathResult},
    math::{
        BASIS_POINTS,
        average::follow,
        fixed::mul_div_floor,
        interest::{grow_index, rate_ppb, utilization_ppb},
        shares::debt_floor,
    },
};

/// A decision that a proof opened, as the market's chain holds it.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Digest of the proven statement.
    pub digest: [u8; 32],
    /// The position.
    pub position: [u8; 32],
    /// Debt repaid.
    pub repaid: u64,
    /// Collateral seized.
    pub seized: u64,
    /// When, Unix seconds.
    pub at: i64,
}

impl Market {
    /// What the borrowers owe together, rounded down.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn debt_total(&self) -> MathResult<u64> {
        Ok(debt_floor(self.debt_shares, self.borrow_index.get())?)
    }

    /// What the suppliers own together, if every loan is paid.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn assets(&self) -> MathResult<u64> {
        let total = self.cash.checked_add(self.debt_total()?).ok_or(LendingError::MathOverflow)?;
        total.checked_sub(self.reserves).ok_or(LendingError::InvariantViolated)
    }

    /// What the suppliers' shares redeem for together: the reserves bear impaired debt first.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn redeemable(&self) -> MathResult<u64> {
        Ok(self.assets()?.saturating_sub(self.impaired.saturating_sub(self.reserves)))
    }

    /// Reserves that no known loss needs, as far as the vault holds them.
    pub fn free_reserves(&self) -> u64 {
        self.reserves.saturating_sub(self.impaired).min(self.cash)
    }

    /// Charges interest up to `now`. Every instruction that reads or changes a debt or the cash starts here.
    ///
    /// The books as they stand have held since the last accrual, so their utilization enters the average with that many
    /// seconds: what moves out and back within a second is never seen.
    ///
    /// # Errors
    /// Arithmetic out of range; not for any state that passes the invariant.
    pub fn accrue(&mut self, now: i64) -> MathResult<()> {
        let Ok(seconds) = u64::try_from(now.saturating_sub(self.last_accrual)) else { return Ok(()) };
        if seconds == 0 {
            return Ok(());
        }
        let utilization = utilization_ppb(self.debt_total()?, self.cash);
        self.charge(utilization, seconds)?;
        self.utilization = follow(self.utilization, utilization, seconds);
        self.last_accrual = now;
        Ok(())
    }

    fn charge(&mut self, utilization: u64, seconds: u64) -> MathResult<()> {
        if self.debt_shares == 0 {
            return Ok(());
        }
        let before = self.debt_total()?;
        let rate = rate_ppb(&self.params.curve(), utilization)?;
        let index = grow_index(self.borrow_index.get(), rate, seconds)?;
        let Ok(after) = debt_floor(self.debt_shares, index) else { return Ok(()) };
        if after > MAX_TOTAL_DEBT {
            return Ok(());
        }
        let interest = after.saturating_sub(before);
        let reserved = mul_div_floor(interest, u64::from(self.params.reserve_factor_bps), BASIS_POINTS)?;
        self.reserves = self.reserves.checked_add(reserved).ok_or(LendingError::MathOverflow)?;
        self.borrow_index = PodU128::from(index);
        Ok(())
    }

    /// Cancels debt shares that nobody will repay. The reserves bear it first, then all suppliers alike.
    ///
    /// # Errors
    /// More shares than there are.
    pub fn write_off(&mut self, shares: u64) -> MathResult<u64> {
        let before = self.debt_total()?;
        self.debt_shares = self.debt_shares.checked_sub(shares).ok_or(LendingError::InvariantViolated)?;
        let lost = before.saturating_sub(self.debt_total()?);
        self.reserves = self.reserves.saturating_sub(lost);
        Ok(lost)
    }

    /// Appends a decision: `chain = SHA-256(chain || digest || position || repaid || seized || now)`, integers of 8 bytes,
    /// little-endian. Whoever reads the events can recompute it: none is missing or added.
    pub fn chain_decision(&mut self, decision: &Decision) {
        self.decision_chain = sha256(&[
            &self.decision_chain,
            &decision.digest,
            &decision.position,
            &decision.repaid.to_le_bytes(),
            &decision.seized.to_le_bytes(),
            &decision.at.to_le_bytes(),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::market;
    use super::*;
    use crate::math::fixed::ONE_Q64;
    use proptest::prelude::*;

    const YEAR: i64 = 31_536_000;

    #[test]
    fn interest_goes_to_suppliers_and_reserves() {
        let mut market = Market { cash: 200_000_000, debt_shares: 800_000_000, supply_shares: 1, ..market() };
        market.accrue(YEAR).unwrap();
        // Utilization is at the kink: 8 % a year, a tenth of it reserved.
        assert_eq!(market.debt_total(), Ok(864_000_000));
        assert_eq!(market.reserves, 6_400_000);
        assert_eq!(market.assets(), Ok(1_057_600_000));
        market.invariant().unwrap();
    }

    #[test]
    fn features_see_what_held_for_some_time() {
        let mut market = Market { cash: 400, debt_shares: 600, last_accrual: 0, ..market() };
        market.accrue(600).unwrap();
        assert_eq!(market.utilization, 600_000_000);
        // Out and back within the second: nothing.
        market.cash = 0;
        market.accrue(600).unwrap();
        market.cash = 400;
        market.accrue(660).unwrap();
        assert_eq!(market.utilization, 600_000_000);
        // Held for a minute: a tenth of the way.
        market.cash = 0;
        market.accrue(720).unwrap();
        assert_eq!(market.utilization, 640_000_000);
    }

    #[test]
    fn time_that_runs_back_changes_nothing() {
        let mut market = Market { debt_shares: 5, last_accrual: 10, ..market() };
        market.accrue(3).unwrap();
        assert_eq!((market.last_accrual, market.borrow_index.get()), (10, ONE_Q64));
    }

    #[test]
    fn bad_debt_falls_on_the_reserves_first() {
        let mut market = Market { cash: 100, debt_shares: 1_000, reserves: 30, ..market() };
        assert_eq!(market.write_off(20), Ok(20));
        assert_eq!((market.reserves, market.assets()), (10, Ok(1_070)));
        assert_eq!(market.write_off(50), Ok(50));
        assert_eq!((market.reserves, market.assets()), (0, Ok(1_030)));
        assert_eq!(market.write_off(931), Err(LendingError::InvariantViolated));
    }

    #[test]
    fn a_known_loss_is_priced_the_same_before_and_after_it_is_booked() {
        for reserves in [0, 30, 80, 200] {
            let mut market = Market { cash: 100, debt_shares: 1_000, reserves, impaired: 80, ..market() };
            let before = market.redeemable().unwrap();
            market.write_off(80).unwrap();
            market.impaired = 0;
            assert_eq!(market.redeemable(), Ok(before), "reserves {reserves}");
        }
        let market = Market { cash: 100, debt_shares: 1_000, reserves: 90, impaired: 80, ..market() };
        assert_eq!(market.free_reserves(), 10);
    }

    #[test]
    fn each_part_of_a_decision_enters_the_chain() {
        let decision = Decision { digest: [1; 32], position: [2; 32], repaid: 3, seized: 4, at: 5 };
        let chained = |decision: &Decision| {
            let mut market = market();
            market.chain_decision(decision);
            market.decision_chain
        };
        let others = [
            Decision { digest: [9; 32], ..decision },
            Decision { position: [9; 32], ..decision },
            Decision { repaid: 9, ..decision },
            Decision { seized: 9, ..decision },
            Decision { at: 9, ..decision },
        ];
        assert!(others.iter().all(|other| chained(other) != chained(&decision)));
    }

    proptest! {
        #[test]
        fn assets_never_fall_by_accrual(cash in 0u64..1 << 53, debt in 0u64..1 << 53, reserves in 0u64..1 << 40, steps in prop::collection::vec(0i64..40 * YEAR, 1..20)) {
            prop_assume!(cash + debt >= reserves);
            let mut market = Market { cash, debt_shares: debt, reserves, ..market() };
            let mut now = 0;
            for step in steps {
                let (assets, kept) = (market.assets().unwrap(), market.reserves);
                now += step;
                market.accrue(now).unwrap();
                market.invariant().unwrap();
                prop_assert!(market.assets().unwrap() >= assets && market.reserves >= kept);
            }
        }

        #[test]
        fn a_write_off_leaves_sound_books(cash in 0u64..1 << 53, debt in 1u64..1 << 53, reserves in 0u64..1 << 53, part in 0.0..=1.0, growth in 0u128..1 << 70) {
            prop_assume!(cash + debt >= reserves);
            let index = PodU128::from(ONE_Q64 + growth);
            let mut market = Market { cash, debt_shares: debt, reserves, borrow_index: index, ..market() };
            let assets = market.assets().unwrap();
            let lost = market.write_off(((debt as f64 * part) as u64).min(debt)).unwrap();
            market.invariant().unwrap();
            prop_assert!(market.assets().unwrap() >= assets.saturating_sub(lost));
            prop_assert!(market.assets().unwrap() <= assets);
        }
    }
}
