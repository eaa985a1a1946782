//! One instruction a file: arguments, accounts, checks, effects.

pub mod accept_offices;
pub mod close_round;
pub mod create_feed;
pub mod create_source;
pub mod observe;
pub mod open_round;
mod outcome;
pub mod propose_offices;
pub mod publish_by_proof;
pub mod publish_fallback;
pub mod refresh;
pub mod start;
pub mod stop;

use anchor_lang::prelude::*;

pub use self::{
    accept_offices::*, close_round::*, create_feed::*, create_source::*, observe::*, open_round::*,
    propose_offices::*, publish_by_proof::*, publish_fallback::*, refresh::*, start::*, stop::*,
};

/// The cluster's clock, Unix seconds. Slots vary in length, so nothing counts them.
fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
