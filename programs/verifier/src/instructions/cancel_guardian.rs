//! `cancel_guardian`: the authority withdraws its proposal of another guardian. The present guardian cannot: one gone bad
//! would stay for good.

use anchor_lang::prelude::*;

use super::manage::Manage;
use crate::GuardianProposed;

/// Withdraws the proposal.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.cancel_guardian()?;
    model.invariant()?;
    emit!(GuardianProposed { model: *model.address(), proposed: Address::default(), applies_from: 0 });
    Ok(())
}
