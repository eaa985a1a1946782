//! `propose_authority`: first of two steps. The authority stays where it is until the other side accepts, so a
//! mistyped address loses nothing; an offer lapses after 14 days.

use anchor_lang::prelude::*;

use super::manage::{Manage, now};
use crate::AuthorityProposed;

/// Offers the authority to `proposed`; the zero address withdraws an offer.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>, proposed: Address) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.offer_authority(proposed, now()?)?;
    model.invariant()?;
    emit!(AuthorityProposed { model: *model.address(), proposed, expires_at: model.offer_expires_at });
    Ok(())
}
