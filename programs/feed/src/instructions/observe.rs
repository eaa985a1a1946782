//! `observe`: the price of a full minute or hour enters its ring, from any fully verified update. Anyone may.
//!
//! What the caller chooses: which signed update to bring, and when. What that gains is nothing once anyone brings the first
//! update at or after the time: it is final at once, and the only one that can be. `assay_feed_interface::rules` has the rule and the
//! argument. An update that changes nothing succeeds, so that nobody makes the transaction of a keeper fail, which observes and
//! acts on the entry, by observing before it.

use anchor_lang::prelude::*;
use assay_feed_interface::{Interval, Kept};

use super::now;
use crate::{errors::FeedError, events::PriceObserved, state::Source, update};

/// Accounts of `observe`.
#[derive(Accounts)]
pub struct Observe {
    /// 0. `[writable]` The source.
    #[account(mut)]
    pub source: Account<Source>,
    /// 1. `[]` Any price account of the receiver that holds an update of the source's feed.
    pub update: UncheckedAccount,
}

/// Takes the update for the time `at` of the ring of `interval`.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Observe>, interval: u8, at: i64) -> Result<()> {
    let ring = Interval::from_byte(interval).ok_or(FeedError::UnknownInterval)?;
    let Observe { source, update } = &mut ctx.accounts;
    source.require_known_version()?;
    let update = update::load(update.account(), &source.feed_id)?;
    let address = *source.address();
    let kept = source.observe(ring, at, &update, now()?).map_err(FeedError::from)?;
    if kept == Kept::New {
        emit!(PriceObserved {
            source: address,
            interval,
            at,
            price: update.price.price,
            publish_time: update.price.publish_time,
            first: u8::from(update.previous_publish_time < at),
        });
    }
    Ok(())
}
