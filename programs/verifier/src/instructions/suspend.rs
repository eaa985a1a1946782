//! `suspend`: an instant stop, from proposed or active, by the authority or by the guardian. It is all that the guardian can
//! do, and undoing it takes the authority and a day at least.

use anchor_lang::prelude::*;

use crate::{Model, ModelSuspended};

/// 0. `[signer]` authority or guardian, 1. `[writable]` model.
#[derive(Accounts)]
pub struct Suspend {
    /// The model's authority, or its guardian.
    pub signer: Signer,
    /// The model.
    #[account(mut)]
    pub model: Account<Model>,
}

/// Suspends the model.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Suspend>) -> Result<()> {
    let Suspend { signer, model } = &mut ctx.accounts;
    model.require_authority_or_guardian(signer.address())?;
    model.suspend()?;
    model.invariant()?;
    emit!(ModelSuspended { model: *model.address() });
    Ok(())
}
