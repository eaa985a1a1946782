//! A source: the last price of one pinned account, and rings of final minutes and hours, for all who want that price.
//!
//! | part | bytes | what |
//! | --- | --- | --- |
//! | discriminator | 8 | the start of SHA-256("account:Source") |
//! | header | 64 | [`PriceV1`]: the spot price |
//! | identity | 96 | feed id, pinned account, payer |
//! | minutes | 512 | 16 of [`Minute`]; minute m lies at place m mod 16 |
//! | hours | 512 | 32 of [`Hour`]; hour h lies at place h mod 32 |
//! | reserved | 32 | zero |
//!
//! 1,224 bytes. A feed's account begins with the same parts under a discriminator of its own ([`FEED_DISCRIMINATOR`]), and is read
//! by the same readers: [`Kind`] says which of the two a price is. What a feed's rings hold: [`crate::rounds`].
//!
//! Spot and observation are two rules ([`crate::rules`]): the header copies the *pinned* account and only
//! forward; an entry of a ring is the first price at or after its time, whoever brings it and from whatever account.
//!
//! Nothing is interpolated or carried on. An entry that nobody brought is missing ([`RingError::Missing`]), one that may
//! still be replaced is open ([`RingError::Open`]), and a reader gets neither.
//!
//! Cost of a read: a cast and a few comparisons.

use assay_interface::price::{Price, PriceV1, SpotError};
use bytemuck::{Pod, Zeroable};
use thiserror::Error;

use crate::interval::Interval;

/// First bytes of a source's account.
pub const DISCRIMINATOR: [u8; 8] = [0xea, 0xf8, 0x0b, 0x89, 0xca, 0xb7, 0xa8, 0xe5];

/// Bytes of a source's account, discriminator included.
pub const ACCOUNT_LEN: usize = DISCRIMINATOR.len() + size_of::<Source>();

/// First bytes of a feed's account: a source whose prices rounds write, then what makes the rounds.
pub const FEED_DISCRIMINATOR: [u8; 8] = [0x45, 0xbf, 0x10, 0xe3, 0x84, 0xbb, 0x54, 0xe3];

/// Bytes of a feed's account, discriminator included.
pub const FEED_ACCOUNT_LEN: usize = 1_888;

/// Minutes that a source holds.
pub const MINUTES: usize = 16;

/// Hours that a source holds.
pub const HOURS: usize = 32;

/// What stands behind a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A price account of Pyth's push oracle.
    Pyth = 0,
    /// A feed of this program, whose price a proof chose.
    Feed = 1,
}

impl Kind {
    /// The kind that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Pyth),
            1 => Some(Self::Feed),
            _ => None,
        }
    }
}

/// The first price at or after a full minute. 32 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Minute {
    /// Which: Unix seconds / 60.
    pub minute: u32,
    /// Seconds from the minute to the price's publish time.
    pub lag: u16,
    /// 1: the price's predecessor lies before the minute, so no earlier one exists and nothing replaces it.
    pub first: u8,
    /// Zero.
    pub padding: u8,
    /// The price, 1e-8 USD; zero where nothing was written.
    pub price: u64,
    /// Half-width of its confidence interval, 1e-8 USD.
    pub confidence: u64,
    /// Its exponential moving average, 1e-8 USD; zero where there is none.
    pub ema: u64,
}

/// The first price at or after a full hour. 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Hour {
    /// Which: Unix seconds / 3,600.
    pub hour: u32,
    /// Seconds from the hour to the price's publish time.
    pub lag: u16,
    /// 1: the price's predecessor lies before the hour, so no earlier one exists and nothing replaces it.
    pub first: u8,
    /// Zero.
    pub padding: u8,
    /// The price, 1e-8 USD; zero where nothing was written.
    pub price: u64,
}

/// The account after its discriminator: 1,216 bytes, no implicit padding.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Source {
    /// The spot price.
    pub header: PriceV1,
    /// Which price this is, by the oracle's name of it.
    pub feed_id: [u8; 32],
    /// The account that `refresh` reads.
    pub pinned: [u8; 32],
    /// Who paid for this account.
    pub payer: [u8; 32],
    /// Ring of minutes.
    pub minutes: [Minute; MINUTES],
    /// Ring of hours.
    pub hours: [Hour; HOURS],
    /// Zero; for later versions.
    pub reserved: [u64; 4],
}

const _: () = assert!(size_of::<Source>() == 1_216, "the layout is fixed: version it instead");

/// Why bytes are not a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The account starts neither with [`DISCRIMINATOR`] nor with [`FEED_DISCRIMINATOR`].
    #[error("the account is no source: its first 8 bytes are another type's")]
    Discriminator,
    /// Another length than [`ACCOUNT_LEN`], or for a feed [`FEED_ACCOUNT_LEN`].
    #[error("the account has {0} bytes; a source has {ACCOUNT_LEN}, a feed {FEED_ACCOUNT_LEN}")]
    Length(usize),
    /// The bytes do not lie at a multiple of 8: never so on chain, [`Source::decode`] elsewhere.
    #[error("the bytes are not aligned to 8")]
    Misaligned,
    /// A layout that this code does not know.
    #[error("the source has layout version {0}, which this code does not know")]
    Version(u8),
}

/// Why a ring has no price for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RingError {
    /// A time that is no multiple of the ring's interval, or no time of the ring.
    #[error("{0} is no time of this ring")]
    Time(i64),
    /// Nobody brought the price, or a later one has its place.
    #[error("the source holds no price for the time {0}; bring it with `observe`")]
    Missing(i64),
    /// The price may still be replaced by an earlier one.
    #[error("the price for the time {at} is open until {until}")]
    Open {
        /// The time.
        at: i64,
        /// From when on it is final, Unix seconds.
        until: i64,
    },
}

impl Source {
    /// The source that an account's data hold, or the part of a feed that is one, where they lie. The caller has checked
    /// owner and address.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(data: &[u8]) -> Result<&Self, ReadError> {
        let body = body(data)?;
        let source: &Self = bytemuck::try_from_bytes(body).map_err(|error| refused(error, data.len()))?;
        source.of_known_version()
    }

    /// A copy of the source that an account's data hold, wherever they lie in memory.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn decode(data: &[u8]) -> Result<Self, ReadError> {
        let source: Self =
            bytemuck::try_pod_read_unaligned(body(data)?).map_err(|error| refused(error, data.len()))?;
        source.of_known_version().copied()
    }

    fn of_known_version(&self) -> Result<&Self, ReadError> {
        let version = self.header.version;
        if version == PriceV1::VERSION { Ok(self) } else { Err(ReadError::Version(version)) }
    }

    /// The spot price, at most `max_age` seconds old at the time `now`.
    ///
    /// Whoever sends the transaction chose which update, newer than the last, the pinned account holds. So a consumer
    /// keeps a margin for what a price moves in `max_age` seconds, and compares the publish times of two sources.
    ///
    /// # Errors
    /// [`SpotError`].
    pub fn spot(&self, now: i64, max_age: u32) -> Result<Price, SpotError> {
        self.header.spot(now, max_age)
    }

    /// The final price of the minute `at` (Unix seconds, a multiple of 60), as of the time `now`.
    ///
    /// # Errors
    /// [`RingError`].
    pub fn minute(&self, at: i64, now: i64) -> Result<Price, RingError> {
        let minute = Interval::Minute.index(at).ok_or(RingError::Time(at))?;
        let place = self.minutes.get(place(minute, MINUTES)).ok_or(RingError::Time(at))?;
        if place.price == 0 || place.minute != minute {
            return Err(RingError::Missing(at));
        }
        require_final(Interval::Minute, at, place.first, now)?;
        Ok(Price {
            price: place.price,
            confidence: place.confidence,
            ema: place.ema,
            publish_time: at.saturating_add(i64::from(place.lag)),
        })
    }

    /// The final price of the hour `hour` (Unix seconds / 3,600), 1e-8 USD, as of the time `now`.
    ///
    /// # Errors
    /// [`RingError`].
    pub fn hour(&self, hour: u32, now: i64) -> Result<u64, RingError> {
        let at = Interval::Hour.time(hour);
        let found = self.hours.get(place(hour, HOURS)).ok_or(RingError::Time(at))?;
        if found.price == 0 || found.hour != hour {
            return Err(RingError::Missing(at));
        }
        require_final(Interval::Hour, at, found.first, now)?;
        Ok(found.price)
    }

    /// The final prices of the `N` hours that end with `last` (Unix seconds / 3,600), oldest first, as of the time `now`.
    ///
    /// # Errors
    /// [`RingError`] of the first hour that has none.
    pub fn hours<const N: usize>(&self, last: u32, now: i64) -> Result<[u64; N], RingError> {
        let mut prices = [0; N];
        for (price, back) in prices.iter_mut().rev().zip(0..) {
            let hour = last.checked_sub(back).ok_or(RingError::Time(Interval::Hour.time(last)))?;
            *price = self.hour(hour, now)?;
        }
        Ok(prices)
    }
}

/// The last hour whose price counts at the minute `at` (Unix seconds): `floor((at - 1,800) / 3,600)`, at least half an hour
/// old, so final. `None` before 1970 and after the year 490,000.
pub fn last_hour_before(at: i64) -> Option<u32> {
    const LEAST_AGE: i64 = 1_800;
    u32::try_from(at.checked_sub(LEAST_AGE)?.div_euclid(Interval::Hour.seconds())).ok()
}

/// Where an entry lies in a ring of `places`.
pub(crate) const fn place(index: u32, places: usize) -> usize {
    index as usize % places
}

fn require_final(interval: Interval, at: i64, first: u8, now: i64) -> Result<(), RingError> {
    let until = interval.closes_at(at);
    if first == 1 || now >= until { Ok(()) } else { Err(RingError::Open { at, until }) }
}

fn body(data: &[u8]) -> Result<&[u8], ReadError> {
    let length = ReadError::Length(data.len());
    if let Some(body) = data.strip_prefix(&DISCRIMINATOR) {
        return Ok(body);
    }
    match data.strip_prefix(&FEED_DISCRIMINATOR) {
        Some(body) if data.len() == FEED_ACCOUNT_LEN => {
            body.split_at_checked(size_of::<Source>()).map(|(source, _)| source).ok_or(length)
        }
        Some(_) => Err(length),
        None if data.len() < DISCRIMINATOR.len() => Err(length),
        None => Err(ReadError::Discriminator),
    }
}

fn refused(error: bytemuck::PodCastError, length: usize) -> ReadError {
    match error {
        bytemuck::PodCastError::TargetAlignmentGreaterAndInputNotAligned => ReadError::Misaligned,
        _ => ReadError::Length(length),
    }
}

#[cfg(test)]
mod tests;
