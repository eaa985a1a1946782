//! The lending program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`MarketKeys`] | the addresses of a market, and one builder for each instruction |
//! | [`assess`] | what a position's accounts say, by the program's own arithmetic |
//! | [`read`] | accounts as typed values |
//! | [`source`] | price sources for runtimes without an oracle; the context of a snapshot |
//! | [`Liquidations`] | what a keeper does for a market |
//!
//! Layouts are the program crate's; nothing is written twice here.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod assess;
mod error;
mod identity;
mod instructions;
mod keys;
pub mod read;
pub mod source;
pub mod strategy;

mod entry;

pub use assay_lending::{
    ID, LendingError,
    instructions::ALL,
    state::{Deposit, Evidence, Market, Position, RiskParams, Snapshot},
};
pub use entry::Lending;
pub use error::ReadError;
pub use identity::IDENTITY;
pub use instructions::{Liquidation, Offices, PriceAccounts, Proven, Vouched};
pub use keys::MarketKeys;
pub use read::Route;
pub use strategy::{Liquidations, Rules};
