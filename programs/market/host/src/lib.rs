//! The market program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`instructions`] | the addresses of a question, and one builder for each instruction |
//! | [`statement`] | what a resolution proves |
//! | `scenario` | the demonstration and its attacks (feature `scenario`) |
//!
//! Layouts are the program crate's; nothing is written twice here.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "scenario")]
mod entry;
mod identity;
pub mod instructions;
#[cfg(feature = "scenario")]
mod scenario;
pub mod statement;

pub use assay_market::{
    ID, MarketError,
    state::{Choice, LATE_CLOSE, LEAST_STAKE, Observation, Question, Row, Status, TRUSTS_AUTHORITY, Terms},
};
#[cfg(feature = "scenario")]
pub use entry::Market;
pub use identity::IDENTITY;
pub use instructions::{Models, QuestionKeys};
