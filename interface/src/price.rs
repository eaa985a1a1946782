//! The price header: a checked price as every application reads it, wherever it came from.
//!
//! [`PriceV1`] is the first part of every account that carries a price, a `Source` that copies an oracle as well as a feed
//! that a proof wrote: one reader serves both. Times are Unix seconds, amounts are in units of 10^-8 USD.

use bytemuck::{Pod, Zeroable};
use thiserror::Error;

/// Prices are in units of 10^-8 USD.
pub const PRICE_DECIMALS: u32 = 8;

/// How far a publish time may lie ahead of the cluster's clock, in seconds: that clock lags real time.
pub const MAX_AHEAD_SECONDS: u32 = 10;

/// A price that somebody checked: all amounts in units of 10^-8 USD, the price above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The price, rounded down.
    pub price: u64,
    /// Half-width of its confidence interval, rounded up; the greatest number where the interval leaves 64 bits.
    pub confidence: u64,
    /// Its exponential moving average, rounded down; zero where there is none.
    pub ema: u64,
    /// When it was published, Unix seconds.
    pub publish_time: i64,
}

impl Price {
    /// The low end of the confidence interval: what collateral is surely worth.
    pub const fn low(&self) -> u64 {
        self.price.saturating_sub(self.confidence)
    }

    /// The high end of the confidence interval: what a debt may cost.
    pub const fn high(&self) -> u64 {
        self.price.saturating_add(self.confidence)
    }
}

/// Whether a price may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Made by its rule.
    Good = 0,
    /// Made by the fallback of its rule: fit for what must not wait, such as the liquidation of an insolvent position.
    Degraded = 1,
    /// Not to be used.
    Stopped = 2,
}

impl Status {
    /// The status that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Good),
            1 => Some(Self::Degraded),
            2 => Some(Self::Stopped),
            _ => None,
        }
    }
}

/// The header: 64 bytes, little-endian, no implicit padding.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct PriceV1 {
    /// [`PriceV1::VERSION`].
    pub version: u8,
    /// What stands behind the price: a number of the program that owns the account.
    pub kind: u8,
    /// A [`Status`].
    pub status: u8,
    /// Bump of the account's address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// The last price, 1e-8 USD; zero before the first.
    pub price: u64,
    /// Half-width of its confidence interval, 1e-8 USD.
    pub confidence: u64,
    /// Its exponential moving average, 1e-8 USD; zero where there is none.
    pub ema: u64,
    /// When it was published, Unix seconds. Never falls.
    pub publish_time: i64,
    /// The price before it, 1e-8 USD; zero before the second.
    pub previous: u64,
    /// Slot in which it was written: a reader that fears prices of its own transaction asks for an earlier one.
    pub slot: u64,
    /// Prices written so far.
    pub round: u64,
}

const _: () = assert!(size_of::<PriceV1>() == 64, "the layout is fixed: version it instead");

/// Why a header holds no price to act on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SpotError {
    /// No price was ever written.
    #[error("no price was written yet")]
    Empty,
    /// The price was made by a fallback.
    #[error("the price is degraded: it was made by the fallback of its rule")]
    Degraded,
    /// The price is stopped, or its status byte stands for nothing.
    #[error("the price is stopped (status {0})")]
    Stopped(u8),
    /// The price is too old.
    #[error("the price is {age} s old, at most {max_age} s are allowed; refresh it")]
    Stale {
        /// Seconds since it was published.
        age: u64,
        /// Seconds that the caller allows.
        max_age: u32,
    },
    /// The price is from the future.
    #[error("the price is {ahead} s ahead of the clock, at most {MAX_AHEAD_SECONDS} s are allowed")]
    Future {
        /// Seconds until it will be published.
        ahead: u64,
    },
}

impl PriceV1 {
    /// Version of this layout.
    pub const VERSION: u8 = 1;

    /// The last price, if it is good and at most `max_age` seconds old at the time `now`.
    ///
    /// # Errors
    /// One of [`SpotError`]'s for each check.
    pub fn spot(&self, now: i64, max_age: u32) -> Result<Price, SpotError> {
        match Status::from_byte(self.status) {
            Some(Status::Degraded) => Err(SpotError::Degraded),
            Some(Status::Good | Status::Stopped) | None => self.spot_even_degraded(now, max_age),
        }
    }

    /// [`PriceV1::spot`] that also takes a degraded price: for what must not wait for a better one.
    ///
    /// # Errors
    /// As [`PriceV1::spot`], but for [`SpotError::Degraded`].
    pub fn spot_even_degraded(&self, now: i64, max_age: u32) -> Result<Price, SpotError> {
        match Status::from_byte(self.status) {
            Some(Status::Good | Status::Degraded) => {}
            Some(Status::Stopped) | None => return Err(SpotError::Stopped(self.status)),
        }
        if self.price == 0 {
            return Err(SpotError::Empty);
        }
        let distance = now.abs_diff(self.publish_time);
        if self.publish_time > now {
            if distance > u64::from(MAX_AHEAD_SECONDS) {
                return Err(SpotError::Future { ahead: distance });
            }
        } else if distance > u64::from(max_age) {
            return Err(SpotError::Stale { age: distance, max_age });
        }
        Ok(Price {
            price: self.price,
            confidence: self.confidence,
            ema: self.ema,
            publish_time: self.publish_time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_764_000_000;

    fn header() -> PriceV1 {
        PriceV1 { version: 1, price: 100, confidence: 3, ema: 99, publish_time: NOW, ..PriceV1::zeroed() }
    }

    #[test]
    fn a_spot_price_is_good_fresh_and_not_of_the_future() {
        let price = Price { price: 100, confidence: 3, ema: 99, publish_time: NOW };
        let at = |publish_time| PriceV1 { publish_time, ..header() };
        assert_eq!(header().spot(NOW + 30, 30), Ok(price));
        assert_eq!(header().spot(NOW + 31, 30), Err(SpotError::Stale { age: 31, max_age: 30 }));
        assert!(at(NOW + 10).spot(NOW, 30).is_ok());
        assert_eq!(at(NOW + 11).spot(NOW, 30), Err(SpotError::Future { ahead: 11 }));
        assert_eq!(at(i64::MIN).spot(i64::MAX, 30), Err(SpotError::Stale { age: u64::MAX, max_age: 30 }));
        assert_eq!(PriceV1::zeroed().spot(0, 30), Err(SpotError::Empty));
    }

    #[test]
    fn a_degraded_price_must_be_asked_for_and_a_stopped_one_is_none() {
        let degraded = PriceV1 { status: Status::Degraded as u8, ..header() };
        assert_eq!(degraded.spot(NOW, 30), Err(SpotError::Degraded));
        assert!(degraded.spot_even_degraded(NOW, 30).is_ok());
        for status in [2, 3, 255] {
            let stopped = PriceV1 { status, ..header() };
            assert_eq!(stopped.spot(NOW, 30), Err(SpotError::Stopped(status)));
            assert_eq!(stopped.spot_even_degraded(NOW, 30), Err(SpotError::Stopped(status)));
        }
    }

    #[test]
    fn the_interval_saturates() {
        let price = Price { price: 5, confidence: u64::MAX, ema: 0, publish_time: 0 };
        assert_eq!((price.low(), price.high()), (0, u64::MAX));
    }
}
