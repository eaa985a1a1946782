//! `apply_params`: the admin puts proposed parameters into force, once the timelock has run out. Interest up to this
//! moment accrues at the old rates.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::LendingError, events::ParamsApplied, state::Market};

/// Accounts of `apply_params`.
#[derive(Accounts)]
pub struct ApplyParams {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Applies the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ApplyParams>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    let now = now()?;
    market.accrue(now)?;
    market.apply(now)?;
    emit!(ParamsApplied { market: *market.address(), model: market.params.model });
    Ok(market.invariant()?)
}
