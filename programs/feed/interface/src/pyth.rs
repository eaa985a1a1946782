//! Pyth's `PriceUpdateV2` account: reading it, and deciding whether its price may be used.
//!
//! The receiver program posts a price that Wormhole's guardians signed into an account that it owns:
//!
//! | offset | bytes | field |
//! | --- | --- | --- |
//! | 0 | 8 | Anchor discriminator: the start of SHA-256("account:PriceUpdateV2") |
//! | 8 | 32 | `write_authority` |
//! | 40 | 2 or 1 | `verification_level`: Partial is 0 and the number of signatures, Full is 1 |
//! | 42 or 41 | 32 | `feed_id` |
//! | + 32 | 8 | `price`, i64 |
//! | + 40 | 8 | `conf`, u64 |
//! | + 48 | 4 | `exponent`, i32: the price in USD is `price * 10^exponent` |
//! | + 52 | 16 | `publish_time`, `prev_publish_time`, i64 Unix seconds |
//! | + 68 | 16 | `ema_price` i64, `ema_conf` u64 |
//! | + 84 | 8 | `posted_slot`, u64 |
//!
//! Little-endian throughout. A Borsh enum has no fixed length, hence no fixed offsets after it: a reader that
//! assumes them takes one byte of a Partial account for another. The account has [`ACCOUNT_LEN`] bytes, so a
//! Full one ends in a byte of padding.
//!
//! [`PriceUpdate::decode`] reads; [`PriceUpdate::checked`] says whether it is a price of a feed, which is what a source
//! takes. The caller owes a fact that bytes cannot show: that the account's owner is [`RECEIVER_PROGRAM`]. Pyth's own
//! `get_price_no_older_than` checks level, feed and age; sign and exponent are left to the consumer, and checked here. Age,
//! future and confidence are judged where a source is read, for each purpose anew.
//!
//! Cost: reads and comparisons, four 64-bit multiplications or divisions. Nothing allocates, nothing panics.

use assay_interface::{
    bytes::Reader,
    price::{PRICE_DECIMALS, Price},
};
use thiserror::Error;

/// Address of Pyth's receiver program, `rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ`: the owner that a price
/// account must have.
pub const RECEIVER_PROGRAM: [u8; 32] = [
    0x0c, 0xb7, 0xfa, 0xbb, 0x52, 0xf7, 0xa6, 0x48, 0xbb, 0x5b, 0x31, 0x7d, 0x9a, 0x01, 0x8b, 0x90, //
    0x57, 0xcb, 0x02, 0x47, 0x74, 0xfa, 0xfe, 0x01, 0xe6, 0xc4, 0xdf, 0x98, 0xcc, 0x38, 0x58, 0x81,
];

/// Address of Pyth's push oracle, `pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT`. It has the receiver write to the address of
/// [`push_seeds`], for updates newer than the stored one and fully verified; anyone may push.
pub const PUSH_ORACLE_PROGRAM: [u8; 32] = [
    0x0c, 0x4a, 0xa0, 0x12, 0x8e, 0x95, 0xd3, 0xe1, 0x62, 0x2a, 0xa5, 0x01, 0xc5, 0x85, 0xa9, 0xeb, //
    0x07, 0xb3, 0x73, 0x54, 0xc1, 0x08, 0xea, 0x0b, 0x79, 0x1b, 0x45, 0x6d, 0xc7, 0xee, 0xa3, 0x36,
];

/// Seeds, without the bump, of the account of the push oracle for a feed: `[shard (little-endian), feed id]`. A shard is a
/// sponsor's copy of the feed; the same feed has an account in each.
pub const fn push_seeds<'a>(shard: &'a [u8; 2], feed_id: &'a [u8; 32]) -> [&'a [u8]; 2] {
    [shard, feed_id]
}

/// First bytes of a `PriceUpdateV2` account.
pub const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];

/// Length of the account that the receiver creates: the longer, Partial form.
pub const ACCOUNT_LEN: usize = 134;

/// Smallest exponent that [`PriceUpdate::checked`] takes; live feeds use -10 to -3.
pub const MIN_EXPONENT: i32 = -12;

/// Largest exponent that [`PriceUpdate::checked`] takes.
pub const MAX_EXPONENT: i32 = 0;

/// How many guardian signatures the receiver checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationLevel {
    /// Only this many: no quorum.
    Partial {
        /// Number of signatures checked.
        signatures: u8,
    },
    /// Two thirds of the guardian set.
    Full,
}

/// Contents of a `PriceUpdateV2` account, as stored: nothing is judged yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceUpdate {
    /// The account that may overwrite or close this one.
    pub write_authority: [u8; 32],
    /// How far the update was verified.
    pub verification_level: VerificationLevel,
    /// Which price this is.
    pub feed_id: [u8; 32],
    /// Price, in units of `10^exponent` USD.
    pub price: i64,
    /// Half-width of the confidence interval, in the unit of `price`.
    pub confidence: u64,
    /// Decimal exponent of the four amounts.
    pub exponent: i32,
    /// When the price was published, Unix seconds.
    pub publish_time: i64,
    /// When the one before it was.
    pub previous_publish_time: i64,
    /// Exponential moving average of the price, half-life about an hour.
    pub ema_price: i64,
    /// Exponential moving average of the confidence.
    pub ema_confidence: u64,
    /// Slot in which the update was posted.
    pub posted_slot: u64,
}

/// Why an account is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PythError {
    /// The account does not start with [`DISCRIMINATOR`].
    #[error("the account is not a Pyth PriceUpdateV2: its first 8 bytes are another type's")]
    Discriminator,
    /// The account ends before its last field.
    #[error("the price account is truncated: {0} bytes, expected {ACCOUNT_LEN}")]
    Truncated(usize),
    /// The verification level is neither Partial nor Full.
    #[error("verification level {0} of the price account is unknown; expected 0 (Partial) or 1 (Full)")]
    UnknownVerificationLevel(u8),
    /// The update was not verified by a quorum of guardians.
    #[error("the price update is verified by {signatures} guardian signatures only; post it fully verified")]
    PartiallyVerified {
        /// Number of signatures checked.
        signatures: u8,
    },
    /// The account holds another feed's price.
    #[error("the price account is of another feed")]
    Feed,
    /// The price is zero or negative.
    #[error("the price is {0}, not above zero")]
    Price(i64),
    /// The exponent is outside what any feed uses.
    #[error("the price exponent {0} is outside {MIN_EXPONENT} to {MAX_EXPONENT}")]
    Exponent(i32),
    /// An amount leaves 64 bits, or vanishes, in units of 10^-8 USD.
    #[error("the amount {amount} * 10^{exponent} is out of range in units of 10^-{PRICE_DECIMALS} USD")]
    Range {
        /// The stored amount.
        amount: u64,
        /// Its exponent.
        exponent: i32,
    },
}

impl PriceUpdate {
    /// Reads an account's data.
    ///
    /// # Errors
    ///
    /// [`PythError::Discriminator`], [`PythError::Truncated`] or [`PythError::UnknownVerificationLevel`]. Bytes
    /// after the last field are ignored, as Anchor does: the account is longer than its Full form.
    pub fn decode(data: &[u8]) -> Result<Self, PythError> {
        let mut reader = Reader::new(data);
        let truncated = PythError::Truncated(data.len());
        // A short account of another type is of another type first.
        if !data.starts_with(&DISCRIMINATOR) && data.len() >= DISCRIMINATOR.len() {
            return Err(PythError::Discriminator);
        }
        reader.chunk::<8>().ok_or(truncated)?;
        let write_authority = reader.array().ok_or(truncated)?;
        let [level] = reader.array().ok_or(truncated)?;
        let verification_level = match level {
            0 => {
                let [signatures] = reader.array().ok_or(truncated)?;
                VerificationLevel::Partial { signatures }
            }
            1 => VerificationLevel::Full,
            unknown => return Err(PythError::UnknownVerificationLevel(unknown)),
        };
        Ok(Self {
            write_authority,
            verification_level,
            feed_id: reader.array().ok_or(truncated)?,
            price: i64::from_le_bytes(reader.array().ok_or(truncated)?),
            confidence: u64::from_le_bytes(reader.array().ok_or(truncated)?),
            exponent: i32::from_le_bytes(reader.array().ok_or(truncated)?),
            publish_time: i64::from_le_bytes(reader.array().ok_or(truncated)?),
            previous_publish_time: i64::from_le_bytes(reader.array().ok_or(truncated)?),
            ema_price: i64::from_le_bytes(reader.array().ok_or(truncated)?),
            ema_confidence: u64::from_le_bytes(reader.array().ok_or(truncated)?),
            posted_slot: u64::from_le_bytes(reader.array().ok_or(truncated)?),
        })
    }

    /// The account's data as the receiver stores it, for tests and simulations: only the receiver program can
    /// make a real one.
    pub fn encode(&self) -> [u8; ACCOUNT_LEN] {
        let (level, level_len) = match self.verification_level {
            VerificationLevel::Partial { signatures } => ([0, signatures], 2),
            VerificationLevel::Full => ([1, 0], 1),
        };
        let fields: [&[u8]; 12] = [
            &DISCRIMINATOR,
            &self.write_authority,
            level.split_at(level_len).0,
            &self.feed_id,
            &self.price.to_le_bytes(),
            &self.confidence.to_le_bytes(),
            &self.exponent.to_le_bytes(),
            &self.publish_time.to_le_bytes(),
            &self.previous_publish_time.to_le_bytes(),
            &self.ema_price.to_le_bytes(),
            &self.ema_confidence.to_le_bytes(),
            &self.posted_slot.to_le_bytes(),
        ];
        let mut data = [0; ACCOUNT_LEN];
        for (byte, value) in data.iter_mut().zip(fields.into_iter().flatten()) {
            *byte = *value;
        }
        data
    }

    /// The price, if the update is fully verified, of the feed `feed_id`, and expressible. Its age and its uncertainty are left to
    /// who uses it: an interval beyond 64 bits is the greatest number, and an average that is not above zero is none.
    ///
    /// # Errors
    ///
    /// One of [`PythError`]'s for each check, in this order: verification level, feed, sign, exponent, range.
    pub fn checked(&self, feed_id: &[u8; 32]) -> Result<Price, PythError> {
        if let VerificationLevel::Partial { signatures } = self.verification_level {
            return Err(PythError::PartiallyVerified { signatures });
        }
        if self.feed_id != *feed_id {
            return Err(PythError::Feed);
        }
        let price = positive(self.price).ok_or(PythError::Price(self.price))?;
        if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&self.exponent) {
            return Err(PythError::Exponent(self.exponent));
        }
        let ema = positive(self.ema_price).and_then(|ema| self.rescale(ema, Rounding::Down).ok());
        Ok(Price {
            price: self.rescale(price, Rounding::Down)?,
            confidence: self.rescale(self.confidence, Rounding::Up).unwrap_or(u64::MAX),
            ema: ema.unwrap_or(0),
            publish_time: self.publish_time,
        })
    }

    /// An amount in units of `10^exponent` as one in units of 10^-8. A positive amount must stay positive.
    fn rescale(&self, amount: u64, rounding: Rounding) -> Result<u64, PythError> {
        let out_of_range = PythError::Range { amount, exponent: self.exponent };
        let decimals = PRICE_DECIMALS.cast_signed() + self.exponent;
        let factor = 10u64.checked_pow(decimals.unsigned_abs()).ok_or(out_of_range)?;
        let scaled = if decimals >= 0 {
            amount.checked_mul(factor)
        } else {
            match rounding {
                Rounding::Down => amount.checked_div(factor),
                Rounding::Up => Some(amount.div_ceil(factor)),
            }
        };
        scaled.filter(|scaled| (*scaled == 0) == (amount == 0)).ok_or(out_of_range)
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Down,
    Up,
}

fn positive(amount: i64) -> Option<u64> {
    u64::try_from(amount).ok().filter(|amount| *amount > 0)
}

#[cfg(test)]
pub(crate) mod tests;
