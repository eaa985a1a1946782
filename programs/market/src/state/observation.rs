//! The prices that resolve a question, copied hour by hour from its sources.
//!
//! Who copies chooses nothing: an entry is the source's *final* price of that hour, and an entry that was written stays. A
//! price counts as absent only when nobody brought it until the question's patience ran out; bringing it is open to all, so
//! it takes everybody's silence to make one absent.

use anchor_lang::prelude::*;
use assay_feed_interface::{Interval, Source};
use assay_market_interface::{
    features::{self, ABSENT, COUNT, MAX_HOURS, MAX_SOURCES, Prices},
    observation_hash,
};

use crate::{
    errors::{MarketError, Rule},
    state::Terms,
};

/// An observation. 1,160 bytes after the discriminator.
#[account]
pub struct Observation {
    /// The question.
    pub question: Address,
    /// Who paid for this account.
    pub payer: Address,
    /// Hash of the prices, once complete: what the statement's context binds.
    pub hash: [u8; 32],
    /// The model's inputs, once complete.
    pub features: [i16; COUNT],
    /// Price of each hour of the window, 1e-8 USD, oldest first, for each source; zero where there is none.
    pub prices: [[u64; MAX_HOURS]; MAX_SOURCES],
    /// Bump of this address.
    pub bump: u8,
    /// Version of this layout.
    pub version: u8,
    /// Zero.
    pub padding: [u8; 6],
}

const _: () = assert!(size_of::<Observation>() == 1_160);

impl Observation {
    /// Copies what a source has by now.
    ///
    /// # Errors
    /// There is no such place.
    pub fn copy(&mut self, place: usize, source: &Source, terms: &Terms, now: i64) -> Rule<()> {
        let first = Interval::Hour.index(terms.starts_at()).ok_or(MarketError::InvariantViolated)?;
        let prices = self.prices.get_mut(place).ok_or(MarketError::WrongSource)?;
        for (entry, hour) in prices.iter_mut().take(usize::from(terms.hours())).zip(first..) {
            if *entry == ABSENT
                && let Ok(price) = source.hour(hour, now)
            {
                *entry = price;
            }
        }
        Ok(())
    }

    /// Computes features and hash, if every price is there, or patience has run out and every hour has one.
    ///
    /// # Errors
    /// Never for terms that are valid.
    pub fn complete(&mut self, terms: &Terms, now: i64) -> Rule<bool> {
        let hours = usize::from(terms.hours());
        let (sources, _) =
            self.prices.split_at_checked(usize::from(terms.sources)).ok_or(MarketError::InvariantViolated)?;
        let all_there = sources.iter().all(|prices| prices.iter().take(hours).all(|price| *price != ABSENT));
        if !all_there && now < terms.ends_at.saturating_add(i64::from(terms.patience)) {
            return Ok(false);
        }
        let Ok(features) = features::compute(sources, hours) else { return Ok(false) };
        self.hash = observation_hash(&self.question.to_bytes(), sources, terms.hours());
        self.features = features;
        Ok(true)
    }
}

/// The interface's type of a source's prices is the layout's.
const _: fn(Prices) -> [u64; MAX_HOURS] = |prices| prices;
