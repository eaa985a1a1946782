//! Deployments, as numbered steps that can be run again.
//!
//! A [description](description) says what is wanted on a cluster. Each step reads the chain, says what differs, and brings it to the wanted state; where there
//! is nothing to do it does nothing, and where something else stands in its place it stops, and says what and which way out there is.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`description`] | what is wanted: a TOML file |
//! | [`world`] | the cluster and the keys |
//! | [`plan`] | a step, and what it has to do |
//! | `m0001_programs` ... `m0006_hand_over` | the steps |
//! | [`loader`] | programs, as Solana's upgradeable loader keeps them |
//! | `model`, `params` | a model's files and a market's parameters, as described |
//! | [`record`] | what was done: JSON lines that survive a crash |
//! | `agreed` | what may be done: what was shown |
//! | `send`, [`mod@run`] | one action; all of them |
//!
//! The chain decides what there is to do, never the record: a run that was killed anywhere is finished by the next one.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod agreed;
pub mod description;
pub mod error;
mod files;
pub mod loader;
mod m0001_programs;
mod m0002_sources;
mod m0003_model;
mod m0004_activation;
mod m0005_market;
mod m0006_hand_over;
mod model;
mod params;
pub mod plan;
pub mod record;
pub mod run;
mod send;
pub mod world;

pub use error::Stop;
pub use run::{Ending, Options, run};
