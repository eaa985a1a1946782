//! `retire`: the end of a model. Its address stays taken, also when the account is closed, so the same model cannot come back
//! under this authority.

use anchor_lang::prelude::*;

use super::manage::{Manage, now};
use crate::ModelRetired;

/// Retires the model.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.retire(now()?)?;
    model.invariant()?;
    emit!(ModelRetired { model: *model.address() });
    Ok(())
}
