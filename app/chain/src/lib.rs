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
//!
//! A server is not trusted. What it says of a model's key and schema, or of a receipt's statement, is compared with the address, which is
//! made of them; its words are cleaned; its answers have a longest length.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod amount;
mod error;
pub mod refusal;
pub mod registry;
pub mod rpc;
pub mod send;
pub mod settings;
#[cfg(test)]
mod testing;
mod text;
pub mod transaction;
mod transport;

pub use amount::sol;
pub use error::{Error, Result};
pub use rpc::{Commitment, Rpc, base64};
pub use send::{Landed, MOST_PRIORITY, Price, Sender, Signed, Simulated};
pub use settings::Settings;
pub use text::is_hidden;
