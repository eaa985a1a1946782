//! Why a rule that programs share refuses something. Each program has its own number and words for it: it turns a
//! [`RuleError`] into its own error.

use thiserror::Error;

/// Why a shared rule refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A result left the range of its type, or a division had no divisor.
    #[error("the result does not fit its type")]
    Overflow,
    /// A byte that is no pause level.
    #[error("the byte is no pause level")]
    UnknownPauseLevel,
    /// A pause level that would not rise.
    #[error("the pause level would not rise")]
    NotARaise,
    /// A halt too soon after the last.
    #[error("a halt follows the last one too soon")]
    HaltTooSoon,
    /// A pause level that would not fall.
    #[error("the pause level would not fall")]
    NotALowering,
    /// A pause level lowered too soon for the admin alone.
    #[error("it is too soon for the admin alone to lower the pause level")]
    LowerTooSoon,
    /// A proposal whose wait is not over.
    #[error("the proposal's wait is not over")]
    TimelockRunning,
    /// A proposal whose window is over.
    #[error("the proposal's window is over")]
    ProposalExpired,
}

/// What every fallible shared rule returns.
pub type Rule<T> = core::result::Result<T, RuleError>;
