//! `refresh`: the pinned account's price, forward only.

use assay_feed_host::{Interval, PythFeed, SourceKeys, oracle};
use assay_feed_interface::pyth::PriceUpdate;
use assay_feed_interface::{Price, SpotError};
use solana_address::Address;

use crate::support::{POSTED, SOL, T, World, price_attacks, refused, update, with_account};

#[test]
fn the_header_is_the_pinned_accounts_price() {
    let mut world = World::new();
    world.refresh(&update(100.0, T - 3)).expect_ok();
    let outcome = world.refresh(&update(101.0, T)).expect_ok();
    let header = world.source().header;
    assert_eq!((header.price, header.previous, header.round), (101_0000_0000, 100_0000_0000, 2));
    assert!(header.slot > 0);
    let price = Price { price: 101_0000_0000, confidence: 1010_0000, ema: 101_0000_0000, publish_time: T };
    assert_eq!(world.source().spot(T + 30, 30), Ok(price));
    assert_eq!(world.source().spot(T + 31, 30), Err(SpotError::Stale { age: 31, max_age: 30 }));
    assert_eq!(outcome.events().len(), 1);
}

#[test]
fn publish_times_never_fall() {
    let mut world = World::new();
    world.refresh(&update(100.0, T)).expect_ok();
    let before = world.source();
    refused(&world.refresh(&update(90.0, T - 1)), "PriceOlder");
    refused(&world.refresh(&update(90.0, i64::MIN)), "PriceOlder");
    // The same second again changes nothing, whatever it says, and fails nobody.
    let outcome = world.refresh(&update(90.0, T)).expect_ok();
    assert_eq!(outcome.events().len(), 0);
    assert_eq!(world.source(), before);
}

#[test]
fn no_price_comes_from_the_future() {
    let mut world = World::new();
    refused(&world.refresh(&update(100.0, T + 11)), "PriceFromFuture");
    refused(&world.refresh(&update(100.0, i64::MAX)), "PriceFromFuture");
    world.refresh(&update(100.0, T + 10)).expect_ok();
    // Who pushed ten seconds ahead has closed the source for ten seconds, and no longer.
    refused(&world.refresh(&update(100.0, T + 9)), "PriceOlder");
}

#[test]
fn every_bad_price_has_its_own_refusal() {
    let mut world = World::new();
    world.refresh(&update(100.0, T - 5)).expect_ok();
    let refresh = world.keys.refresh();
    let pinned = world.keys.pinned;
    price_attacks(&mut world, pinned, &update(100.0, T), &refresh);
    world.send(refresh).expect_ok();
}

#[test]
fn only_the_pinned_account_is_read() {
    let mut world = World::new();
    // The same feed in another account: one's own, and another shard's.
    let other = SourceKeys::of(&PythFeed { shard: 1, ..SOL }).pinned;
    for wrong in [POSTED, other] {
        world.net.put(wrong, oracle::account(&update(100.0, T)));
        let refresh = with_account(world.keys.refresh(), 1, wrong);
        refused(&world.send(refresh), "NotPinned");
    }
    // No account at all.
    refused(&world.send(world.keys.refresh()), "PriceOwner");
}

#[test]
fn a_source_is_the_programs_own() {
    let mut world = World::new();
    world.push(&update(100.0, T));
    // The source's own bytes under another owner, and at an address that is none.
    let mut forged = world.net.account(&world.keys.source).unwrap();
    forged.owner = oracle::RECEIVER;
    world.net.set_account(POSTED, forged);
    refused(&world.send(with_account(world.keys.refresh(), 0, POSTED)), "IllegalOwner");
    let nothing = Address::new_from_array([5; 32]);
    assert!(!world.send(with_account(world.keys.refresh(), 0, nothing)).is_ok());
    // The pinned account in both places.
    let pinned = world.keys.pinned;
    assert!(!world.send(with_account(world.keys.refresh(), 0, pinned)).is_ok());
    // Read-only.
    let mut readonly = world.keys.refresh();
    readonly.accounts[0].is_writable = false;
    assert!(!world.send(readonly).is_ok());
    // A layout of later.
    let mut later = world.net.account(&world.keys.source).unwrap();
    later.data[8] = 2;
    world.net.set_account(world.keys.source, later);
    refused(&world.send(world.keys.refresh()), "UnknownVersion");
}

#[test]
fn an_uncertain_price_is_taken_and_says_so() {
    let mut world = World::new();
    let wide = PriceUpdate { confidence: u64::MAX, exponent: -3, price: 5, ema_price: -1, ..update(1.0, T) };
    world.refresh(&wide).expect_ok();
    let header = world.source().header;
    assert_eq!((header.price, header.confidence, header.ema), (500_000, u64::MAX, 0));
}

#[test]
fn spot_leaves_the_rings_alone() {
    let mut world = World::new();
    world.observe_in(Interval::Hour, T, &update(99.0, T)).expect_ok();
    let before = world.source();
    world.refresh(&update(100.0, T)).expect_ok();
    let after = world.source();
    assert_eq!((after.minutes, after.hours), (before.minutes, before.hours));
}
