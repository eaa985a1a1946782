//! `start`: the authority lets a stopped feed run again, a day after it was stopped at the earliest.
//!
//! It makes no price: the old one stands as degraded, and is a day old.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::FeedError, events::FeedStarted, state::Feed};

/// Accounts of `start`.
#[derive(Accounts)]
pub struct Start {
    /// 0. `[signer]` The authority.
    #[account(address = feed.authority @ FeedError::NotAuthority)]
    pub authority: Signer,
    /// 1. `[writable]` The feed.
    #[account(mut)]
    pub feed: Account<Feed>,
}

/// Starts it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Start>) -> Result<()> {
    let feed = &mut ctx.accounts.feed;
    feed.start(now()?)?;
    emit!(FeedStarted { feed: *feed.address() });
    Ok(feed.invariant()?)
}
