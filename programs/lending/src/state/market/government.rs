//! Who may change what, and when: pause levels, proposals, the exit clock.
//!
//! An adversary here is the admin, the guardian, or an accomplice with all the cash. What the first proposes takes effect
//! only after suppliers had two days in which they could leave; what the second raises ends; what the third borrows stops the
//! clock.

use super::Market;
use crate::{
    errors::{LendingError, MathResult},
    math::BASIS_POINTS,
    state::{Action, Door, Kind, Proposal, RiskParams, Wait},
};

impl Market {
    /// Fails where the pause level closes `action`.
    ///
    /// # Errors
    /// [`LendingError::Paused`].
    pub fn require_open(&self, action: Action, now: i64) -> MathResult<()> {
        if action.is_open_at(self.guard.level(now)?) { Ok(()) } else { Err(LendingError::Paused) }
    }

    /// Whether suppliers can leave: withdrawing is allowed, and the vault holds the stated share of their assets.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn door(&self, now: i64) -> MathResult<Door> {
        let needed = u128::from(self.assets()?) * u128::from(self.params.exit_cash_bps);
        if u128::from(self.cash) * u128::from(BASIS_POINTS) < needed {
            return Ok(Door::ShortOfCash);
        }
        Ok(Door::OpenFrom(self.guard.leaving_from(now)?))
    }

    /// Settles the exit clock. Every instruction that moves cash or the pause level ends here.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn settle_exit(&mut self, now: i64) -> MathResult<()> {
        let door = self.door(now)?;
        self.exit.settle(now, door);
        Ok(())
    }

    /// Makes a proposal, in place of any that waits already.
    pub fn propose(&mut self, kind: Kind, now: i64) -> &mut Proposal {
        self.proposal = Proposal::new(kind, self.exit.at(now), now);
        &mut self.proposal
    }

    /// Proposes parameters.
    ///
    /// # Errors
    /// The parameters fail their checks.
    pub fn propose_params(&mut self, params: &RiskParams, now: i64) -> MathResult<()> {
        params.validate()?;
        self.propose(Kind::Params, now).params = *params;
        Ok(())
    }

    /// Takes a proposal of this kind that is due; suppliers must be able to leave now.
    ///
    /// # Errors
    /// Nothing of the kind waits, it is too early or too late, or the door is shut.
    pub fn take_proposal(&mut self, kind: Kind, now: i64) -> MathResult<Proposal> {
        self.proposal.require(kind)?;
        let tightens = kind == Kind::Params && self.params.only_tightens(&self.proposal.params);
        let wait = if tightens { Wait::Hour } else { Wait::Exit };
        self.proposal.require_due(wait, self.exit.at(now), now)?;
        if wait == Wait::Exit && !self.door(now)?.is_open(now) {
            return Err(LendingError::ExitClosed);
        }
        let taken = self.proposal;
        self.proposal.clear();
        Ok(taken)
    }

    /// Puts proposed parameters into force. Interest must have accrued at the old rates.
    ///
    /// # Errors
    /// As [`Market::take_proposal`].
    pub fn apply_params(&mut self, now: i64) -> MathResult<()> {
        self.params = self.take_proposal(Kind::Params, now)?.params;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::market;
    use super::*;
    use crate::state::{
        HALT_SECONDS, PauseLevel, TIGHTENING_SECONDS, TIMELOCK_SECONDS, WINDOW_SECONDS, params::tests::sound,
    };
    use proptest::prelude::*;

    const LOCK: i64 = TIMELOCK_SECONDS as i64;

    fn dear() -> RiskParams {
        RiskParams { collateral_source: [9; 32], ..sound() }
    }

    #[test]
    fn parameters_wait_for_the_exit_clock_and_apply_once() {
        let mut market = market();
        assert_eq!(market.apply_params(0), Err(LendingError::NothingPending));
        market.propose_params(&dear(), 10).unwrap();
        assert_eq!(market.apply_params(10 + LOCK - 1), Err(LendingError::TimelockRunning));
        market.apply_params(10 + LOCK).unwrap();
        assert_eq!((market.params, market.proposal.waits()), (dear(), false));
        assert_eq!(market.apply_params(i64::MAX), Err(LendingError::NothingPending));
    }

    #[test]
    fn a_halt_does_not_outlast_the_timelock() {
        let mut market = market();
        market.propose_params(&dear(), 0).unwrap();
        market.guard.raise(PauseLevel::Halted, 0).unwrap();
        market.settle_exit(0).unwrap();
        assert_eq!(market.apply_params(LOCK), Err(LendingError::TimelockRunning));
        assert_eq!(market.apply_params(HALT_SECONDS + LOCK - 1), Err(LendingError::TimelockRunning));
        market.apply_params(HALT_SECONDS + LOCK).unwrap();
    }

    #[test]
    fn an_accomplice_with_all_the_cash_stops_the_clock() {
        let mut market = Market { cash: 1_000, supply_shares: 1, ..market() };
        market.propose_params(&dear(), 0).unwrap();
        (market.cash, market.debt_shares) = (49, 951);
        market.settle_exit(10).unwrap();
        assert_eq!(market.exit.at(10 * LOCK), 10);
        assert_eq!(market.apply_params(10 * LOCK), Err(LendingError::TimelockRunning));
        (market.cash, market.debt_shares) = (50, 950);
        market.settle_exit(10 * LOCK).unwrap();
        let due = 11 * LOCK - 10;
        // Short again at the moment of application: not then either.
        let mut short = market;
        (short.cash, short.debt_shares) = (0, 1_000);
        short.settle_exit(due).unwrap();
        assert_eq!(short.apply_params(due), Err(LendingError::ExitClosed));
        assert_eq!(market.apply_params(due - 1), Err(LendingError::TimelockRunning));
        market.apply_params(due).unwrap();
    }

    #[test]
    fn a_forgotten_proposal_expires() {
        let mut market = market();
        market.propose_params(&dear(), 0).unwrap();
        let last = (TIMELOCK_SECONDS + WINDOW_SECONDS) as i64;
        assert_eq!(market.apply_params(last + 1), Err(LendingError::ProposalExpired));
        market.apply_params(last).unwrap();
    }

    #[test]
    fn a_market_short_of_cash_can_still_be_made_safer() {
        let mut market = Market { cash: 0, debt_shares: 1_000, ..market() };
        market.settle_exit(0).unwrap();
        let safer = RiskParams { max_ltv_bps: 5_000, ..sound() };
        market.propose_params(&safer, 0).unwrap();
        assert_eq!(market.apply_params(TIGHTENING_SECONDS as i64 - 1), Err(LendingError::TimelockRunning));
        market.apply_params(TIGHTENING_SECONDS as i64).unwrap();
        assert_eq!(market.params, safer);
    }

    #[test]
    fn a_second_proposal_replaces_the_first_and_waits_anew() {
        let mut market = market();
        market.propose_params(&dear(), 0).unwrap();
        market.propose(Kind::Admin, LOCK - 1);
        assert_eq!(market.apply_params(LOCK), Err(LendingError::OtherProposal));
        assert_eq!(market.take_proposal(Kind::Admin, LOCK), Err(LendingError::TimelockRunning));
        market.take_proposal(Kind::Admin, 2 * LOCK - 1).unwrap();
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wait(i64),
        Raise(PauseLevel),
        Lower(PauseLevel),
        Cash(u64),
        Propose,
        Apply,
    }

    fn step() -> impl Strategy<Value = Step> {
        use PauseLevel::{Halted, Open, ReduceOnly};
        let level = prop_oneof![Just(Open), Just(ReduceOnly), Just(Halted)];
        prop_oneof![
            3 => (0i64..200_000).prop_map(Step::Wait),
            1 => level.clone().prop_map(Step::Raise),
            1 => level.prop_map(Step::Lower),
            2 => (0u64..=1_000).prop_map(Step::Cash),
            1 => Just(Step::Propose),
            2 => Just(Step::Apply),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// Admin, guardian and an accomplice with all the cash, all gone bad: between a proposal and its application suppliers
        /// had two days in which a withdrawal of a twentieth would have succeeded.
        #[test]
        fn no_change_applies_before_suppliers_could_leave_for_two_days(steps in prop::collection::vec(step(), 1..60)) {
            let mut market = Market { cash: 1_000, supply_shares: 1, ..market() };
            let (mut now, mut open, mut proposed) = (0i64, 0u64, 0u64);
            for step in steps {
                match step {
                    Step::Wait(seconds) => {
                        // Between two instructions only the end of a halt changes what a supplier could do.
                        let from = match market.door(now).unwrap() {
                            Door::OpenFrom(from) => from,
                            Door::ShortOfCash => i64::MAX,
                        };
                        now += seconds;
                        open += u64::try_from((now - from.max(now - seconds)).max(0)).unwrap();
                    }
                    Step::Raise(level) => drop(market.guard.raise(level, now)),
                    Step::Lower(level) => drop(market.guard.lower(level, crate::state::Consent::WithGuardian, now)),
                    Step::Cash(cash) => (market.cash, market.debt_shares) = (cash, 1_000 - cash),
                    Step::Propose => {
                        market.propose_params(&dear(), now).unwrap();
                        market.params = sound();
                        proposed = open;
                    }
                    Step::Apply => {
                        if market.apply_params(now).is_ok() {
                            prop_assert!(open - proposed >= TIMELOCK_SECONDS, "{} s", open - proposed);
                            prop_assert!(market.door(now).unwrap().is_open(now));
                        }
                    }
                }
                market.settle_exit(now).unwrap();
            }
        }
    }
}
