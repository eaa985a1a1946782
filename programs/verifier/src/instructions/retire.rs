//! `retire`: the end of a model. Its account stays, so the same key and schema cannot come back under this authority.

use anchor_lang::prelude::*;

use super::manage::Manage;
use crate::ModelRetired;

/// Retires the model.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.retire()?;
    model.invariant()?;
    emit!(ModelRetired { model: *model.address() });
    Ok(())
}
