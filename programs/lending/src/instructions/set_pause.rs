//! `set_pause`: the guardian raises the pause level, at once. Repayment, deposits of collateral and the plain liquidation
//! stay open at every level; a halt ends by itself.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::LendingError,
    events::PauseChanged,
    state::{Market, PauseLevel},
};

/// Accounts of `set_pause`.
#[derive(Accounts)]
pub struct SetPause {
    /// 0. `[signer]` The guardian.
    #[account(address = market.guardian @ LendingError::WrongAuthority)]
    pub guardian: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Raises the level: 1 reduce-only, 2 halted.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<SetPause>, level: u8) -> Result<()> {
    let market = &mut ctx.accounts.market;
    let now = now()?;
    market.accrue(now)?;
    let level_set = PauseLevel::from_byte(level).map_err(LendingError::from)?;
    market.guard.raise(level_set, now).map_err(LendingError::from)?;
    market.settle_exit(now)?;
    emit!(PauseChanged { market: *market.address(), level, halted_until: market.guard.halted_until });
    Ok(market.invariant()?)
}
