//! Attacks that are made, not thought of: every accepted transaction, with one thing about an instruction changed.
//!
//! A program's tests play its instructions once, under [`assay_localnet::record`]; the checks take each from there, in the
//! state that it met.
//!
//! - [`check`] tries every attack on every account that the IDL lists, on the data, and on what stands beside the instruction
//!   in one transaction. Each must be refused, by an error and not by a crash. What may go through stands in the program's list
//!   of [`Exception`]s with its reason.
//! - [`check_limits`] moves the clock and sets every number to the edges of its type. A program says in [`Limits`] at which times each
//!   instruction is refused, and which numbers it takes.
//!   Whatever goes through leaves the program's accounts as its invariants want them.
//! - Every verdict is the same in a transaction without a version, of version 0 and of version 1.
//!
//! A line of those lists that nothing needs fails too, so they say what the program does, no more and no less. Signatures are
//! not checked here: who is marked as a signer counts as one. An attacker signs for fresh keys only.

mod accomplice;
mod accounts;
mod attack;
mod check;
mod declared;
mod fuzz;
mod idl;
mod limits;
mod random;
mod target;
mod variation;
mod whole;

pub use attack::{Attack, Edge, Shift};
pub use check::{Invariant, check, check_limits};
pub use declared::{Exception, Limits, Numbers, Times};
pub use fuzz::{AT_PAIRING, Tally, cases, fuzz};
pub use idl::Interface;
