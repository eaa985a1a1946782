//! The arithmetic of a pool of loans: pure functions on integers, each with its rounding direction and its bounds.
//!
//! Nothing here reads an account. Amounts are base units of a mint, ratios are basis points or parts per billion. An error is
//! always [`RuleError::Overflow`](crate::rules::RuleError::Overflow), and the tests show which inputs cannot cause it.
//!
//! | module | what it computes |
//! | --- | --- |
//! | [`fixed`] | `a * b / c` with a rounding direction; 64.64 fixed point |
//! | [`interest`] | the rate at a utilization, the borrow index after a time |
//! | [`shares`] | suppliers' shares against assets, borrowers' shares against debt |
//! | [`wide`] | 128-bit division out of the machine's 64-bit one |

pub mod fixed;
pub mod interest;
pub mod shares;
pub mod wide;

/// Hundredths of a percent in one.
pub const BASIS_POINTS: u64 = 10_000;
