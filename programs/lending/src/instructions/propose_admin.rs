//! `propose_admin`: the admin names a successor, who must accept: a mistyped address changes nothing. The zero address
//! takes a proposal back.

use anchor_lang::prelude::*;

use super::administer::Administer;
use crate::events::AdminProposed;

/// Names the successor.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>, successor: Address) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.pending_admin = successor;
    emit!(AdminProposed { market: *market.address(), pending_admin: successor });
    Ok(market.invariant()?)
}
