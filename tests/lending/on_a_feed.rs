//! A market whose two prices are feeds of rounds instead of sources of an oracle: the same readers, the same actions.
//!
//! The feeds hold what rounds write: prices of full minutes, final at once, hours of the first round after them; and they are degraded
//! where no proof came.

use assay_feed_interface::rounds::LIFETIME;
use assay_feed_interface::source::{FEED_ACCOUNT_LEN, FEED_DISCRIMINATOR};
use assay_feed_interface::{Aggregate, Kind, Source};
use assay_host::{Account, compute_budget};
use assay_interface::price::Status;
use assay_lending_host::{ALL, source};
use bytemuck::Zeroable;

use crate::support::{SOL, TestMarket, USDC, refused};

/// A feed's account that begins with this source.
fn account(source: &Source) -> Account {
    let mut data = FEED_DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(source));
    data.resize(FEED_ACCOUNT_LEN, 0);
    Account { owner: source::FEED, data }
}

/// Two feeds in the place of a market's sources, and the minute of their last round.
struct Feeds {
    feeds: [Source; 2],
    at: i64,
}

impl Feeds {
    /// Rounds of every hour of a day, the collateral's price up and down by half a percent, and the last full minute's.
    fn new(test: &TestMarket, dollars: [f64; 2]) -> Self {
        let mut empty = Source::zeroed();
        (empty.header.version, empty.header.kind) = (1, Kind::Feed as u8);
        let mut feeds = Self { feeds: [empty; 2], at: 0 };
        let last = test.net.now() / 3_600;
        let [collateral, debt] = dollars;
        for hour in last - 30..=last {
            let swing = if hour % 2 == 0 { 1.0 } else { 1.005 };
            // The first round after the hour is a minute late.
            feeds.publish(hour * 3_600 + 60, [collateral * swing, debt], Status::Good);
        }
        feeds
    }

    fn publish(&mut self, at: i64, dollars: [f64; 2], status: Status) {
        self.at = at;
        for (feed, dollars) in self.feeds.iter_mut().zip(dollars) {
            let price = (dollars * 1e8).round() as u64;
            let price = Aggregate { price, confidence: price / 1_000, ema: price };
            feed.publish(&price, at, status as u8, 1).unwrap();
            if status == Status::Good {
                feed.enter(&price, at);
            }
        }
    }

    /// The next minute's round, in the accounts that the market is pinned to; the clock stands five seconds after it.
    fn next(&mut self, test: &mut TestMarket, dollars: [f64; 2], status: Status) {
        let at = (test.net.now() / 60 + 1) * 60;
        test.net.set_time(at + 5);
        self.publish(at, dollars, status);
        self.put(test);
    }

    fn put(&self, test: &mut TestMarket) {
        let pinned = [test.prices.collateral, test.prices.debt];
        pinned.into_iter().zip(&self.feeds).for_each(|(address, feed)| test.net.put(address, account(feed)));
    }
}

/// A market on feeds, with a loan of 6,900 USDC against 100 SOL of 100 USD.
fn borrowed() -> (TestMarket, Feeds) {
    let mut test = TestMarket::supplied(1_000_000 * USDC);
    let mut feeds = Feeds::new(&test, [100.0, 1.0]);
    feeds.next(&mut test, [100.0, 1.0], Status::Good);
    test.take_loan(100 * SOL, 6_900 * USDC);
    (test, feeds)
}

#[test]
fn a_loan_is_made_snapshots_are_taken_and_a_proof_liquidates() {
    let (mut test, mut feeds) = borrowed();
    feeds.next(&mut test, [86.0, 1.0], Status::Good);
    // Final at once: the round's minute is a snapshot's.
    let snapshot_instruction = test.snapshot_instruction();
    test.stranger_sends(snapshot_instruction).expect_ok();
    let snapshot = test.snapshot(test.evidence());
    assert_eq!(i64::from(snapshot.epoch) * 60, feeds.at);
    test.net.advance(1);
    let early = test.early(&snapshot, ALL);
    let before = test.balance(&test.liquidator.collateral);
    test.net.send(&[compute_budget::limit(200_000), early], &[&test.liquidator.key]).expect_ok();
    assert!(test.balance(&test.liquidator.collateral) > before);
}

#[test]
fn an_insolvent_position_is_liquidated_at_a_degraded_price_and_nobody_borrows_at_it() {
    let (mut test, mut feeds) = borrowed();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, USDC);
    feeds.next(&mut test, [80.0, 1.0], Status::Degraded);
    refused(&test.borrower_sends(borrow), "PriceDegraded");
    let snapshot = test.snapshot_instruction();
    refused(&test.stranger_sends(snapshot), "MinuteNotFinal");
    let liquidate = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(liquidate).expect_ok();
}

#[test]
fn a_feed_that_is_stopped_or_silent_has_no_price() {
    let (mut test, mut feeds) = borrowed();
    feeds.next(&mut test, [80.0, 1.0], Status::Stopped);
    let liquidate = test.keys.liquidate(&test.liquidation(ALL));
    refused(&test.liquidator_sends(liquidate.clone()), "PriceStopped");
    feeds.next(&mut test, [80.0, 1.0], Status::Good);
    test.net.advance(LIFETIME);
    refused(&test.liquidator_sends(liquidate), "PriceStale");
}

#[test]
fn a_feed_beside_a_source_is_of_another_moment_most_of_the_minute() {
    let (mut test, mut feeds) = borrowed();
    feeds.next(&mut test, [80.0, 1.0], Status::Good);
    let liquidate = test.keys.liquidate(&test.liquidation(ALL));
    // The oracle's price is of the second, the round's of its minute.
    let fresh = |test: &mut TestMarket, mut debt: Source| {
        debt.header.kind = Kind::Pyth as u8;
        debt.header.publish_time = test.net.now();
        test.net.put(test.prices.debt, source::account(&debt));
    };
    fresh(&mut test, feeds.feeds[1]);
    assert!(test.net.simulate(std::slice::from_ref(&liquidate), &[&test.liquidator.key]).is_ok());
    test.net.advance(11);
    fresh(&mut test, feeds.feeds[1]);
    refused(&test.liquidator_sends(liquidate.clone()), "PricesApart");
    feeds.put(&mut test);
    test.liquidator_sends(liquidate).expect_ok();
}
