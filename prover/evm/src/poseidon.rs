//! Poseidon of one width as Yul, for the statement's digest in a contract.

mod matrix;
mod optimized;
mod yul;

pub use yul::{MOST_ELEMENTS, permutation};
