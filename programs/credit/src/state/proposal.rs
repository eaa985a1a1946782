//! What the admin proposed: one thing at a time, which waits on the exit clock and expires on it, as
//! [`assay_program::timelock`] has it.

use anchor_lang::prelude::*;
use assay_program::timelock::{Moment, Wait, require_due};
use bytemuck::{Pod, Zeroable};

use super::terms::Terms;
use crate::errors::{CreditError, Rule};

/// What is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Other terms.
    Terms = 1,
    /// A withdrawal of reserves.
    Withdrawal = 2,
}

/// The proposal that waits. 272 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Proposal {
    /// Proposed terms.
    pub terms: Terms,
    /// Proposed withdrawal, base units.
    pub amount: u64,
    /// The exit clock when it was made.
    pub clock_at: u64,
    /// When it was made, Unix seconds.
    pub made_at: i64,
    /// 0 none, 1 terms, 2 withdrawal.
    pub kind: u8,
    /// Zero.
    pub padding: [u8; 7],
}

const _: () = assert!(size_of::<Proposal>() == 272);

impl Proposal {
    /// A proposal made now, at this reading of the exit clock. What the kind does not need stays zero.
    pub fn new(kind: Kind, clock: u64, now: i64) -> Self {
        Self { kind: kind as u8, clock_at: clock, made_at: now, ..Self::zeroed() }
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
    pub fn require(&self, kind: Kind) -> Rule<()> {
        match self.kind {
            0 => Err(CreditError::NothingPending),
            byte if byte == kind as u8 => Ok(()),
            _ => Err(CreditError::OtherProposal),
        }
    }

    /// Fails unless its wait is over and its window open, at this reading of the exit clock.
    ///
    /// # Errors
    /// Too early or too late; the caller checks the door.
    pub fn require_due(&self, wait: Wait, clock: u64, now: i64) -> Rule<()> {
        let made = Moment { exit: self.clock_at, unix: self.made_at };
        Ok(require_due(wait, made, Moment { exit: clock, unix: now })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_asked_for_by_name() {
        let mut waiting = Proposal::new(Kind::Withdrawal, 0, 0);
        assert_eq!(waiting.require(Kind::Withdrawal), Ok(()));
        assert_eq!(waiting.require(Kind::Terms), Err(CreditError::OtherProposal));
        waiting.clear();
        assert_eq!(waiting.require(Kind::Withdrawal), Err(CreditError::NothingPending));
    }
}
