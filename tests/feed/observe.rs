//! `observe`: the price of a time is the first after it, whoever brings it.

use assay_feed_host::{HOURS, Interval, MINUTES, oracle};
use assay_feed_interface::pyth::PriceUpdate;
use assay_feed_interface::{RingError, last_hour_before};

use crate::support::{POSTED, T, World, price_attacks, refused, update, with_account};

/// An update with the publish time of the one before it.
fn after(dollars: f64, publish_time: i64, previous_publish_time: i64) -> PriceUpdate {
    PriceUpdate { previous_publish_time, ..update(dollars, publish_time) }
}

fn price_at(world: &World, at: i64) -> Result<u64, RingError> {
    world.source().minute(at, world.net.now()).map(|price| price.price)
}

#[test]
fn the_first_update_is_final_at_once_from_whatever_account() {
    let mut world = World::new();
    world.net.advance(2);
    let outcome = world.observe(T, &after(100.0, T + 1, T - 1)).expect_ok();
    assert_eq!(price_at(&world, T), Ok(100_0000_0000));
    assert_eq!(outcome.events().len(), 1);
    // The header is another rule's.
    assert_eq!(world.source().header.price, 0);
}

#[test]
fn a_final_entry_never_changes_and_fails_nobody() {
    let mut world = World::new();
    world.net.advance(2);
    world.observe(T, &after(100.0, T + 1, T - 1)).expect_ok();
    let before = world.source();
    for other in [after(50.0, T, T - 1), after(50.0, T + 1, T - 1), after(50.0, T, T), after(50.0, T + 2, T)]
    {
        let outcome = world.observe(T, &other).expect_ok();
        assert_eq!(outcome.events().len(), 0);
    }
    world.net.advance(1_000);
    world.observe(T, &after(50.0, T, T - 1)).expect_ok();
    assert_eq!(world.source(), before);
}

#[test]
fn a_candidate_waits_for_the_window_and_gives_way_to_the_first() {
    let mut world = World::new();
    world.net.advance(20);
    // A thief brings the update that suits best, of those after the first.
    world.observe(T, &after(90.0, T + 12, T + 12)).expect_ok();
    assert_eq!(price_at(&world, T), Err(RingError::Open { at: T, until: T + 60 }));
    world.observe(T, &after(91.0, T + 11, T + 10)).expect_ok();
    world.observe(T, &after(89.0, T + 13, T + 12)).expect_ok();
    assert_eq!(world.source().minutes[(T / 60 % 16) as usize].price, 91_0000_0000);
    world.net.set_time(T + 31);
    refused(&world.observe(T, &after(92.0, T + 10, T + 9)), "LateCandidate");
    world.net.set_time(T + 59);
    world.observe(T, &after(100.0, T + 1, T - 1)).expect_ok();
    assert_eq!(price_at(&world, T), Ok(100_0000_0000));
}

#[test]
fn an_unchallenged_candidate_is_final_when_the_window_ends() {
    let mut world = World::new();
    world.net.advance(30);
    world.observe(T, &after(90.0, T + 12, T + 12)).expect_ok();
    world.net.set_time(T + 60);
    assert_eq!(price_at(&world, T), Ok(90_0000_0000));
    world.observe(T, &after(100.0, T + 1, T - 1)).expect_ok();
    assert_eq!(price_at(&world, T), Ok(90_0000_0000));
}

#[test]
fn the_past_is_filled_by_the_first_update_alone() {
    let mut world = World::new();
    world.net.set_time(T + 31 * 3_600);
    let candidate = after(90.0, T + 5, T + 4);
    refused(&world.observe_in(Interval::Hour, T, &candidate), "LateCandidate");
    world.observe_in(Interval::Hour, T, &after(100.0, T + 400, T - 1)).expect_ok();
    let hour = Interval::Hour.index(T).unwrap();
    assert_eq!(world.source().hour(hour, world.net.now()), Ok(100_0000_0000));
}

#[test]
fn an_update_must_lie_in_the_window() {
    let mut world = World::new();
    world.net.set_time(T + 2_000);
    for (interval, window) in [(Interval::Minute, 60), (Interval::Hour, 600)] {
        refused(&world.observe_in(interval, T, &after(1.0, T - 1, T - 2)), "OutsideWindow");
        refused(&world.observe_in(interval, T, &after(1.0, T + window + 1, T - 1)), "OutsideWindow");
        refused(&world.observe_in(interval, T, &after(1.0, i64::MIN, i64::MIN)), "OutsideWindow");
        world.observe_in(interval, T, &after(1.0, T + window, T - 1)).expect_ok();
    }
}

#[test]
fn no_update_comes_from_the_future() {
    let mut world = World::new();
    refused(&world.observe(T, &after(1.0, T + 11, T - 1)), "PriceFromFuture");
    refused(&world.observe(T + 60, &after(1.0, T + 60, T + 59)), "PriceFromFuture");
    world.observe(T, &after(1.0, T + 10, T - 1)).expect_ok();
}

#[test]
fn times_are_multiples_of_the_interval() {
    let mut world = World::new();
    world.net.set_time(T + 4_000);
    for at in [T + 1, T + 59, T + 61] {
        refused(&world.observe(at, &after(1.0, at, at - 1)), "NotATime");
    }
    for at in [T + 60, T + 1_800, T + 3_599] {
        refused(&world.observe_in(Interval::Hour, at, &after(1.0, at, at - 1)), "NotATime");
    }
    for at in [-60, -3_600, i64::MIN, i64::MAX] {
        refused(&world.observe(at, &after(1.0, at, at.saturating_sub(1))), "NotATime");
    }
    let beyond = (i64::from(u32::MAX) + 1) * 60;
    refused(&world.observe(beyond, &after(1.0, beyond, beyond - 1)), "NotATime");
    // A full hour counts for a minute, and the two rings are two.
    world.observe(T + 3_600, &after(1.0, T + 3_600, T + 3_599)).expect_ok();
    assert!(world.source().hours.iter().all(|hour| hour.price == 0));
}

#[test]
fn an_interval_is_a_minute_or_an_hour() {
    let mut world = World::new();
    world.net.put(POSTED, oracle::account(&update(1.0, T)));
    for interval in [2, 255] {
        let mut observe = world.keys.observe(Interval::Minute, T, POSTED);
        observe.data[8] = interval;
        refused(&world.send(observe), "UnknownInterval");
    }
}

#[test]
fn a_place_never_goes_back_to_an_older_time() {
    let mut world = World::new();
    let round = |interval: Interval| match interval {
        Interval::Minute => MINUTES as i64 * 60,
        Interval::Hour => HOURS as i64 * 3_600,
    };
    for interval in [Interval::Minute, Interval::Hour] {
        let later = T + round(interval);
        world.net.set_time(later);
        world.observe_in(interval, later, &after(100.0, later, later - 1)).expect_ok();
        let before = world.source();
        refused(&world.observe_in(interval, T, &after(50.0, T, T - 1)), "PlaceTaken");
        assert_eq!(world.source(), before);
        // A candidate of the older time is no better.
        refused(&world.observe_in(interval, T, &after(50.0, T + 1, T)), "PlaceTaken");
        let next = later + round(interval);
        world.net.set_time(next);
        world.observe_in(interval, next, &after(101.0, next, next - 1)).expect_ok();
        assert_ne!(world.source(), before);
        world.net.set_time(T);
    }
}

#[test]
fn every_bad_price_has_its_own_refusal() {
    let mut world = World::new();
    let observe = world.keys.observe(Interval::Minute, T, POSTED);
    price_attacks(&mut world, POSTED, &update(100.0, T), &observe);
    world.send(observe).expect_ok();
}

#[test]
fn a_source_is_the_programs_own() {
    let mut world = World::new();
    world.net.put(POSTED, oracle::account(&update(100.0, T)));
    let observe = world.keys.observe(Interval::Minute, T, POSTED);
    // The price account in both places.
    assert!(!world.send(with_account(observe.clone(), 0, POSTED)).is_ok());
    // The source itself as the update: the framework takes no account twice.
    refused(&world.send(with_account(observe.clone(), 1, world.keys.source)), "Custom(2040)");
    let mut readonly = observe.clone();
    readonly.accounts[0].is_writable = false;
    assert!(!world.send(readonly).is_ok());
    let mut later = world.net.account(&world.keys.source).unwrap();
    later.data[8] = 9;
    world.net.set_account(world.keys.source, later);
    refused(&world.send(observe), "UnknownVersion");
}

#[test]
fn arguments_of_another_length_are_refused() {
    let mut world = World::new();
    world.net.put(POSTED, oracle::account(&update(100.0, T)));
    let observe = world.keys.observe(Interval::Minute, T, POSTED);
    for length in [0, 7, 8, 9, 16] {
        let mut short = observe.clone();
        short.data.truncate(length);
        assert!(!world.send(short).is_ok(), "{length}");
    }
}

#[test]
fn a_day_of_hours_ends_half_an_hour_before_the_minute() {
    let mut world = World::new();
    let start = T - 24 * 3_600;
    for hour in 0..24 {
        let at = start + hour * 3_600;
        world.net.set_time(at + 5);
        world.observe_in(Interval::Hour, at, &after(100.0 + hour as f64, at + 2, at - 1)).expect_ok();
    }
    // Hours up to T - 3,600: the window of every minute from T - 1,800 to T + 1,799.
    let source = world.source();
    for at in [T - 1_800, T, T + 1_740] {
        let hours: [u64; 24] = source.hours(last_hour_before(at).unwrap(), at).unwrap();
        assert_eq!((hours[0], hours[23]), (100_0000_0000, 123_0000_0000));
    }
    assert_eq!(
        source.hours::<24>(last_hour_before(T + 1_800).unwrap(), T + 1_800),
        Err(RingError::Missing(T))
    );
    assert_eq!(
        source.hours::<24>(last_hour_before(T - 1_860).unwrap(), T),
        Err(RingError::Missing(start - 3_600))
    );
}
