//! The feed program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries; its rings under
//! random orders of callers, and a feed under random orders of everything that can be done to it.

#![allow(missing_docs)]

mod fed;
mod support;

mod accept_offices;
mod attacks;
mod close_round;
mod costs;
mod create_feed;
mod create_source;
mod keeping;
mod layout;
mod life;
mod observe;
mod open_round;
mod orders;
mod propose_offices;
mod publish_by_proof;
mod publish_fallback;
mod refresh;
mod start;
mod stop;
mod strategy;
