//! `resume`: a suspended model is proposed again, and so is one whose proposal lapsed. Its timelock, a day at least, starts
//! anew, so that nobody who took the authority can undo a suspension at once.

use anchor_lang::prelude::*;

use super::manage::{Manage, now};
use crate::ModelResumed;

/// Proposes the model again.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.resume(now()?)?;
    model.invariant()?;
    emit!(ModelResumed { model: *model.address(), activates_at: model.activates_at });
    Ok(())
}
