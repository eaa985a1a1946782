//! `set_pause`: the guardian raises the pause level, at once. Repayment stays open at every level; a halt ends by itself.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::CreditError,
    events::PauseChanged,
    state::{PauseLevel, Pool},
};

/// Accounts of `set_pause`.
#[derive(Accounts)]
pub struct SetPause {
    /// 0. `[signer]` The guardian.
    #[account(address = pool.guardian @ CreditError::WrongAuthority)]
    pub guardian: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
}

/// Raises the level: 1 reduce-only, 2 halted.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<SetPause>, level: u8) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    let now = now()?;
    pool.accrue(now)?;
    let raised = PauseLevel::from_byte(level).map_err(CreditError::from)?;
    pool.guard.raise(raised, now).map_err(CreditError::from)?;
    pool.settle_exit(now)?;
    emit!(PauseChanged { pool: *pool.address(), level, halted_until: pool.guard.halted_until });
    Ok(pool.invariant()?)
}
