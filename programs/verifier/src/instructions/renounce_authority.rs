//! `renounce_authority`: an active model becomes immutable. Nobody can ever suspend, retire or close it, and a fault that is
//! found in its key stays: it is for those whose users must trust no key that can stop a decision.
//!
//! A model with a guardian is refused: its guardian must first be removed, behind the timelock and under the guardian's eyes.
//! Whoever stole the authority could otherwise make a broken model unstoppable at once.

use anchor_lang::prelude::*;

use super::manage::Manage;
use crate::AuthorityRenounced;

/// Renounces the authority.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    let previous = model.authority;
    model.renounce()?;
    model.invariant()?;
    emit!(AuthorityRenounced { model: *model.address(), previous });
    Ok(())
}
