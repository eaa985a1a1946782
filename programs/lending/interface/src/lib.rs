//! What the lending program and its hosts share. `no_std`, without a program framework: training scripts are compared
//! with it, the program runs it on chain, keepers run it off chain.
//!
//! | module | what it fixes |
//! | --- | --- |
//! | [`features`] | the model's sixteen inputs, from accounts to integers |
//! | [`formats`] | bits and scales of the model's tensors |
//! | [`limbs`](mod@limbs) | those tensors as limbs of a statement |
//! | [`context`](mod@context) | what a proof is bound to |
//! | [`seeds`] | seeds of the program's addresses |

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod context;
pub mod features;
pub mod formats;
pub mod limbs;
pub mod seeds;

pub use context::{SnapshotId, closes, context};
pub use limbs::limbs;

/// Seconds of an epoch: the final minutes of a price source, which snapshots are named after.
pub const EPOCH_SECONDS: i64 = 60;
