//! `stop`: the guardian stops the feed. Nobody publishes then, and readers refuse its spot price, for a day at least. The minutes and
//! hours in its rings stay, and can be read.
//!
//! A guardian gone bad costs a day: the authority replaces it and starts the feed, both a day later. Stopping a stopped feed
//! changes nothing, so it puts nothing off.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::FeedError, events::FeedStopped, state::Feed};

/// Accounts of `stop`.
#[derive(Accounts)]
pub struct Stop {
    /// 0. `[signer]` The guardian.
    #[account(address = feed.guardian @ FeedError::NotGuardian)]
    pub guardian: Signer,
    /// 1. `[writable]` The feed.
    #[account(mut)]
    pub feed: Account<Feed>,
}

/// Stops it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Stop>) -> Result<()> {
    let feed = &mut ctx.accounts.feed;
    feed.stop(now()?);
    emit!(FeedStopped { feed: *feed.address(), at: feed.stopped_at });
    Ok(feed.invariant()?)
}
