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
//! | [`pyth`] | price accounts: reading and checking them |

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod context;
pub mod features;
pub mod formats;
pub mod limbs;
pub mod seeds;

pub use assay_feed_interface::pyth;
pub use context::{SnapshotId, context};
pub use limbs::limbs;

/// How far a price's publish time may lie ahead of the cluster's clock, in seconds: that clock lags real time.
pub const MAX_PRICE_AHEAD_SECONDS: u32 = 10;
