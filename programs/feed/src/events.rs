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
