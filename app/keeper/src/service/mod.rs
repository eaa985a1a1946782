//! The service: keepers on a cluster, until they are told to stop.

pub mod config;
pub mod health;
pub mod hermes;
pub mod http;
pub mod journal;
pub mod metrics;
pub mod prices;
pub mod signer;
pub mod swap;
