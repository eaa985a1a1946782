//! Audits of finished circuits: is there a second witness?
//!
//! An under-constrained wire is the bug that no honest run shows. Three independent searches for it:
//! - [`sweep`] changes each wire alone; some constraint must break.
//! - [`advice_sweep`] changes what one instruction writes, or one operand of what it reads, and lets the
//!   rest of the program follow, as a cheating prover would; some constraint must break.
//! - [`uniqueness`] proves, from the constraints alone, that the wires have only one solution for the
//!   given inputs, context and salts.
//!
//! A wire that has legitimate freedom is passed as [`Allowed`], with the reason. All gadgets of this
//! crate do without; a circuit with lookups has its [`mask()`].
//!
//! [`audit_circuit`] runs all three over one circuit, for whoever wants to know before trusting its key.

mod advice;
mod cases;
mod columns;
mod domain;
mod honest;
mod knowledge;
mod mutate;
mod names;
mod report;
mod sample;
mod sweep;
mod tables;
#[cfg(test)]
mod tests;
mod unique;
mod whole;

pub use advice::advice_sweep;
pub use honest::solve;
pub use report::{Allowed, AuditError, Finding, OnProgress, Progress, Report, Search, mask};
pub use sweep::sweep;
pub use unique::uniqueness;
pub use whole::{AuditReport, Coverage, Options, Verdict, audit_circuit};
