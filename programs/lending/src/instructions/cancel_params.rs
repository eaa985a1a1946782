//! `cancel_params`: the admin drops proposed parameters.

use anchor_lang::prelude::*;

use super::administer::Administer;
use crate::{errors::LendingError, events::ParamsCancelled};

/// Drops the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    if market.pending_until == 0 {
        return Err(LendingError::NothingPending.into());
    }
    market.pending_until = 0;
    emit!(ParamsCancelled { market: *market.address() });
    Ok(market.invariant()?)
}
