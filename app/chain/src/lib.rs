//! A cluster over JSON-RPC, for whoever sends there: the command line, bots.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`settings`] | which cluster and which keys: Solana's configuration file, short names, key files |
//! | [`rpc`] | the methods, each with its answer as a value |
//! | [`transaction`] | from instructions to the bytes of a transaction, of the version that holds them |
//! | [`send`](mod@send) | simulate, sign, send, send again, confirm |
//! | [`refusal`] | why a transaction was refused, by the program's own name for it, with what to do |
//! | [`registry`] | the verifier's models and receipts, and what in them differs from files |
//!
//! What is sent twice is one transaction, with one signature: the cluster executes it once. Where its blockhash expires it is given up,
//! and nothing here makes another in its place.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod amount;
mod error;
pub mod refusal;
pub mod registry;
pub mod rpc;
pub mod send;
pub mod settings;
pub mod transaction;

pub use amount::sol;
pub use error::{Error, Result};
pub use rpc::{Commitment, Rpc, base64};
pub use send::{Landed, Price, Sender, Simulated};
pub use settings::Settings;
