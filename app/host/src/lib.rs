//! What the host side of every program shares.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`identity`] | a program's names, address and IDL |
//! | [`program`] | a program's entry in the list of programs |
//! | [`account`] | a program's accounts as typed values |
//! | [`errors`] | names and messages of error numbers |
//! | [`compute_budget`] | the two instructions that every live transaction wants |
//! | [`chain`] | what is read from and sent to a cluster, or to a runtime in this process |
//! | [`strategy`] | what is worth proving for a program, and what a proof opens |
//! | [`time`] | times as a person reads them |
//!
//! A program's own host crate (`programs/NAME/host`) builds its instructions, reads its accounts, and fills in these
//! parts. Nothing here does input or output.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod account;
pub mod chain;
pub mod compute_budget;
pub mod errors;
pub mod identity;
pub mod program;
pub mod strategy;
pub mod time;

pub use chain::{Account, Action, Chain, ChainError, Executed, Holds, Payment, SendError, Watch};
pub use identity::Identity;
pub use program::{Program, StrategyEntry};
pub use solana_address::Address;
