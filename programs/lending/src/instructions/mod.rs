//! One instruction a file, proposals apart: arguments, accounts, checks, effects; the state's own invariant last.

pub mod accept_admin;
pub mod administer;
pub mod apply_params;
pub mod borrow;
pub mod clear_by_proof;
pub mod close_deposit;
pub mod close_market;
pub mod close_position;
pub mod close_snapshot;
pub mod deposit_collateral;
mod endings;
pub mod evidence;
pub mod flag_by_proof;
pub mod impair;
pub mod init_market;
pub mod liquidate;
pub mod liquidate_by_proof;
pub mod liquidate_end;
pub mod liquidate_start;
pub mod lower_pause;
pub mod proposals;
pub mod renounce_admin;
pub mod repay;
pub mod set_guardian;
pub mod set_pause;
pub mod snapshot;
pub mod socialize;
pub mod supply;
pub mod trust;
pub mod withdraw_collateral;
pub mod withdraw_reserves;
pub mod withdraw_supply;

use anchor_lang::prelude::*;

pub use self::{
    accept_admin::*, administer::*, apply_params::*, borrow::*, clear_by_proof::*, close_deposit::*,
    close_market::*, close_position::*, close_snapshot::*, deposit_collateral::*, evidence::*,
    flag_by_proof::*, impair::*, init_market::*, liquidate::*, liquidate_by_proof::*, liquidate_end::*,
    liquidate_start::*, lower_pause::*, repay::*, set_pause::*, snapshot::*, supply::*, trust::*,
    withdraw_collateral::*, withdraw_reserves::*, withdraw_supply::*,
};

/// As an amount: all that there is to withdraw, to repay, or that a liquidation may repay.
pub const ALL: u64 = u64::MAX;

/// The cluster's clock, Unix seconds. Slots vary in length, so nothing counts them.
fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
