//! The credit program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`instructions`] | the addresses of an issuer, a pool and a line, and one builder for each instruction |
//! | [`schema`] | which models a pool takes |
//! | [`statement`] | what the proof of a tier states |
//! | [`follower`] | a tree rebuilt from the program's events, and paths in it |
//!
//! Layouts are the program crate's; nothing is written twice here.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod entry;
pub mod follower;
mod identity;
pub mod instructions;
pub mod schema;
pub mod statement;

pub use assay_credit::{
    CreditError, ID,
    instructions::{ALL, Claimed},
    state::{Deposit, Issuer, Line, Pool, Standing, Status, Terms, Tier, Tree},
};
pub use entry::Credit;
pub use follower::Follower;
pub use identity::IDENTITY;
pub use instructions::{IssuerKeys, PoolKeys, Proving, TakenUp};
