//! The market program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries.

#![allow(missing_docs)]

mod support;

mod add_outcome;
mod attacks;
mod close;
mod close_observation;
mod costs;
mod council;
mod create;
mod dispute;
mod keeper;
mod life;
mod merge;
mod observe;
mod on_a_feed;
mod redeem;
mod resolve_by_proof;
mod settle;
mod split;
mod void;
