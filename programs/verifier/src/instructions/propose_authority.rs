//! `propose_authority`: first of two steps. The authority stays where it is until the other side accepts, so a
//! mistyped address loses nothing.

use anchor_lang::prelude::*;

use super::manage::Manage;
use crate::{AuthorityProposed, VerifierError};

impl Manage {
    fn validate(&self, proposed: &Address) -> Result<()> {
        require!(*proposed != self.model.authority, VerifierError::AuthorityUnchanged);
        Ok(())
    }
}

/// Offers the authority to `proposed`; the zero address withdraws an offer.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>, proposed: Address) -> Result<()> {
    ctx.accounts.validate(&proposed)?;
    let model = &mut ctx.accounts.model;
    model.pending_authority = proposed;
    model.invariant()?;
    emit!(AuthorityProposed { model: *model.address(), proposed });
    Ok(())
}
