//! The service: keepers on a cluster, until they are told to stop.

pub mod journal;
