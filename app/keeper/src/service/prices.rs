//! Where prices come from: accounts that somebody else keeps, or signed updates that the keeper posts.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use solana_address::Address;
use solana_instruction::Instruction;

/// Which price: Pyth's id of a feed.
pub type Feed = [u8; 32];

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
    /// Time of the newest price of a feed that this source can bring, Unix seconds; none where it brings none.
    fn newest(&self, feed: &Feed) -> Option<i64>;

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
    fn newest(&self, _: &Feed) -> Option<i64> {
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
