//! The accounts of what only the admin does.

use anchor_lang::prelude::*;

use crate::{errors::CreditError, state::Pool};

/// Accounts of the instructions that propose or cancel something, and of `renounce_admin`.
#[derive(Accounts)]
pub struct Administer {
    /// 0. `[signer]` The admin.
    #[account(address = pool.admin @ CreditError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
}
