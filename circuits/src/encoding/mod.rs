//! Canonical bytes of circuits and witnesses: one encoding for each value, every index checked on
//! reading, and nothing allocated that the bytes do not pay for.
//!
//! Integers are little-endian; counts precede what they count; field elements are 32 bytes,
//! little-endian, below the modulus.

mod bytes;
mod check;
mod circuit;
mod instructions;
mod tables;
mod witness;
