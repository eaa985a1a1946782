//! The market's arithmetic: pure functions on integers, each with its rounding direction and its bounds. What every pool of
//! loans has of it is [`assay_program::math`], which is named here too.
//!
//! Nothing here reads an account. Amounts are base units of a mint, prices are 1e-8 USD for a whole token,
//! values are 1e-8 USD, ratios are basis points, scores are the model's output units. An error is always
//! [`MathOverflow`](crate::LendingError::MathOverflow), or the overflow that becomes it, and the tests show which inputs cannot cause it.
//!
//! | module | what it computes |
//! | --- | --- |
//! | [`fixed`] | `a * b / c` with a rounding direction; 64.64 fixed point |
//! | [`interest`] | the rate at a utilization, the borrow index after a time |
//! | [`shares`] | suppliers' shares against assets, borrowers' shares against debt |
//! | [`value`] | amounts to values, loan-to-value comparisons |
//! | [`wide`] | 128-bit division out of the machine's 64-bit one |
//! | [`liquidation`] | how much is repaid and seized, the bonus of an overshoot, what is lost |
//! | [`auction`] | the bonus of an early liquidation at a time |
//! | [`average`] | the utilization over ten minutes |

pub mod auction;
pub mod average;
pub mod liquidation;
pub mod value;

pub use assay_program::math::{BASIS_POINTS, fixed, interest, shares, wide};
