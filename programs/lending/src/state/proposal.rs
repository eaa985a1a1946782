//! What the admin proposed: one thing at a time, which waits on the exit clock and expires on it.
//!
//! A proposal may be carried out when suppliers had two days in which they could leave since it was made, and within seven
//! days more of that same clock. Parameters that only tighten new risk wait an hour of plain time instead.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use super::params::RiskParams;
use crate::errors::{LendingError, MathResult};

/// Seconds of the exit clock from a proposal to the earliest moment at which it may be carried out: two days.
pub const TIMELOCK_SECONDS: u64 = 172_800;

/// Plain seconds that parameters wait which only tighten new risk.
pub const TIGHTENING_SECONDS: u64 = 3_600;

/// Seconds after the wait, of the clock that was waited on, in which a proposal may be carried out: seven days.
pub const WINDOW_SECONDS: u64 = 604_800;

/// What is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// New parameters.
    Params,
    /// Another admin.
    Admin,
    /// Another guardian.
    Guardian,
    /// A withdrawal of reserves.
    Withdrawal,
}

impl Kind {
    /// The byte of a kind; zero stands for none.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Params => 1,
            Self::Admin => 2,
            Self::Guardian => 3,
            Self::Withdrawal => 4,
        }
    }
}

/// What a proposal waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Two days of the exit clock, and a door that is open now.
    Exit,
    /// An hour.
    Hour,
}

/// The proposal that waits. 336 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Proposal {
    /// Proposed parameters.
    pub params: RiskParams,
    /// Proposed admin or guardian.
    pub address: Address,
    /// Proposed withdrawal, base units of the debt asset.
    pub amount: u64,
    /// The exit clock when it was made.
    pub clock_at: u64,
    /// When it was made, Unix seconds.
    pub made_at: i64,
    /// 0 none, 1 parameters, 2 admin, 3 guardian, 4 withdrawal.
    pub kind: u8,
    /// Zero.
    pub padding: [u8; 7],
}

const _: () = assert!(size_of::<Proposal>() == 336);

impl Proposal {
    /// A proposal made now, at this reading of the exit clock. What the kind does not need stays zero.
    pub fn new(kind: Kind, clock: u64, now: i64) -> Self {
        Self { kind: kind.to_byte(), clock_at: clock, made_at: now, ..Self::zeroed() }
    }

    /// Whether something waits.
    pub const fn waits(&self) -> bool {
        self.kind != 0
    }

    /// Drops it.
    pub fn clear(&mut self) {
        *self = Self::zeroed();
    }

    /// Fails unless a proposal of this kind waits.
    ///
    /// # Errors
    /// Nothing waits, or something else.
    pub fn require(&self, kind: Kind) -> MathResult<()> {
        match self.kind {
            0 => Err(LendingError::NothingPending),
            byte if byte == kind.to_byte() => Ok(()),
            _ => Err(LendingError::OtherProposal),
        }
    }

    /// Fails unless its wait is over and its window open, at this reading of the exit clock.
    ///
    /// # Errors
    /// Too early or too late; the caller checks the door.
    pub fn require_due(&self, wait: Wait, clock: u64, now: i64) -> MathResult<()> {
        let (passed, least) = match wait {
            Wait::Exit => (clock.saturating_sub(self.clock_at), TIMELOCK_SECONDS),
            Wait::Hour => (u64::try_from(now.saturating_sub(self.made_at)).unwrap_or(0), TIGHTENING_SECONDS),
        };
        if passed < least {
            return Err(LendingError::TimelockRunning);
        }
        if passed > least.saturating_add(WINDOW_SECONDS) {
            return Err(LendingError::ProposalExpired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_asked_for_by_name() {
        let waiting = Proposal::new(Kind::Admin, 0, 0);
        assert_eq!(waiting.require(Kind::Admin), Ok(()));
        for kind in [Kind::Params, Kind::Guardian, Kind::Withdrawal] {
            assert_eq!(waiting.require(kind), Err(LendingError::OtherProposal));
        }
        let mut dropped = waiting;
        dropped.clear();
        assert!(waiting.waits() && !dropped.waits());
        assert_eq!(dropped.require(Kind::Admin), Err(LendingError::NothingPending));
    }

    #[test]
    fn the_exit_clock_counts_and_plain_time_does_not() {
        let proposal = Proposal::new(Kind::Params, 1_000, 5_000);
        let at = |clock| proposal.require_due(Wait::Exit, clock, i64::MAX);
        assert_eq!(at(1_000 + TIMELOCK_SECONDS - 1), Err(LendingError::TimelockRunning));
        assert_eq!(at(1_000 + TIMELOCK_SECONDS), Ok(()));
        assert_eq!(at(1_000 + TIMELOCK_SECONDS + WINDOW_SECONDS), Ok(()));
        assert_eq!(at(1_000 + TIMELOCK_SECONDS + WINDOW_SECONDS + 1), Err(LendingError::ProposalExpired));
    }

    #[test]
    fn tightening_waits_an_hour_of_plain_time() {
        let proposal = Proposal::new(Kind::Params, 1_000, 5_000);
        let at = |now| proposal.require_due(Wait::Hour, 1_000, now);
        assert_eq!(at(5_000 + 3_599), Err(LendingError::TimelockRunning));
        assert_eq!([at(5_000 + 3_600), at(5_000 + 3_600 + 604_800)], [Ok(()), Ok(())]);
        assert_eq!(at(5_000 + 3_600 + 604_801), Err(LendingError::ProposalExpired));
        assert_eq!(at(i64::MIN), Err(LendingError::TimelockRunning));
    }
}
