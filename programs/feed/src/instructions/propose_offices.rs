//! `propose_offices`: the authority says who starts and who stops the feed next. A day later they may take over, within 14 days.
//!
//! Zero stands for nobody; a feed with a guardian needs an authority. A new proposal takes the place of the one before and waits
//! anew; proposing those in office withdraws it.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::FeedError,
    events::OfficesProposed,
    state::{Feed, Offices, WAIT},
};

/// Accounts of `propose_offices`.
#[derive(Accounts)]
pub struct ProposeOffices {
    /// 0. `[signer]` The authority.
    #[account(address = feed.authority @ FeedError::NotAuthority)]
    pub authority: Signer,
    /// 1. `[writable]` The feed.
    #[account(mut)]
    pub feed: Account<Feed>,
}

/// Notes the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ProposeOffices>, offices: Offices) -> Result<()> {
    let feed = &mut ctx.accounts.feed;
    feed.propose(&offices, now()?)?;
    let Offices { authority, guardian } = offices;
    let from = feed.proposed_at.saturating_add(WAIT);
    emit!(OfficesProposed { feed: *feed.address(), authority, guardian, from });
    Ok(feed.invariant()?)
}
