//! Times that every proposal of this program keeps, in Unix seconds.
//!
//! ```text
//! proposed ---- wait: at least a day ----> earliest ---- window: 14 days ----> lapsed
//! ```
//!
//! The wait gives everybody who relies on a model time to look and to leave. The window ends what nobody took up, so that
//! a proposal that was looked at in spring is not made effective in autumn.

use anchor_lang::prelude::*;

use crate::VerifierError;

/// Shortest wait from a proposal to its effect, in seconds: a day, for keys of every kind.
pub const MIN_TIMELOCK: i64 = 24 * 60 * 60;
/// Longest wait, in seconds.
pub const MAX_TIMELOCK: i64 = 30 * 24 * 60 * 60;
/// How long a proposal can be made effective, in seconds, once its wait has passed; and how long an offered authority can be
/// accepted.
pub const WINDOW: i64 = 14 * 24 * 60 * 60;

/// Whether a wait is one that the program allows.
pub fn is_timelock(seconds: i64) -> bool {
    (MIN_TIMELOCK..=MAX_TIMELOCK).contains(&seconds)
}

/// `seconds` from now.
pub fn after(now: i64, seconds: i64) -> Result<i64> {
    now.checked_add(seconds).ok_or(ProgramError::ArithmeticOverflow)
}

/// Whether a proposal with this earliest time has lapsed.
pub fn has_lapsed(earliest: i64, now: i64) -> bool {
    now > earliest.saturating_add(WINDOW)
}

/// A proposal with this earliest time can be made effective now.
pub fn require_ripe(earliest: i64, now: i64) -> Result<()> {
    require!(now >= earliest, VerifierError::TimelockRunning);
    require!(!has_lapsed(earliest, now), VerifierError::ProposalLapsed);
    Ok(())
}
