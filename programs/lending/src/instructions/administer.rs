//! The accounts of what only the admin does.

use anchor_lang::prelude::*;

use crate::{errors::LendingError, state::Market};

/// Accounts of the instructions that propose, cancel or apply something, and of `renounce_admin`.
#[derive(Accounts)]
pub struct Administer {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}
