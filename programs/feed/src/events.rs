//! One event for each change of state, so that an indexer needs no account reads.

use anchor_lang::prelude::*;

/// A source exists.
#[event]
pub struct SourceCreated {
    /// The source.
    pub source: Address,
    /// What stands behind it.
    pub kind: u8,
    /// Which price it is, by the oracle's name of it.
    pub feed_id: [u8; 32],
    /// The account that it copies.
    pub pinned: Address,
}

/// A source took its pinned account's price.
#[event]
pub struct PriceTaken {
    /// The source.
    pub source: Address,
    /// Prices taken so far.
    pub round: u64,
    /// The price, 1e-8 USD.
    pub price: u64,
    /// When it was published, Unix seconds.
    pub publish_time: i64,
}

/// An entry of a ring is new.
#[event]
pub struct PriceObserved {
    /// The source.
    pub source: Address,
    /// 0 minute, 1 hour.
    pub interval: u8,
    /// The time, Unix seconds.
    pub at: i64,
    /// The price, 1e-8 USD.
    pub price: u64,
    /// When it was published, Unix seconds.
    pub publish_time: i64,
    /// 1: nothing replaces it. 0: an earlier update does, until the window ends.
    pub first: u8,
}

/// A feed exists.
#[event]
pub struct FeedCreated {
    /// The feed.
    pub feed: Address,
    /// Who made it.
    pub creator: Address,
    /// Which price it is, by its creator's word.
    pub feed_id: [u8; 32],
    /// The model that judges its sources.
    pub model: Address,
}

/// A round is sealed: nothing of it changes any more.
#[event]
pub struct RoundSealed {
    /// The feed.
    pub feed: Address,
    /// The round.
    pub round: Address,
    /// Its minute, Unix seconds.
    pub at: i64,
    /// How many sources have a quote.
    pub present: u8,
    /// The model's inputs.
    pub features: [i16; 32],
}

/// A round has its result.
#[event]
pub struct RoundDecided {
    /// The feed.
    pub feed: Address,
    /// Its minute, Unix seconds.
    pub at: i64,
    /// 1 published by proof, 2 published by the fallback, 3 refused by the step.
    pub result: u8,
    /// The price, 1e-8 USD.
    pub price: u64,
    /// Half-width of its interval, 1e-8 USD.
    pub confidence: u64,
    /// The sources that it is made of: bit i is source i.
    pub mask: u8,
    /// Digest of the statement that was proven; zero for the fallback.
    pub digest: [u8; 32],
}

/// A feed was stopped.
#[event]
pub struct FeedStopped {
    /// The feed.
    pub feed: Address,
    /// When, Unix seconds.
    pub at: i64,
}

/// A feed runs again.
#[event]
pub struct FeedStarted {
    /// The feed.
    pub feed: Address,
}

/// Offices are proposed.
#[event]
pub struct OfficesProposed {
    /// The feed.
    pub feed: Address,
    /// The next authority; zero for none.
    pub authority: Address,
    /// The next guardian; zero for none.
    pub guardian: Address,
    /// From when on they can be taken, Unix seconds.
    pub from: i64,
}

/// Offices have changed hands.
#[event]
pub struct OfficesChanged {
    /// The feed.
    pub feed: Address,
    /// The authority; zero for none.
    pub authority: Address,
    /// The guardian; zero for none.
    pub guardian: Address,
}
