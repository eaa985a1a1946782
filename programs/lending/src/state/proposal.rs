//! What the admin proposed: one thing at a time, which waits on the exit clock and expires on it, as
//! [`assay_program::timelock`] has it.

use anchor_lang::prelude::*;
use assay_program::timelock::{Moment, Wait, require_due};
use bytemuck::{Pod, Zeroable};

use super::params::RiskParams;
use crate::errors::{LendingError, MathResult};

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
        let made = Moment { exit: self.clock_at, unix: self.made_at };
        Ok(require_due(wait, made, Moment { exit: clock, unix: now })?)
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
}
