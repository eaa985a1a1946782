//! `accept_admin`: the named successor becomes the admin.

use anchor_lang::prelude::*;

use crate::{errors::LendingError, events::AdminAccepted, state::Market};

/// Accounts of `accept_admin`.
#[derive(Accounts)]
pub struct AcceptAdmin {
    /// 0. `[signer]` The successor. Nobody can sign for the zero address, which stands for none.
    #[account(address = market.pending_admin @ LendingError::WrongAuthority)]
    pub successor: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Hands the market over.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AcceptAdmin>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.admin = *ctx.accounts.successor.address();
    market.pending_admin = Address::default();
    emit!(AdminAccepted { market: *market.address(), admin: market.admin });
    Ok(market.invariant()?)
}
