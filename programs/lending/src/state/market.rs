//! A market: one collateral mint, one debt mint, their vaults, the rules, and the books.
//!
//! The books are the program's own: a token sent to a vault from outside is not an asset of anyone.
//!
//! `assets = cash + floor(debt_shares * borrow_index) - reserves` is what the suppliers' shares divide.
//! Always `liquidity vault >= cash` and `collateral vault >= collateral_total`.

use anchor_lang::prelude::*;
use assay_lending_interface::seeds::MARKET;

use crate::{
    errors::{LendingError, MathResult},
    math::{
        BASIS_POINTS,
        fixed::{ONE_Q64, mul_div_floor},
        interest::{grow_index, rate_ppb, utilization_ppb},
        shares::debt_floor,
    },
    state::{Action, HALT_COOLDOWN_SECONDS, HALT_SECONDS, PauseLevel, RiskParams, TIMELOCK_SECONDS, VERSION},
};

/// The loans stop to accrue interest where their total would exceed this: they can always be repaid.
const MAX_TOTAL_DEBT: u64 = 1 << 62;

/// A market. 888 bytes after the discriminator.
#[account]
pub struct Market {
    /// Who created it; part of its address, and of no other meaning.
    pub creator: Address,
    /// Who may propose parameters, pause, and name a successor.
    pub admin: Address,
    /// A successor that has not accepted yet; zero for none.
    pub pending_admin: Address,
    /// Mint of the collateral.
    pub collateral_mint: Address,
    /// Mint that is supplied and borrowed.
    pub debt_mint: Address,
    /// Token account of the collateral; its authority is the market.
    pub collateral_vault: Address,
    /// Token account of the debt asset; its authority is the market.
    pub liquidity_vault: Address,
    /// The rules in force.
    pub params: RiskParams,
    /// Rules that wait for the timelock; meaningless while `pending_until` is zero.
    pub pending_params: RiskParams,
    /// First second at which the waiting rules may be applied; zero for none.
    pub pending_until: i64,
    /// Until when a halt lasts, Unix seconds.
    pub halted_until: i64,
    /// Suppliers' shares.
    pub supply_shares: u64,
    /// Units of the debt asset that the books count in the vault.
    pub cash: u64,
    /// Borrowers' shares.
    pub debt_shares: u64,
    /// Interest set aside against bad debt, part of cash and loans.
    pub reserves: u64,
    /// All positions' collateral.
    pub collateral_total: u64,
    /// When interest last accrued, Unix seconds.
    pub last_accrual: i64,
    /// `cash` when the current second began: what the utilization feature reads, see [`Market::accrue`].
    pub settled_cash: u64,
    /// What the borrowers owed together when the current second began.
    pub settled_debt: u64,
    /// Debt of one share, 64.64 fixed point; starts at one.
    pub borrow_index: PodU128,
    /// Decimals of the collateral mint.
    pub collateral_decimals: u8,
    /// Decimals of the debt mint.
    pub debt_decimals: u8,
    /// Pause level as set: 0 open, 1 reduce-only, 2 halted.
    pub pause: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 3],
    /// Zero; for later versions.
    pub reserved: [u64; 18],
}

const _: () = assert!(size_of::<Market>() == 888);

impl Market {
    /// What the borrowers owe together, rounded down.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn debt_total(&self) -> MathResult<u64> {
        debt_floor(self.debt_shares, self.borrow_index.get())
    }

    /// What the suppliers own together.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn assets(&self) -> MathResult<u64> {
        let total = self.cash.checked_add(self.debt_total()?).ok_or(LendingError::MathOverflow)?;
        total.checked_sub(self.reserves).ok_or(LendingError::InvariantViolated)
    }

    /// Charges interest up to `now`. Every instruction that reads or changes a debt or the cash starts here.
    ///
    /// The first of them in a second also settles cash and debt as they stood before it. Features are computed from the
    /// settled values, so nobody can withdraw, take a snapshot and supply again in one transaction to look at a utilization
    /// that never was.
    ///
    /// # Errors
    /// Arithmetic out of range; not for any state that passes the invariant.
    pub fn accrue(&mut self, now: i64) -> MathResult<()> {
        let Ok(seconds) = u64::try_from(now.saturating_sub(self.last_accrual)) else { return Ok(()) };
        if seconds == 0 {
            return Ok(());
        }
        self.charge(seconds)?;
        self.last_accrual = now;
        self.settled_cash = self.cash;
        self.settled_debt = self.debt_total()?;
        Ok(())
    }

    fn charge(&mut self, seconds: u64) -> MathResult<()> {
        if self.debt_shares == 0 {
            return Ok(());
        }
        let before = self.debt_total()?;
        let rate = rate_ppb(&self.params.curve(), utilization_ppb(before, self.cash))?;
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

    /// The pause level in force: a halt that has run out is reduce-only.
    ///
    /// # Errors
    /// The stored byte is no level.
    pub fn pause_level(&self, now: i64) -> MathResult<PauseLevel> {
        match PauseLevel::from_byte(self.pause)? {
            PauseLevel::Halted if now > self.halted_until => Ok(PauseLevel::ReduceOnly),
            level => Ok(level),
        }
    }

    /// Fails where the pause level closes `action`.
    ///
    /// # Errors
    /// [`LendingError::Paused`].
    pub fn require_open(&self, action: Action, now: i64) -> MathResult<()> {
        if self.pause_level(now)?.allows(action) { Ok(()) } else { Err(LendingError::Paused) }
    }

    /// Moves to a pause level. A halt cannot follow the last one before suppliers had a day to leave.
    ///
    /// # Errors
    /// [`LendingError::HaltTooSoon`].
    pub fn set_pause(&mut self, level: PauseLevel, now: i64) -> MathResult<()> {
        if level == PauseLevel::Halted {
            let allowed =
                self.halted_until == 0 || now >= self.halted_until.saturating_add(HALT_COOLDOWN_SECONDS);
            if !allowed {
                return Err(LendingError::HaltTooSoon);
            }
            self.halted_until = now.checked_add(HALT_SECONDS).ok_or(LendingError::MathOverflow)?;
        } else if PauseLevel::from_byte(self.pause)? == PauseLevel::Halted {
            self.halted_until = self.halted_until.min(now);
        }
        self.pause = level.to_byte();
        Ok(())
    }

    /// Stores parameters that wait for the timelock, in place of any that wait already.
    ///
    /// # Errors
    /// The parameters fail their checks.
    pub fn propose(&mut self, params: &RiskParams, now: i64) -> MathResult<()> {
        params.validate()?;
        self.pending_params = *params;
        self.pending_until = now.checked_add(TIMELOCK_SECONDS).ok_or(LendingError::MathOverflow)?;
        Ok(())
    }

    /// Puts the waiting parameters into force.
    ///
    /// # Errors
    /// None wait, or the timelock has not run out.
    pub fn apply(&mut self, now: i64) -> MathResult<()> {
        if self.pending_until == 0 {
            return Err(LendingError::NothingPending);
        }
        if now < self.pending_until {
            return Err(LendingError::TimelockRunning);
        }
        self.params = self.pending_params;
        self.pending_until = 0;
        Ok(())
    }

    /// What must hold after every instruction. Checked last.
    ///
    /// # Errors
    /// [`LendingError::InvariantViolated`], or the error of the parameter that is out of bounds.
    pub fn invariant(&self) -> MathResult<()> {
        self.assets()?;
        let debt = self.debt_total()?;
        let sound = self.version == VERSION
            && self.borrow_index.get() >= ONE_Q64
            && debt <= MAX_TOTAL_DEBT
            && (self.debt_shares > 0 || debt == 0)
            && self.collateral_mint != self.debt_mint
            && self.collateral_vault != self.liquidity_vault;
        if sound { Ok(()) } else { Err(LendingError::InvariantViolated) }
    }

    /// Seeds of this address without the bump, for signing as the vaults' authority.
    pub fn seeds(&self) -> [&[u8]; 4] {
        [MARKET, self.creator.as_ref(), self.collateral_mint.as_ref(), self.debt_mint.as_ref()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::params::tests::sound;
    use bytemuck::Zeroable;
    use proptest::prelude::*;

    const YEAR: i64 = 31_536_000;

    fn market() -> Market {
        Market {
            params: sound(),
            version: VERSION,
            borrow_index: PodU128::from(ONE_Q64),
            debt_mint: Address::new_from_array([1; 32]),
            liquidity_vault: Address::new_from_array([1; 32]),
            ..Zeroable::zeroed()
        }
    }

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
    fn features_see_the_books_as_they_stood_when_the_second_began() {
        let mut market =
            Market { cash: 400, debt_shares: 600, supply_shares: 1, last_accrual: 9, ..market() };
        market.accrue(10).unwrap();
        market.cash = 0;
        market.accrue(10).unwrap();
        assert_eq!((market.settled_cash, market.settled_debt), (400, 600));
        market.accrue(11).unwrap();
        assert_eq!(market.settled_cash, 0);
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
    fn a_halt_ends_by_itself_and_cannot_be_prolonged() {
        let mut market = market();
        market.set_pause(PauseLevel::Halted, 100).unwrap();
        let end = 100 + HALT_SECONDS;
        assert_eq!(market.pause_level(end), Ok(PauseLevel::Halted));
        assert_eq!(market.pause_level(end + 1), Ok(PauseLevel::ReduceOnly));
        assert_eq!(market.set_pause(PauseLevel::Halted, end), Err(LendingError::HaltTooSoon));
        assert_eq!(
            market.set_pause(PauseLevel::Halted, end + HALT_COOLDOWN_SECONDS - 1),
            Err(LendingError::HaltTooSoon)
        );
        market.set_pause(PauseLevel::Halted, end + HALT_COOLDOWN_SECONDS).unwrap();
    }

    #[test]
    fn a_halt_lifted_early_still_has_its_cooldown() {
        let mut market = market();
        market.set_pause(PauseLevel::Halted, 100).unwrap();
        market.set_pause(PauseLevel::Open, 200).unwrap();
        assert_eq!(market.set_pause(PauseLevel::Halted, 201), Err(LendingError::HaltTooSoon));
        market.set_pause(PauseLevel::Halted, 200 + HALT_COOLDOWN_SECONDS).unwrap();
    }

    #[test]
    fn parameters_wait_for_the_timelock() {
        let mut market = market();
        assert_eq!(market.apply(0), Err(LendingError::NothingPending));
        let changed = RiskParams { max_ltv_bps: 5_000, ..sound() };
        market.propose(&changed, 10).unwrap();
        assert_eq!(market.apply(10 + TIMELOCK_SECONDS - 1), Err(LendingError::TimelockRunning));
        market.apply(10 + TIMELOCK_SECONDS).unwrap();
        assert_eq!((market.params, market.pending_until), (changed, 0));
        assert_eq!(market.apply(i64::MAX), Err(LendingError::NothingPending));
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
