//! The feed program in LiteSVM: one file an instruction, each with the happy path and what an attacker tries; and its rings under
//! random orders of callers.

#![allow(missing_docs)]

mod support;

mod attacks;
mod costs;
mod create_source;
mod layout;
mod observe;
mod orders;
mod refresh;
