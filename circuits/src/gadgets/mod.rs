//! Gadgets: small pieces of arithmetic, each with its integer reference, constraints, cost and tests.

use crate::case::{Module, modules};

pub mod accumulate;
pub mod bits;
pub mod clamp;
pub mod compare;
pub mod div_pow2;
pub mod divide;
pub mod domain;
pub mod larger;
pub mod lookup;
pub mod maximum;
pub mod merkle;
pub mod multiplex;
pub mod poseidon;
pub mod range;
pub mod root;
pub mod select;
pub mod zero;

/// Every gadget with its cases.
pub(crate) const MODULES: &[Module] = modules![
    accumulate, bits, clamp, compare, div_pow2, divide, domain, larger, lookup, maximum, merkle, multiplex,
    poseidon, range, root, select, zero
];
