//! `accept_admin`: the proposed successor becomes the admin, once the proposal is due.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::LendingError,
    events::AdminChanged,
    state::{Kind, Market},
};

/// Accounts of `accept_admin`.
#[derive(Accounts)]
pub struct AcceptAdmin {
    /// 0. `[signer]` The successor.
    #[account(address = market.proposal.address @ LendingError::WrongAuthority)]
    pub successor: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
}

/// Hands the market over. The kind is checked: the address of a proposed guardian opens nothing here.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AcceptAdmin>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.admin = market.take_proposal(Kind::Admin, now()?)?.address;
    emit!(AdminChanged { market: *market.address(), admin: market.admin });
    Ok(market.invariant()?)
}
