//! `apply_guardian`: the proposed guardian takes its place, once the model's timelock has passed, and for 14 days from then.

use anchor_lang::prelude::*;

use super::manage::{Manage, now};
use crate::GuardianChanged;

/// Replaces the guardian.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    let previous = model.guardian;
    model.apply_guardian(now()?)?;
    model.invariant()?;
    emit!(GuardianChanged { model: *model.address(), previous, guardian: model.guardian });
    Ok(())
}
