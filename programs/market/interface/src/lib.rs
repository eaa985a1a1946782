//! What the market program and its hosts share. `no_std`, without a program framework: training is compared with it, the
//! program runs it on chain, keepers run it off chain.
//!
//! | module | what it fixes |
//! | --- | --- |
//! | [`features`] | the resolver's sixteen inputs, from the hourly prices of up to four sources |
//! | [`formats`] | bits and scales of the model's tensors |
//! | [`limbs`](mod@limbs) | those tensors as limbs of a statement |
//! | [`context`](mod@context) | what a proof is bound to, and the hash of an observation |
//! | [`seeds`] | seeds of the program's addresses |

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod context;
pub mod features;
pub mod formats;
pub mod limbs;
pub mod seeds;

pub use context::{Resolution, context, observation_hash};
pub use limbs::limbs;
