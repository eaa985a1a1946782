//! Whether a position stands flagged: proven risky, since when, and by what evidence.
//!
//! The flag is the public clock of the [auction](crate::math::auction). The first accepted proof sets it; it lapses an hour
//! after the last accepted final minute, at zero debt, or when a later snapshot is proven to score below the threshold.
//! Once cleared, only evidence that is later than the clearing one sets it again: an old snapshot that is still alive does
//! not undo what a newer one said.

use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};

use crate::errors::{LendingError, MathResult};

/// A flag lapses this many seconds after the final minute of the last accepted evidence.
pub const FLAG_SECONDS: i64 = 3_600;

/// What a snapshot is of: its final minute, and how often risk had been added to the position. Later evidence is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Final minute, Unix minutes.
    pub epoch: u32,
    /// The position's revision.
    pub revision: u32,
}

/// A position's flag. 24 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct Flag {
    /// Since when it stands, Unix seconds.
    pub since: i64,
    /// Final minute of the last evidence.
    pub epoch: u32,
    /// Revision of the last evidence.
    pub revision: u32,
    /// 0 none, 1 flagged, 2 cleared.
    pub state: u8,
    /// Zero.
    pub padding: [u8; 7],
}

const FLAGGED: u8 = 1;
const CLEARED: u8 = 2;

impl Flag {
    /// Since when the flag stands; `None` where it does not.
    pub fn standing(&self, now: i64) -> Option<i64> {
        (self.state == FLAGGED && !self.lapsed(now)).then_some(self.since)
    }

    /// Takes evidence that was proven to score at or above the threshold. Returns since when the flag stands.
    ///
    /// # Errors
    /// [`LendingError::EvidenceSuperseded`]: later evidence cleared the flag.
    pub fn accept(&mut self, evidence: Evidence, now: i64) -> MathResult<i64> {
        if self.state == CLEARED && !self.lapsed(now) && evidence <= self.last() {
            return Err(LendingError::EvidenceSuperseded);
        }
        let standing = self.standing(now);
        let last = if standing.is_some() { self.last().max(evidence) } else { evidence };
        *self = Self::of(FLAGGED, standing.unwrap_or(now), last);
        Ok(self.since)
    }

    /// Takes evidence that was proven to score below the threshold.
    ///
    /// # Errors
    /// No flag stands, or the evidence is not later than what it stands on.
    pub fn clear(&mut self, evidence: Evidence, now: i64) -> MathResult<()> {
        self.standing(now).ok_or(LendingError::NoFlag)?;
        if evidence <= self.last() {
            return Err(LendingError::EvidenceSuperseded);
        }
        *self = Self::of(CLEARED, now, evidence);
        Ok(())
    }

    fn of(state: u8, since: i64, evidence: Evidence) -> Self {
        let Evidence { epoch, revision } = evidence;
        Self { since, epoch, revision, state, padding: [0; 7] }
    }

    fn last(&self) -> Evidence {
        Evidence { epoch: self.epoch, revision: self.revision }
    }

    fn lapsed(&self, now: i64) -> bool {
        now > i64::from(self.epoch).saturating_mul(60).saturating_add(FLAG_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_708_000_020;

    fn evidence(epoch: u32, revision: u32) -> Evidence {
        Evidence { epoch: (START / 60) as u32 + epoch, revision }
    }

    #[test]
    fn the_first_proof_sets_the_clock_and_later_ones_keep_it() {
        let mut flag = Flag::zeroed();
        assert_eq!(flag.standing(START), None);
        assert_eq!(flag.accept(evidence(0, 1), START + 70), Ok(START + 70));
        assert_eq!(flag.accept(evidence(5, 1), START + 400), Ok(START + 70));
        // An older snapshot, still alive, does not shorten it.
        assert_eq!(flag.accept(evidence(3, 1), START + 410), Ok(START + 70));
        assert_eq!((flag.epoch, flag.standing(START + 411)), (evidence(5, 1).epoch, Some(START + 70)));
    }

    #[test]
    fn it_lapses_an_hour_after_the_last_evidence() {
        let mut flag = Flag::zeroed();
        flag.accept(evidence(0, 1), START).unwrap();
        let end = START / 60 * 60 + FLAG_SECONDS;
        assert_eq!([flag.standing(end), flag.standing(end + 1)], [Some(START), None]);
        assert_eq!(flag.clear(evidence(70, 1), end + 1), Err(LendingError::NoFlag));
        assert_eq!(flag.accept(evidence(61, 1), end + 90), Ok(end + 90));
    }

    #[test]
    fn later_evidence_clears_and_only_later_evidence_flags_again() {
        let mut flag = Flag::zeroed();
        assert_eq!(flag.clear(evidence(1, 1), START), Err(LendingError::NoFlag));
        flag.accept(evidence(2, 1), START).unwrap();
        for old in [evidence(1, 9), evidence(2, 1)] {
            assert_eq!(flag.clear(old, START + 130), Err(LendingError::EvidenceSuperseded));
        }
        flag.clear(evidence(3, 1), START + 200).unwrap();
        assert_eq!(flag.standing(START + 200), None);
        for old in [evidence(2, 1), evidence(3, 1)] {
            assert_eq!(flag.accept(old, START + 210), Err(LendingError::EvidenceSuperseded));
        }
        // The same minute after risk was added, or the next minute.
        assert_eq!(flag.accept(evidence(3, 2), START + 220), Ok(START + 220));
    }

    proptest! {
        #[test]
        fn no_state_panics_and_what_is_accepted_stands(since: i64, epoch: u32, revision: u32, state: u8, e: u32, r: u32, now: i64) {
            let mut flag = Flag { since, epoch, revision, state, padding: [0; 7] };
            let evidence = Evidence { epoch: e, revision: r };
            let mut other = flag;
            let _ = other.clear(evidence, now);
            if flag.accept(evidence, now).is_ok() && now <= i64::from(e) * 60 {
                prop_assert!(flag.standing(now).is_some());
            }
        }
    }
}
