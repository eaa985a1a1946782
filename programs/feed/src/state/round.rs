//! A round: what the sources say of one minute, and what became of it.
//!
//! Who copies chooses nothing: a quote is the source's *final* price of the minute, and one that was written stays. A source
//! counts as absent only when nobody brought its price until the feed's patience ran out; bringing it is open to all. Once sealed
//! nothing of quotes and features changes. `assay_feed_interface::rounds` has the whole rule and who may choose what.

use anchor_lang::prelude::*;
use assay_feed_interface::{
    self as layout, MAX_SOURCES, Mask, Quote, Quotes, Source, aggregate::all_present, features,
    rounds::LIFETIME,
};
use bytemuck::{Pod, Zeroable};

use super::{FeedParams, VERSION, prices::same_layout};
use crate::errors::{FeedError, Rule};

/// What became of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RoundResult {
    /// Nothing yet.
    Open = 0,
    /// Its price was proven and published.
    Proven = 1,
    /// Its price was published by the fallback.
    Degraded = 2,
    /// Its price was beyond the step.
    Refused = 3,
}

/// A source's final price of the minute, or nothing.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable, IdlType)]
pub struct QuoteEntry {
    /// The price, 1e-8 USD; zero where the source has none.
    pub price: u64,
    /// Half-width of its confidence interval, 1e-8 USD.
    pub confidence: u64,
    /// Its exponential moving average, 1e-8 USD; zero where there is none.
    pub ema: u64,
    /// Seconds from the minute to its publish time.
    pub lag: u16,
    /// Zero.
    pub padding: [u8; 6],
}

same_layout!(QuoteEntry, Quote: price confidence ema lag padding);

/// A round. 440 bytes after the discriminator.
#[account]
pub struct Round {
    /// The feed.
    pub feed: Address,
    /// Who paid for this account.
    pub payer: Address,
    /// The minute, Unix seconds.
    pub at: i64,
    /// The feed's last published price when the round was sealed, 1e-8 USD; zero for none.
    pub last: u64,
    /// When it was sealed, Unix seconds; zero while it is not.
    pub sealed_at: i64,
    /// The price that it gave, 1e-8 USD; zero while it has given none.
    pub price: u64,
    /// The quotes, in the order of the feed's sources.
    pub quotes: [QuoteEntry; MAX_SOURCES],
    /// The model's inputs, once sealed.
    pub features: [i16; features::COUNT],
    /// The model's outputs, once proven.
    pub scores: [i16; MAX_SOURCES],
    /// The sources that its price is made of: bit i is source i.
    pub mask: u8,
    /// A [`RoundResult`].
    pub result: u8,
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 4],
}

const _: () = assert!(size_of::<Round>() == 440);

impl Round {
    /// A round without a quote.
    pub fn begin(&mut self, feed: Address, payer: Address, at: i64, bump: u8) {
        self.feed = feed;
        self.payer = payer;
        self.at = at;
        self.bump = bump;
        self.version = VERSION;
    }

    /// Its quotes.
    pub fn quotes(&self) -> &Quotes {
        bytemuck::must_cast_ref(&self.quotes)
    }

    /// Which minute it is.
    ///
    /// # Errors
    /// Never in an account of the program.
    pub fn minute(&self) -> Rule<u32> {
        layout::Interval::Minute.index(self.at).ok_or(FeedError::InvariantViolated)
    }

    /// Whether its quotes are fixed.
    pub const fn is_sealed(&self) -> bool {
        self.sealed_at > 0
    }

    /// From when on it is of no use and may be closed.
    pub const fn ends_at(&self) -> i64 {
        self.at.saturating_add(LIFETIME)
    }

    /// Fails where the round is no longer of use, or its minute has not begun.
    ///
    /// # Errors
    /// [`FeedError::WrongMinute`].
    pub const fn require_alive(&self, now: i64) -> Rule<()> {
        if self.at <= now && now < self.ends_at() { Ok(()) } else { Err(FeedError::WrongMinute) }
    }

    /// Copies what a source has of the minute by now.
    ///
    /// # Errors
    /// There is no such place.
    pub fn copy(&mut self, place: usize, source: &Source, now: i64) -> Rule<()> {
        let at = self.at;
        let entry = self.quotes.get_mut(place).ok_or(FeedError::WrongSource)?;
        if entry.price == 0
            && let Ok(price) = source.minute(at, now)
        {
            *entry = bytemuck::must_cast(Quote::of(&price, at));
        }
        Ok(())
    }

    /// Seals the round if every source has a quote, or patience has run out and a quorum has one. `last` is the feed's last
    /// published price. Whether it is sealed now.
    pub fn seal(&mut self, params: &FeedParams, last: u64, now: i64) -> bool {
        let present = all_present(self.quotes()).count();
        let waited = now >= self.at.saturating_add(i64::from(params.patience));
        if present < u32::from(params.sources) && !(waited && present >= u32::from(params.quorum)) {
            return false;
        }
        self.features = features::compute(self.quotes(), last);
        self.last = last;
        self.sealed_at = now;
        true
    }

    /// Notes what became of it.
    pub const fn decide(&mut self, result: RoundResult, price: u64, mask: Mask) {
        self.result = result as u8;
        self.price = price;
        self.mask = mask.0;
    }
}
