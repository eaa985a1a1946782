//! A question whose sources are feeds of rounds: an hour of theirs is final when it is written, and resolves like a source's.

use assay_feed_interface::source::{FEED_ACCOUNT_LEN, FEED_DISCRIMINATOR};
use assay_feed_interface::{Aggregate, Kind, PROGRAM};
use assay_host::Account;
use assay_market::state::Place;
use assay_market_host::Status;
use solana_address::Address;

use crate::support::{SOURCES, T, World, empty_source, refused};

/// Two feeds whose rounds of these minutes after each hour of the window were proven.
fn put_feeds(world: &mut World, minutes: &[i64]) {
    let mut feed = empty_source();
    feed.header.kind = Kind::Feed as u8;
    for hour in -24..=0 {
        for minute in minutes {
            let price = 10_000_000_000 + if hour % 2 == 0 { 0 } else { 50_000_000 };
            feed.enter(&Aggregate { price, confidence: 1, ema: price }, T + 3_600 * hour + 60 * minute);
        }
    }
    let mut data = FEED_DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(&feed));
    data.resize(FEED_ACCOUNT_LEN, 0);
    for address in SOURCES {
        world.net.put(address, Account { owner: Address::new_from_array(PROGRAM), data: data.clone() });
    }
}

#[test]
fn a_question_over_feeds_is_made_observed_and_resolved() {
    let mut world = World::empty();
    put_feeds(&mut world, &[]);
    let create = world.create();
    world.net.send(&[create], &[&world.creator.key]).expect_ok();
    world.add_outcomes();
    // The first proven round of each hour is two minutes late, and a later one changes nothing.
    world.net.set_time(T + 121);
    put_feeds(&mut world, &[2, 7]);
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Observed);
    world.resolve(Place::First).expect_ok();
    assert_eq!(world.status(), Status::Proposed);
}

#[test]
fn an_hour_without_a_proven_round_in_its_ten_minutes_is_absent() {
    let mut world = World::new();
    world.net.set_time(T + 700);
    put_feeds(&mut world, &[11]);
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Open);
    let early = world.keys.void(&world.question());
    refused(&world.net.send(&[early], &[&world.prover.key]), "WindowOpen");
}
