//! The keeper: it asks a strategy what is worth doing, proves what has to be proven, sends, and counts what it spent.
//!
//! | part | whose |
//! | --- | --- |
//! | which accounts matter, what to prove about one, what a proof opens | [`Strategy`](assay_host::strategy::Strategy), in a program's host crate |
//! | accounts, clock, wallet, transactions | [`Chain`](assay_host::Chain): an in-process runtime or an RPC client |
//! | proofs | [`assay::Prover`] |
//! | simulating, sending, compute limits, the spend cap, counters | [`Keeper`] |
//!
//! The keeper is trusted with nothing: programs compute a model's inputs themselves, have the proof checked, and decide
//! again. Nothing is sent that the chain refuses in simulation, where it can simulate. An account costs one proof at
//! most: tens of milliseconds.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod counters;
mod error;
mod gate;
mod keeper;
mod prove;
#[cfg(feature = "service")]
pub mod service;

pub use counters::{Counters, Latency};
pub use error::KeeperError;
pub use gate::Gate;
pub use keeper::{Checked, Conclusion, Config, Keeper, Mode, PAYS_TOO_LITTLE, Report, Sent, check_model};
pub use prove::{Proof, prove};
