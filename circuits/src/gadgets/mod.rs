//! Gadgets: small pieces of arithmetic, each with its integer reference, constraints, cost and tests.

pub mod accumulate;
pub mod bits;
pub mod clamp;
pub mod compare;
pub mod div_pow2;
pub mod divide;
pub mod larger;
pub mod lookup;
pub mod maximum;
pub mod multiplex;
pub mod poseidon;
pub mod range;
pub mod root;
pub mod select;
