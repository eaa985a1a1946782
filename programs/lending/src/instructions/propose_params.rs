//! `propose_params`: the admin proposes parameters; they may be applied once the timelock has run out. A second proposal
//! replaces the first and starts the timelock again.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::LendingError,
    events::ParamsProposed,
    state::{Market, RiskParams},
};

/// Accounts of `propose_params`.
#[derive(Accounts)]
pub struct ProposeParams {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Stores the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ProposeParams>, params: RiskParams) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.propose(&params, now()?)?;
    emit!(ParamsProposed { market: *market.address(), applicable_at: market.pending_until });
    Ok(market.invariant()?)
}
