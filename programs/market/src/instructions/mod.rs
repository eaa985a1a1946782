//! One instruction a file: arguments, accounts, checks, effects; the state's own invariant last.

pub mod add_outcome;
pub mod close;
pub mod close_observation;
pub mod council;
pub mod create;
pub mod dispute;
mod endings;
pub mod merge;
pub mod observe;
pub mod redeem;
pub mod resolve_by_proof;
pub mod sets;
pub mod settle;
pub mod split;
pub mod void;

use anchor_lang::prelude::*;

pub use self::{
    add_outcome::*, close::*, close_observation::*, council::*, create::*, dispute::*, observe::*, redeem::*,
    resolve_by_proof::*, sets::*, settle::*,
};

/// The cluster's clock, Unix seconds. Slots vary in length, so nothing counts them.
fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
