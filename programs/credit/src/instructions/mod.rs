//! One instruction a file, proposals apart: arguments, accounts, checks, effects; the state's own invariant last.

pub mod administer;
pub mod append_leaf;
pub mod apply_terms;
pub mod close_deposit;
pub mod close_pool;
pub mod close_tree;
pub mod create_issuer;
pub mod create_pool;
pub mod create_tree;
pub mod draw;
mod endings;
pub mod evidence;
pub mod lower_pause;
pub mod mark_default;
pub mod open_line_by_proof;
pub mod proposals;
pub mod renew_by_proof;
pub mod renounce_admin;
pub mod repay;
pub mod set_pause;
pub mod start_issuer;
pub mod stop_issuer;
pub mod supply;
pub mod trust;
pub mod withdraw_reserves;
pub mod withdraw_supply;
pub mod write_off;

use anchor_lang::prelude::*;

pub use self::{
    administer::*, append_leaf::*, apply_terms::*, close_deposit::*, close_pool::*, close_tree::*,
    create_issuer::*, create_pool::*, create_tree::*, draw::*, evidence::*, lower_pause::*, mark_default::*,
    open_line_by_proof::*, renew_by_proof::*, repay::*, set_pause::*, start_issuer::*, stop_issuer::*,
    supply::*, trust::*, withdraw_reserves::*, withdraw_supply::*,
};

/// As an amount: all that there is to withdraw, or to repay.
pub const ALL: u64 = u64::MAX;

/// The cluster's clock, Unix seconds. Slots vary in length, so nothing counts them.
fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}
