//! The honest keeper: it watches positions, proves scores, liquidates.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Chain`] | what the keeper needs of a chain; an in-process runtime or an RPC client implements it |
//! | [`Scorer`] | the compiled model and the proving key, loaded once |
//! | [`MarketView::assess`] | what a position's accounts say, by the program's own arithmetic |
//! | [`Keeper`] | one look at a position, and what follows from it |
//! | [`Counters`] | proofs, latency, failures by reason: for a metrics endpoint |
//!
//! The keeper is trusted with nothing: the program computes the features, checks the proof, and decides again. A keeper
//! that lies, or is late, can at worst fail to liquidate, and then the plain rule remains.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod assess;
mod chain;
mod counters;
mod error;
mod keeper;
mod read;
mod scorer;

pub use assess::{Assessment, MarketView, Standing, Terms, Unscored};
pub use chain::{Account, Chain, Executed, SendError};
pub use counters::{Counters, Latency};
pub use error::{AssessError, KeeperError, ModelError, ProofError};
pub use keeper::{Action, Config, Keeper, Liquidation, Mode, Reason, Report, Route, Strategy};
pub use scorer::{ProofTimes, ProvenScore, Scorer};
