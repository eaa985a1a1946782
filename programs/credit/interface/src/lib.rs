//! What the credit program and its hosts share. `no_std`, without a program framework.
//!
//! | module | what it fixes |
//! | --- | --- |
//! | [`epoch`] | when a tree counts, and when a tier lapses |
//! | [`formats`] | bits of the model's output, depth of the tree, number of tiers |
//! | [`limbs`](mod@limbs) | what a proof states, as limbs of a statement |
//! | [`context`](mod@context) | what a proof is bound to |
//! | [`seeds`] | seeds of the program's addresses |

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod context;
pub mod epoch;
pub mod formats;
pub mod limbs;
pub mod seeds;

pub use context::{Taking, context};
pub use limbs::limbs;
