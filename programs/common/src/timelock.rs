//! When a proposal may be carried out: suppliers had two days in which they could leave since it was made, and within seven
//! days more of that same clock. What only tightens new risk waits an hour of plain time instead.

use crate::rules::{Rule, RuleError};

/// Seconds of the exit clock from a proposal to the earliest moment at which it may be carried out: two days.
pub const TIMELOCK_SECONDS: u64 = 172_800;

/// Plain seconds that parameters wait which only tighten new risk.
pub const TIGHTENING_SECONDS: u64 = 3_600;

/// Seconds after the wait, of the clock that was waited on, in which a proposal may be carried out: seven days.
pub const WINDOW_SECONDS: u64 = 604_800;

/// What a proposal waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Two days of the exit clock, and a door that is open now.
    Exit,
    /// An hour.
    Hour,
}

/// Two clocks' readings at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The exit clock, seconds.
    pub exit: u64,
    /// Unix seconds.
    pub unix: i64,
}

/// Fails unless the wait of a proposal made at `made` is over and its window open.
///
/// # Errors
/// Too early or too late; the caller checks the door.
pub fn require_due(wait: Wait, made: Moment, now: Moment) -> Rule<()> {
    let (passed, least) = match wait {
        Wait::Exit => (now.exit.saturating_sub(made.exit), TIMELOCK_SECONDS),
        Wait::Hour => (u64::try_from(now.unix.saturating_sub(made.unix)).unwrap_or(0), TIGHTENING_SECONDS),
    };
    if passed < least {
        return Err(RuleError::TimelockRunning);
    }
    if passed > least.saturating_add(WINDOW_SECONDS) {
        return Err(RuleError::ProposalExpired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: Moment = Moment { exit: 1_000, unix: 5_000 };

    #[test]
    fn the_exit_clock_counts_and_plain_time_does_not() {
        let at = |exit| require_due(Wait::Exit, MADE, Moment { exit, unix: i64::MAX });
        assert_eq!(at(1_000 + TIMELOCK_SECONDS - 1), Err(RuleError::TimelockRunning));
        assert_eq!(at(1_000 + TIMELOCK_SECONDS), Ok(()));
        assert_eq!(at(1_000 + TIMELOCK_SECONDS + WINDOW_SECONDS), Ok(()));
        assert_eq!(at(1_000 + TIMELOCK_SECONDS + WINDOW_SECONDS + 1), Err(RuleError::ProposalExpired));
    }

    #[test]
    fn tightening_waits_an_hour_of_plain_time() {
        let at = |unix| require_due(Wait::Hour, MADE, Moment { exit: 1_000, unix });
        assert_eq!(at(5_000 + 3_599), Err(RuleError::TimelockRunning));
        assert_eq!([at(5_000 + 3_600), at(5_000 + 3_600 + 604_800)], [Ok(()), Ok(())]);
        assert_eq!(at(5_000 + 3_600 + 604_801), Err(RuleError::ProposalExpired));
        assert_eq!(at(i64::MIN), Err(RuleError::TimelockRunning));
    }
}
