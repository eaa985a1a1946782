//! `refresh`: the source takes its pinned account's price, forward only. Anyone may.
//!
//! What the caller chooses: the moment, and so which signed update after the last push the account holds, since pushing is
//! open to all. Never an older one than before, never another account, never one more than 10 s ahead of the clock. A
//! second refresh with the same update changes nothing and succeeds, so that two callers do not fail each other.
//! Age and confidence are judged by who reads the source, for each action anew.

use anchor_lang::prelude::*;
use assay_feed_interface::Refreshed;

use crate::{errors::FeedError, events::PriceTaken, state::Source, update};

/// Accounts of `refresh`.
#[derive(Accounts)]
pub struct Refresh {
    /// 0. `[writable]` The source.
    #[account(mut)]
    pub source: Account<Source>,
    /// 1. `[]` The account that it is pinned to.
    #[account(address = source.pinned @ FeedError::NotPinned)]
    pub pinned: UncheckedAccount,
}

/// Takes the price.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Refresh>) -> Result<()> {
    let Refresh { source, pinned } = &mut ctx.accounts;
    source.require_known_version()?;
    let update = update::load(pinned.account(), &source.feed_id)?;
    let clock = Clock::get()?;
    let address = *source.address();
    let taken = source.refresh(&update.price, clock.slot, clock.unix_timestamp);
    if taken.map_err(FeedError::from)? == Refreshed::Written {
        let header = &source.header;
        emit!(PriceTaken {
            source: address,
            round: header.round,
            price: header.price,
            publish_time: header.publish_time,
        });
    }
    Ok(())
}
