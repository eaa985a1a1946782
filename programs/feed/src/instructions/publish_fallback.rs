//! `publish_fallback`: no proof came, so the median of all sources that are there is published, as a degraded price. Anyone may.
//!
//! For what must not wait for a prover: whoever liquidates an insolvent position may use it, whoever borrows may not. It is in no
//! ring. The caller chooses nothing: the round is sealed, and the median is one. He can be first only after the proof window,
//! and a proof of the same minute comes too late then; every later minute's is as good as ever.

use anchor_lang::prelude::*;
use assay_feed_interface::{aggregate, aggregate::all_present};

use super::{
    now,
    outcome::{self, Outcome},
};
use crate::{
    errors::FeedError,
    state::{Feed, Round},
};

/// Accounts of `publish_fallback`.
#[derive(Accounts)]
pub struct PublishFallback {
    /// 0. `[writable]` The feed.
    #[account(mut)]
    pub feed: Account<Feed>,
    /// 1. `[writable]` The round.
    #[account(mut, constraint = round.feed == *feed.address() @ FeedError::WrongRound)]
    pub round: Account<Round>,
}

/// Publishes the median of those that are there, if they are a quorum.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<PublishFallback>) -> Result<()> {
    let now = now()?;
    let PublishFallback { feed, round } = &mut ctx.accounts;
    if feed.considered() == round.at {
        return Ok(());
    }
    feed.require_running()?;
    round.require_alive(now)?;
    feed.require_later(round.at)?;
    if !round.is_sealed() {
        return Err(FeedError::NotSealed.into());
    }
    if now < round.at.saturating_add(i64::from(feed.params.proof_window)) {
        return Err(FeedError::ProofAwaited.into());
    }
    let mask = all_present(round.quotes());
    if mask.count() < u32::from(feed.params.quorum) {
        return Err(FeedError::NoQuorum.into());
    }
    let price = aggregate(round.quotes(), mask).ok_or(FeedError::NoQuorum)?;
    outcome::publish(feed, round, &Outcome { price, mask, digest: None })
}
