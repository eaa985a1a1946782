//! `activate`: a proposed model becomes active, once its timelock has passed, and for 14 days from then. The authority signs:
//! a model whose authority changed its mind does not become active by itself.

use anchor_lang::prelude::*;

use super::manage::{Manage, now};
use crate::ModelActivated;

/// Activates the model.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.activate(now()?)?;
    model.invariant()?;
    emit!(ModelActivated { model: *model.address() });
    Ok(())
}
