//! The market program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`instructions`] | the addresses of a question, and one builder for each instruction |
//! | [`statement`] | what a resolution proves |
//! | [`Questions`] | what a keeper does for questions |
//!
//! Layouts are the program crate's; nothing is written twice here.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod entry;
mod error;
mod identity;
pub mod instructions;
pub mod statement;
pub mod strategy;

pub use assay_market::{
    ID, MarketError,
    state::{Choice, LATE_CLOSE, LEAST_STAKE, Observation, Question, Row, Status, TRUSTS_AUTHORITY, Terms},
};
pub use entry::Market;
pub use error::ReadError;
pub use identity::IDENTITY;
pub use instructions::{Models, QuestionKeys};
pub use strategy::Questions;
