//! The lending program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`MarketKeys`] | the addresses of a market, and one builder for each instruction |
//! | [`assess`] | what a position's accounts say, by the program's own arithmetic |
//! | [`read`] | accounts as typed values, prices checked |
//! | [`Liquidations`] | what a keeper does for a market |
//! | `scenario` | the demonstration and its attacks (feature `scenario`) |
//!
//! Layouts are the program crate's; nothing is written twice here.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod assess;
mod error;
mod identity;
mod instructions;
mod keys;
pub mod price;
pub mod read;
pub mod strategy;

#[cfg(feature = "scenario")]
mod entry;
#[cfg(feature = "scenario")]
pub mod scenario;

pub use assay_lending::{
    ID, LendingError,
    instructions::ALL,
    state::{Close, Deposit, Market, Position, PriceHistory, RiskParams, Snapshot},
};
#[cfg(feature = "scenario")]
pub use entry::Lending;
pub use error::ReadError;
pub use identity::IDENTITY;
pub use instructions::{Liquidation, PriceAccounts, Proven};
pub use keys::MarketKeys;
pub use read::Route;
pub use strategy::{Liquidations, Rules};
