//! `set_guardian`: the admin puts a proposed guardian into office, once the proposal is due.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::{events::GuardianChanged, state::Kind};

/// Replaces the guardian.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.guardian = market.take_proposal(Kind::Guardian, now()?)?.address;
    emit!(GuardianChanged { market: *market.address(), guardian: market.guardian });
    Ok(market.invariant()?)
}
