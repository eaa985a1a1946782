//! `suspend`: an instant stop, from proposed or active.

use anchor_lang::prelude::*;

use super::manage::Manage;
use crate::ModelSuspended;

/// Suspends the model.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.suspend()?;
    model.invariant()?;
    emit!(ModelSuspended { model: *model.address() });
    Ok(())
}
