//! `accept_authority`: second of two steps, signed by whom the authority was offered to, within 14 days.

use anchor_lang::prelude::*;

use super::manage::now;
use crate::{AuthorityAccepted, Model, VerifierError};

/// 0. `[signer]` the proposed authority, 1. `[writable]` model.
#[derive(Accounts)]
pub struct AcceptAuthority {
    /// To whom the authority was offered.
    #[account(address = model.pending_authority @ VerifierError::NotPendingAuthority)]
    pub proposed: Signer,
    /// The model.
    #[account(mut)]
    pub model: Account<Model>,
}

/// Moves the authority to the signer.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<AcceptAuthority>) -> Result<()> {
    let model = &mut ctx.accounts.model;
    let previous = model.authority;
    model.accept_authority(now()?)?;
    model.invariant()?;
    emit!(AuthorityAccepted { model: *model.address(), previous, authority: model.authority });
    Ok(())
}
