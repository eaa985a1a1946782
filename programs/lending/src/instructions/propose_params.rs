//! `propose_params`: the admin proposes parameters; they may be applied once the timelock has run out. A second proposal
//! replaces the first and starts the timelock again.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::{events::ParamsProposed, state::RiskParams};

/// Stores the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>, params: RiskParams) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.propose(&params, now()?)?;
    emit!(ParamsProposed { market: *market.address(), applicable_at: market.pending_until });
    Ok(market.invariant()?)
}
