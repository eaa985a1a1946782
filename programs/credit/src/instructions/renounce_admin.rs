//! `renounce_admin`: the admin gives its role up, for good. The terms are final, nothing that waits can be applied, reserves
//! stay against losses, and the guardian alone moves the pause level, whose halts still end by themselves.

use anchor_lang::prelude::*;

use super::administer::Administer;
use crate::events::AdminRenounced;

/// Leaves the pool without an admin: nobody signs for the zero address.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    pool.admin = Address::default();
    pool.proposal.clear();
    emit!(AdminRenounced { pool: *pool.address() });
    Ok(pool.invariant()?)
}
