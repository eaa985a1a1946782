//! Who may change what, and when: pause levels, proposals, the exit clock.
//!
//! An adversary here is the admin, the guardian, or an accomplice with all the cash. What the first proposes takes effect
//! only after suppliers had two days in which they could leave; what the second raises ends; what the third borrows stops the
//! clock.

use assay_program::math::BASIS_POINTS;

use super::Pool;
use crate::{
    errors::{CreditError, Rule},
    state::{Action, Door, Kind, Proposal, Terms, Wait},
};

impl Pool {
    /// Fails where the pause level closes `action`.
    ///
    /// # Errors
    /// [`CreditError::Paused`].
    pub fn require_open(&self, action: Action, now: i64) -> Rule<()> {
        if action.is_open_at(self.guard.level(now)?) { Ok(()) } else { Err(CreditError::Paused) }
    }

    /// Whether suppliers can leave: withdrawing is allowed, and the vault holds the stated share of their assets.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn door(&self, now: i64) -> Rule<Door> {
        let needed = u128::from(self.assets()?) * u128::from(self.terms.exit_cash_bps);
        if u128::from(self.cash) * u128::from(BASIS_POINTS) < needed {
            return Ok(Door::ShortOfCash);
        }
        Ok(Door::OpenFrom(self.guard.leaving_from(now)?))
    }

    /// Settles the exit clock. Every instruction that moves cash or the pause level ends here.
    ///
    /// # Errors
    /// Never while the invariant holds.
    pub fn settle_exit(&mut self, now: i64) -> Rule<()> {
        let door = self.door(now)?;
        self.exit.settle(now, door);
        Ok(())
    }

    /// Makes a proposal, in place of any that waits already.
    pub fn propose(&mut self, kind: Kind, now: i64) -> &mut Proposal {
        self.proposal = Proposal::new(kind, self.exit.at(now), now);
        &mut self.proposal
    }

    /// Proposes terms.
    ///
    /// # Errors
    /// The terms fail their checks.
    pub fn propose_terms(&mut self, terms: &Terms, now: i64) -> Rule<()> {
        terms.validate()?;
        self.propose(Kind::Terms, now).terms = *terms;
        Ok(())
    }

    /// Takes a proposal of this kind that is due; suppliers must be able to leave now.
    ///
    /// # Errors
    /// Nothing of the kind waits, it is too early or too late, or the door is shut.
    pub fn take_proposal(&mut self, kind: Kind, now: i64) -> Rule<Proposal> {
        self.proposal.require(kind)?;
        let tightens = kind == Kind::Terms && self.terms.only_tightens(&self.proposal.terms);
        let wait = if tightens { Wait::Hour } else { Wait::Exit };
        self.proposal.require_due(wait, self.exit.at(now), now)?;
        if wait == Wait::Exit && !self.door(now)?.is_open(now) {
            return Err(CreditError::ExitClosed);
        }
        let taken = self.proposal;
        self.proposal.clear();
        Ok(taken)
    }

    /// Puts proposed terms into force. Interest must have accrued at the old rates.
    ///
    /// # Errors
    /// As [`Pool::take_proposal`].
    pub fn apply_terms(&mut self, now: i64) -> Rule<()> {
        self.terms = self.take_proposal(Kind::Terms, now)?.terms;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pool;
    use super::*;
    use crate::state::{
        HALT_SECONDS, PauseLevel, TIGHTENING_SECONDS, TIMELOCK_SECONDS, WINDOW_SECONDS, terms::tests::sound,
    };
    use proptest::prelude::*;

    const LOCK: i64 = TIMELOCK_SECONDS as i64;

    fn other_issuer() -> Terms {
        Terms { issuer: [9; 32], ..sound() }
    }

    fn set_loans(pool: &mut Pool, cash: u64, loans: u64) {
        pool.cash = cash;
        pool.books[3].shares = loans;
    }

    #[test]
    fn terms_wait_for_the_exit_clock_and_apply_once() {
        let mut pool = pool();
        assert_eq!(pool.apply_terms(0), Err(CreditError::NothingPending));
        pool.propose_terms(&other_issuer(), 10).unwrap();
        assert_eq!(pool.apply_terms(10 + LOCK - 1), Err(CreditError::TimelockRunning));
        pool.apply_terms(10 + LOCK).unwrap();
        assert_eq!((pool.terms, pool.proposal.waits()), (other_issuer(), false));
        assert_eq!(pool.apply_terms(i64::MAX), Err(CreditError::NothingPending));
    }

    #[test]
    fn a_halt_does_not_outlast_the_timelock() {
        let mut pool = pool();
        pool.propose_terms(&other_issuer(), 0).unwrap();
        pool.guard.raise(PauseLevel::Halted, 0).unwrap();
        pool.settle_exit(0).unwrap();
        assert_eq!(pool.apply_terms(HALT_SECONDS + LOCK - 1), Err(CreditError::TimelockRunning));
        pool.apply_terms(HALT_SECONDS + LOCK).unwrap();
    }

    #[test]
    fn an_accomplice_with_all_the_cash_stops_the_clock() {
        let mut pool = Pool { supply_shares: 1, ..pool() };
        set_loans(&mut pool, 49, 951);
        pool.settle_exit(0).unwrap();
        pool.propose_terms(&other_issuer(), 0).unwrap();
        assert_eq!(pool.apply_terms(10 * LOCK), Err(CreditError::TimelockRunning));
        set_loans(&mut pool, 50, 950);
        pool.settle_exit(10 * LOCK).unwrap();
        let mut short = pool;
        set_loans(&mut short, 0, 1_000);
        short.settle_exit(11 * LOCK).unwrap();
        assert_eq!(short.apply_terms(11 * LOCK), Err(CreditError::ExitClosed));
        pool.apply_terms(11 * LOCK).unwrap();
    }

    #[test]
    fn a_forgotten_proposal_expires() {
        let mut pool = pool();
        pool.propose_terms(&other_issuer(), 0).unwrap();
        let last = (TIMELOCK_SECONDS + WINDOW_SECONDS) as i64;
        assert_eq!(pool.apply_terms(last + 1), Err(CreditError::ProposalExpired));
        pool.apply_terms(last).unwrap();
    }

    #[test]
    fn a_pool_short_of_cash_can_still_be_made_safer() {
        let mut pool = pool();
        set_loans(&mut pool, 0, 1_000);
        pool.settle_exit(0).unwrap();
        let mut safer = sound();
        safer.tiers.iter_mut().for_each(|tier| tier.limit = 0);
        assert_eq!(pool.propose_terms(&safer, 0), Err(CreditError::InvalidTiers), "one tier gets something");
        safer.tiers[3].limit = 1;
        pool.propose_terms(&safer, 0).unwrap();
        assert_eq!(pool.apply_terms(TIGHTENING_SECONDS as i64 - 1), Err(CreditError::TimelockRunning));
        pool.apply_terms(TIGHTENING_SECONDS as i64).unwrap();
        assert_eq!(pool.terms, safer);
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
            let mut pool = Pool { cash: 1_000, supply_shares: 1, ..pool() };
            let (mut now, mut open, mut proposed) = (0i64, 0u64, 0u64);
            for step in steps {
                match step {
                    Step::Wait(seconds) => {
                        // Between two instructions only the end of a halt changes what a supplier could do.
                        let from = match pool.door(now).unwrap() {
                            Door::OpenFrom(from) => from,
                            Door::ShortOfCash => i64::MAX,
                        };
                        now += seconds;
                        open += u64::try_from((now - from.max(now - seconds)).max(0)).unwrap();
                    }
                    Step::Raise(level) => drop(pool.guard.raise(level, now)),
                    Step::Lower(level) => drop(pool.guard.lower(level, crate::state::Consent::WithGuardian, now)),
                    Step::Cash(cash) => set_loans(&mut pool, cash, 1_000 - cash),
                    Step::Propose => {
                        pool.propose_terms(&other_issuer(), now).unwrap();
                        pool.terms = sound();
                        proposed = open;
                    }
                    Step::Apply => {
                        if pool.apply_terms(now).is_ok() {
                            prop_assert!(open - proposed >= TIMELOCK_SECONDS, "{} s", open - proposed);
                            prop_assert!(pool.door(now).unwrap().is_open(now));
                        }
                    }
                }
                pool.settle_exit(now).unwrap();
            }
        }
    }
}
