//! One instruction a file: arguments, accounts, checks, effects.

pub mod create_source;
pub mod observe;
pub mod refresh;

use anchor_lang::prelude::*;

pub use self::{create_source::*, observe::*, refresh::*};

/// The cluster's clock, Unix seconds. Slots vary in length, so nothing counts them.
fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
