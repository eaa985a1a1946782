//! `suspend`: an instant stop, from proposed or active.

use anchor_lang::prelude::*;

use super::manage::Manage;
use crate::ModelSuspended;

/// Suspends the model.
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.suspend()?;
    model.invariant()?;
    emit!(ModelSuspended { model: *model.address() });
    Ok(())
}
