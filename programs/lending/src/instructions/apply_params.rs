//! `apply_params`: the admin puts proposed parameters into force, once the timelock has run out. Interest up to this
//! moment accrues at the old rates.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::events::ParamsApplied;

/// Applies the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    let now = now()?;
    market.accrue(now)?;
    market.apply(now)?;
    emit!(ParamsApplied { market: *market.address(), model: market.params.model });
    Ok(market.invariant()?)
}
