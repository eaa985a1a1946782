//! `renounce_admin`: the admin gives its role up, for good. The parameters are final, nothing that waits can be applied,
//! reserves stay against bad debt, and the guardian alone moves the pause level, whose halts still end by themselves.

use anchor_lang::prelude::*;

use super::administer::Administer;
use crate::events::AdminChanged;

/// Leaves the market without an admin: nobody signs for the zero address.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.admin = Address::default();
    market.proposal.clear();
    emit!(AdminChanged { market: *market.address(), admin: market.admin });
    Ok(market.invariant()?)
}
