//! `open_round`: the sources' final prices of a minute enter its round, and seal it if they can. Anyone may, as often as they like.
//!
//! What the caller chooses: nothing about a quote, which is the source's final price of the minute. Whether a source counts as absent
//! is decided by the feed's patience: until then a round is sealed only if every source is there. `assay_feed_interface::rounds`
//! has the argument. A sealed round stays as it is and the call succeeds, so that nobody makes the transaction of a keeper fail,
//! which seals and publishes, by sealing before it.
//!
//! Behind the accounts come the sources, in the feed's order.

#![allow(unused_variables)] // the derive names the argument in each of its functions, and uses it in one

use anchor_lang::prelude::*;
use assay_feed_interface::{self as layout, Interval, quote, seeds::ROUND};

use super::now;
use crate::{
    errors::FeedError,
    events::RoundSealed,
    state::{Feed, Round},
};

/// Accounts of `open_round`, then the sources.
#[derive(Accounts)]
#[instruction(minute: u32)]
pub struct OpenRound {
    /// 0. `[signer, writable]` Pays the rent of the first call, and gets it back when the round is closed.
    #[account(mut)]
    pub caller: Signer,
    /// 1. `[]` The feed.
    pub feed: Account<Feed>,
    /// 2. `[writable]` Its round of this minute.
    #[account(init_if_needed, payer = caller, seeds = [ROUND, feed, &minute.to_le_bytes()], bump)]
    pub round: Account<Round>,
    /// 3. `[]` The system program.
    pub system_program: Program<System>,
}

/// Copies what is final, and seals the round if it can.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<OpenRound>, minute: u32) -> Result<()> {
    let (now, bump) = (now()?, ctx.bumps.round);
    let sources = ctx.remaining_accounts()?;
    let OpenRound { caller, feed, round, .. } = &mut ctx.accounts;
    if round.is_sealed() {
        return Ok(());
    }
    if round.version == 0 {
        round.begin(*feed.address(), *caller.address(), Interval::Minute.time(minute), bump);
    }
    feed.require_running()?;
    round.require_alive(now)?;
    feed.require_later(round.at)?;
    if sources.len() != usize::from(feed.params.sources) {
        return Err(FeedError::WrongSource.into());
    }
    for (place, (account, expected)) in sources.iter().zip(&feed.sources).enumerate() {
        if account.address() != expected || !account.owned_by(&crate::ID) {
            return Err(FeedError::WrongSource.into());
        }
        let data = account.try_borrow()?;
        let source = layout::Source::read(&data).map_err(|_| FeedError::WrongSource)?;
        round.copy(place, source, now)?;
    }
    if round.seal(&feed.params, feed.prices.header.price, now) {
        emit!(RoundSealed {
            feed: *feed.address(),
            round: *round.address(),
            at: round.at,
            present: u8::try_from(quote::present(round.quotes())).unwrap_or(u8::MAX),
            features: round.features,
        });
    }
    Ok(())
}
