//! One instruction a file: arguments, accounts, checks, effects; the state's own invariant last.

pub mod accept_admin;
pub mod administer;
pub mod apply_params;
pub mod borrow;
pub mod cancel_params;
pub mod deposit_collateral;
mod endings;
pub mod init_market;
pub mod liquidate;
pub mod liquidate_by_proof;
pub mod observe;
pub mod propose_admin;
pub mod propose_params;
pub mod repay;
pub mod set_pause;
pub mod snapshot;
pub mod supply;
pub mod withdraw_collateral;
pub mod withdraw_supply;

use anchor_lang::prelude::*;

pub use self::{
    accept_admin::*, administer::*, borrow::*, deposit_collateral::*, init_market::*, liquidate::*,
    liquidate_by_proof::*, observe::*, repay::*, snapshot::*, supply::*, withdraw_collateral::*,
    withdraw_supply::*,
};

/// As an amount: all that there is to withdraw, to repay, or that a liquidation may repay.
pub const ALL: u64 = u64::MAX;

/// The cluster's clock, Unix seconds. Slots vary in length, so nothing counts them.
fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
