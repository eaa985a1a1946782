//! The accounts of what only the admin does.

use anchor_lang::prelude::*;

use crate::{errors::LendingError, state::Market};

/// Accounts of `propose_params`, `apply_params`, `cancel_params`, `propose_admin` and `set_pause`.
#[derive(Accounts)]
pub struct Administer {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}
