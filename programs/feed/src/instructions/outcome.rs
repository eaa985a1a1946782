//! What both ways to publish share: the feed judges the price, the round remembers it.

use anchor_lang::prelude::*;
use assay_feed_interface::{Aggregate, Mask};

use crate::{
    events::RoundDecided,
    state::{Decision, Feed, Round, RoundResult},
};

/// A round's price.
pub(super) struct Outcome {
    /// The price.
    pub price: Aggregate,
    /// The sources that it is made of.
    pub mask: Mask,
    /// Digest of the statement that proved it; none for the fallback.
    pub digest: Option<[u8; 32]>,
}

/// Hands a round's price to its feed.
pub(super) fn publish(feed: &mut Account<Feed>, round: &mut Account<Round>, outcome: &Outcome) -> Result<()> {
    let Outcome { price, mask, digest } = outcome;
    let slot = Clock::get()?.slot;
    let result = match (feed.publish(price, round.at, digest.as_ref(), slot)?, digest) {
        (Decision::Refused, _) => RoundResult::Refused,
        (Decision::Published, Some(_)) => RoundResult::Proven,
        (Decision::Published, None) => RoundResult::Degraded,
    };
    round.decide(result, price.price, *mask);
    emit!(RoundDecided {
        feed: *feed.address(),
        at: round.at,
        result: result as u8,
        price: price.price,
        confidence: price.confidence,
        mask: mask.0,
        digest: digest.unwrap_or([0; 32]), // the event's form of none
    });
    Ok(feed.invariant()?)
}
