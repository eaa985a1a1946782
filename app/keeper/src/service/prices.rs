//! Where prices come from: accounts that somebody else keeps, or signed updates that the keeper posts.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use solana_address::Address;
use solana_instruction::Instruction;

/// Which price: Pyth's id of a feed.
pub type Feed = [u8; 32];

/// A price, as Pyth publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When, Unix seconds.
    pub time: i64,
    /// In units of `10^exponent`.
    pub price: i64,
    /// The unit's exponent.
    pub exponent: i32,
}

/// When a newer price is worth its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How far it is from the one on the chain, basis points.
    pub deviation_bps: u16,
    /// How old the one on the chain is, seconds.
    pub age: i64,
}

impl Policy {
    /// Whether `newest` is worth posting where the chain has `there`.
    pub fn is_due(&self, there: Option<Point>, newest: Point, now: i64) -> bool {
        let Some(there) = there else { return true };
        if newest.time <= there.time {
            return false;
        }
        let apart = u128::from(newest.price.abs_diff(there.price)) * 10_000;
        let allowed = u128::from(there.price.unsigned_abs()) * u128::from(self.deviation_bps);
        newest.exponent != there.exponent || apart >= allowed || now.saturating_sub(there.time) >= self.age
    }
}

/// Instructions that make prices newer, for one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The feeds, each with the time of the price that is posted, Unix seconds.
    pub feeds: BTreeMap<Feed, i64>,
    /// The instructions, in order. Only the payer signs.
    pub instructions: Vec<Instruction>,
}

/// Somebody who knows prices.
pub trait PriceSource: Send + Sync {
    /// The newest price of a feed that this source can bring; none where it brings none.
    fn newest(&self, feed: &Feed) -> Option<Point>;

    /// What brings prices that are newer than those on the chain, by the times of `there`. `rent` says what makes so many bytes exempt.
    /// Nothing where there is nothing newer, or somebody else does it.
    fn postings(
        &self,
        payer: &Address,
        there: &BTreeMap<Feed, i64>,
        rent: &dyn Fn(usize) -> u64,
    ) -> Vec<Posting>;
}

/// Accounts that a sponsor keeps: nothing is posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sponsored;

impl PriceSource for Sponsored {
    fn newest(&self, _: &Feed) -> Option<Point> {
        None
    }

    fn postings(&self, _: &Address, _: &BTreeMap<Feed, i64>, _: &dyn Fn(usize) -> u64) -> Vec<Posting> {
        Vec::new()
    }
}

/// Unix seconds.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_posted_when_it_is_far_from_the_old_one_or_that_is_old() {
        let policy = Policy { deviation_bps: 25, age: 60 };
        let point = |time, price| Point { time, price, exponent: -8 };
        let there = point(100, 1_000_000);
        for (newest, now, is_due) in [
            (point(101, 1_002_499), 110, false),
            (point(101, 1_002_500), 110, true),
            (point(101, 997_500), 110, true),
            (point(101, 1_000_000), 159, false),
            (point(101, 1_000_000), 160, true),
            (point(100, 2_000_000), 1_000, false),
            (point(99, 2_000_000), 1_000, false),
            (Point { exponent: -7, ..point(101, 1_000_000) }, 110, true),
            (point(101, i64::MIN), 110, true),
        ] {
            assert_eq!(policy.is_due(Some(there), newest, now), is_due, "{newest:?} {now}");
        }
        assert!(policy.is_due(None, there, 0));
        assert!(policy.is_due(Some(point(1, 0)), point(2, 0), 0), "of a price of nothing any is far");
    }
}
