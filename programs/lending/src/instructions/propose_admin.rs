//! `propose_admin`: the admin names a successor, who must accept: a mistyped address changes nothing. The zero address
//! takes a proposal back.

use anchor_lang::prelude::*;

use crate::{errors::LendingError, events::AdminProposed, state::Market};

/// Accounts of `propose_admin`.
#[derive(Accounts)]
pub struct ProposeAdmin {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Names the successor.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ProposeAdmin>, successor: Address) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.pending_admin = successor;
    emit!(AdminProposed { market: *market.address(), pending_admin: successor });
    Ok(market.invariant()?)
}
