//! Tests over the crate's public face, in one binary: linking costs more than running.

mod audit;
mod bytes;
mod common;
mod hostile;
mod ledger;
mod lookup;
mod member;
mod risk;
mod statement;
