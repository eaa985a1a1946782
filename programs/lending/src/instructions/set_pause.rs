//! `set_pause`: the admin moves the pause level, at once. Repayment, deposits of collateral and the plain liquidation
//! stay open at every level; a halt ends by itself.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::{events::PauseChanged, state::PauseLevel};

/// Moves the level: 0 open, 1 reduce-only, 2 halted.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Administer>, level: u8) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.set_pause(PauseLevel::from_byte(level)?, now()?)?;
    emit!(PauseChanged { market: *market.address(), level, halted_until: market.halted_until });
    Ok(market.invariant()?)
}
