//! `cancel_params`: the admin drops proposed parameters.

use anchor_lang::prelude::*;

use crate::{errors::LendingError, events::ParamsCancelled, state::Market};

/// Accounts of `cancel_params`.
#[derive(Accounts)]
pub struct CancelParams {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Drops the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CancelParams>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    if market.pending_until == 0 {
        return Err(LendingError::NothingPending.into());
    }
    market.pending_until = 0;
    emit!(ParamsCancelled { market: *market.address() });
    Ok(market.invariant()?)
}
