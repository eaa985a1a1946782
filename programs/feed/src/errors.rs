//! The program's errors. A number is part of the interface: it is never reused and never moves.
//!
//! A client sees `Custom(9000 + n)`.

use anchor_lang::prelude::*;
use assay_feed_interface::{ObserveError, RefreshError, pyth::PythError};

/// Why an instruction was refused.
#[error_code(offset = 9000)]
#[derive(Debug, PartialEq, Eq)]
pub enum FeedError {
    /// 9001: neither minute nor hour.
    #[msg("The interval is unknown: 0 is a minute, 1 is an hour")]
    UnknownInterval = 1,
    /// 9002: the pinned account's address is not the oracle's for this feed and shard.
    #[msg("The pinned account is not the push oracle's account of this feed and shard")]
    WrongPinnedAccount = 2,
    /// 9003: the account is not the one that the source copies.
    #[msg("The account is not the one that this source is pinned to")]
    NotPinned = 3,
    /// 9004: a source of a layout that this program does not know.
    #[msg("The source has a layout that this program does not know")]
    UnknownVersion = 4,

    /// 9010: the price account is not owned by the Pyth receiver.
    #[msg("The price account is not owned by the Pyth receiver program")]
    PriceOwner = 10,
    /// 9011: the price account does not hold a price update.
    #[msg("The price account does not decode as a Pyth price update")]
    PriceMalformed = 11,
    /// 9012: the price is of another feed.
    #[msg("The price update is of another feed")]
    PriceFeed = 12,
    /// 9013: not all guardian signatures of the price were checked.
    #[msg("The price update is only partially verified")]
    PricePartiallyVerified = 13,
    /// 9014: the price is zero or negative.
    #[msg("The price is not positive")]
    PriceNotPositive = 14,
    /// 9015: the price's exponent is none that a feed has.
    #[msg("The exponent of the price is out of bounds")]
    PriceExponent = 15,
    /// 9016: the price cannot be expressed in units of 1e-8 USD in 64 bits.
    #[msg("The price is outside the range that a source can express")]
    PriceOutOfRange = 16,
    /// 9017: the price was published too long after the present.
    #[msg("The price was published in the future")]
    PriceFromFuture = 17,

    /// 9020: the update is older than the last one taken.
    #[msg("The price is older than the last one that this source took")]
    PriceOlder = 20,
    /// 9021: the count of prices is at its end.
    #[msg("The source has taken its last price")]
    Exhausted = 21,

    /// 9030: the time is no multiple of the interval.
    #[msg("The time is no multiple of the interval")]
    NotATime = 30,
    /// 9031: the update lies before the time, or after its window.
    #[msg("The update was not published in the window after the time")]
    OutsideWindow = 31,
    /// 9032: a later time has the ring's place.
    #[msg("A later time has the place of this one")]
    PlaceTaken = 32,
    /// 9033: an update that is not proven to be the first, in the second half of the window or later.
    #[msg("It is too late for an update that is not the first after the time")]
    LateCandidate = 33,
}

impl From<PythError> for FeedError {
    fn from(error: PythError) -> Self {
        match error {
            PythError::Discriminator | PythError::Truncated(_) | PythError::UnknownVerificationLevel(_) => {
                Self::PriceMalformed
            }
            PythError::PartiallyVerified { .. } => Self::PricePartiallyVerified,
            PythError::Feed => Self::PriceFeed,
            PythError::Price(_) => Self::PriceNotPositive,
            PythError::Exponent(_) => Self::PriceExponent,
            PythError::Future { .. } => Self::PriceFromFuture,
            // A source judges neither age nor average nor confidence; they are for who reads it.
            PythError::Range { .. }
            | PythError::Stale { .. }
            | PythError::Ema(_)
            | PythError::Confidence { .. } => Self::PriceOutOfRange,
        }
    }
}

impl From<RefreshError> for FeedError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Older { .. } => Self::PriceOlder,
            RefreshError::Future { .. } => Self::PriceFromFuture,
            RefreshError::Exhausted => Self::Exhausted,
        }
    }
}

impl From<ObserveError> for FeedError {
    fn from(error: ObserveError) -> Self {
        match error {
            ObserveError::Time(_) => Self::NotATime,
            ObserveError::OutsideWindow { .. } => Self::OutsideWindow,
            ObserveError::Future { .. } => Self::PriceFromFuture,
            ObserveError::Passed(_) => Self::PlaceTaken,
            ObserveError::LateCandidate(_) => Self::LateCandidate,
        }
    }
}
