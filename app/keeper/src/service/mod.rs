//! The service: keepers on a cluster, until they are told to stop.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`mirror`] | a copy of accounts that strategies read without a network |
//! | [`reader`], [`source`] | what fills it: questions, and subscriptions, whoever has them |
//! | [`subscribe`], `yellowstone` | who has them: an RPC server, or one of Yellowstone's gRPC (the feature `yellowstone`) |
//! | [`journal`] | what must survive the process: what may be on its way, and what was spent |
//! | [`config`] | what a service is told |
//! | [`wallet`] | the chain as a keeper sees it: reads from the mirror, sends through the journal |
//! | [`sending`] | what is being sent at this moment, once |
//! | [`settle`] | what became of transactions that nobody waits for |
//! | [`pipeline`] | everything is looked at, ranked, and worked on, several at once |
//! | [`hear`], [`health`], [`metrics`], [`http`] | what it shows of itself |
//! | [`signer`] | who signs: a key file, or a command |
//! | [`prices`], [`hermes`], [`posting`] | where prices come from: accounts that others keep, or signed updates, which are posted |
//! | [`run`](mod@run) | all of it together, until it is told to stop |

pub mod config;
pub mod health;
pub mod hear;
pub mod hermes;
pub mod http;
pub mod journal;
pub mod metrics;
pub mod mirror;
pub mod pipeline;
pub mod posting;
pub mod prices;
pub mod reader;
pub mod run;
pub mod sending;
pub mod settle;
pub mod signer;
pub mod source;
pub mod subscribe;
pub mod wallet;
#[cfg(feature = "yellowstone")]
pub mod yellowstone;

#[cfg(test)]
mod documents;
