//! The lending program: addresses, instructions, accounts.
//!
//! [`MarketKeys`] holds the addresses of one market and builds every instruction on it. Accounts are read with
//! [`crate::account::decode`]. The layouts themselves are the program crate's; nothing is written twice here.

mod instructions;
mod keys;

pub use assay_lending::{
    ID, LendingError,
    instructions::ALL,
    state::{Close, Deposit, Market, Position, PriceHistory, RiskParams, Snapshot},
};
pub use instructions::{Liquidation, PriceAccounts, Proven};
pub use keys::MarketKeys;
