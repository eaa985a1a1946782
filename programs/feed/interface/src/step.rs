//! How far a feed's price may move from one round to the next, and how it gets through when it moved farther.
//!
//! A price within `max_step` basis points a second of the last published one is taken. One beyond is *refused*: nothing is published,
//! the old price ages, and a reader's limit refuses it then. If the next round that is looked at comes within
//! [`SUCCESSIVE_SECONDS`], is beyond the step too, and lies within the step of the refused one, it is taken: a real crash gets
//! through a minute late, and who wants to move the price farther than the step must hold a quorum of the sources for two
//! minutes.

use crate::aggregate::{Aggregate, BASIS_POINTS};

/// Most seconds between two refused rounds that confirm each other.
pub const SUCCESSIVE_SECONDS: i64 = 300;

/// A price and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// 1e-8 USD; zero for none.
    pub price: u64,
    /// Unix seconds.
    pub at: i64,
}

/// What a feed remembers of the rounds before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The last published price; zero for none.
    pub published: At,
    /// The refused one after it; zero for none.
    pub refused: At,
}

/// What becomes of a round's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is within the step.
    Within,
    /// It is beyond, and confirms the round that was refused before.
    Confirmed,
    /// It is beyond.
    Refused,
}

impl Memory {
    /// Judges the price of a round at the time `at`, later than both others.
    pub fn judge(&self, price: &Aggregate, at: i64, max_step_bps: u16) -> Verdict {
        let Self { published, refused } = self;
        if published.price == 0 || is_within(published, price.price, at, max_step_bps) {
            return Verdict::Within;
        }
        let is_successive = refused.price > 0 && at.saturating_sub(refused.at) <= SUCCESSIVE_SECONDS;
        if is_successive && is_within(refused, price.price, at, max_step_bps) {
            Verdict::Confirmed
        } else {
            Verdict::Refused
        }
    }
}

/// Whether a price is within the step of an earlier one.
pub fn is_within(from: &At, price: u64, at: i64, max_step_bps: u16) -> bool {
    let seconds = u128::try_from(at.saturating_sub(from.at)).unwrap_or(0);
    let allowed = u128::from(from.price).saturating_mul(u128::from(max_step_bps)).saturating_mul(seconds);
    u128::from(from.price.abs_diff(price)) * BASIS_POINTS <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_764_000_000;
    const NONE: At = At { price: 0, at: 0 };

    fn price(price: u64) -> Aggregate {
        Aggregate { price, confidence: 0, ema: 0 }
    }

    #[test]
    fn a_step_is_so_much_a_second() {
        let memory = Memory { published: At { price: 10_000, at: T }, refused: NONE };
        // 5 basis points a second: 300 a minute.
        for (next, at, verdict) in [
            (10_300, T + 60, Verdict::Within),
            (9_700, T + 60, Verdict::Within),
            (10_301, T + 60, Verdict::Refused),
            (9_699, T + 60, Verdict::Refused),
            (10_600, T + 120, Verdict::Within),
            (10_601, T + 120, Verdict::Refused),
            (u64::MAX, T + 3_600, Verdict::Refused),
            (u64::MAX, i64::MAX, Verdict::Within),
        ] {
            assert_eq!(memory.judge(&price(next), at, 5), verdict, "{next} {at}");
        }
        let first = Memory { published: NONE, refused: NONE };
        assert_eq!(first.judge(&price(u64::MAX), T, 1), Verdict::Within);
    }

    #[test]
    fn two_refused_rounds_that_agree_get_through() {
        let published = At { price: 10_000, at: T };
        let memory = Memory { published, refused: At { price: 8_000, at: T + 60 } };
        assert_eq!(memory.judge(&price(8_240), T + 120, 5), Verdict::Confirmed);
        assert_eq!(memory.judge(&price(7_759), T + 120, 5), Verdict::Refused);
        // Back where it was: the refused round was the odd one.
        assert_eq!(memory.judge(&price(10_100), T + 120, 5), Verdict::Within);
        // To the other side, and too late.
        assert_eq!(memory.judge(&price(12_000), T + 120, 5), Verdict::Refused);
        assert_eq!(memory.judge(&price(8_000), T + 60 + 300, 5), Verdict::Confirmed);
        let crash = Memory { refused: At { price: 7_000, at: T + 60 }, ..memory };
        assert_eq!(crash.judge(&price(7_000), T + 60 + 360, 5), Verdict::Refused);
    }
}
