//! `apply_params`: the admin puts proposed parameters into force, once they are due. Interest up to this moment accrues at the
//! old rates.
//!
//! The admin chooses the moment, within seven days of the exit clock: any of them comes after suppliers could leave.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::events::ParamsApplied;

/// Applies the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    let now = now()?;
    market.accrue(now)?;
    market.apply_params(now)?;
    market.settle_exit(now)?;
    emit!(ParamsApplied { market: *market.address(), model: market.params.model });
    Ok(market.invariant()?)
}
