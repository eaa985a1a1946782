use assay_lending::state::{Close, OBSERVATION_GAP};

use crate::support::{World, price_attacks, refused, with_account};

#[test]
fn anyone_writes_a_close_an_hour() {
    let mut world = World::new();
    let observe = world.keys.observe(world.prices.collateral);
    world.stranger_sends(observe.clone()).expect_ok();
    let first = Close { publish_time: world.net.now(), price: 100_0000_0000 };
    assert_eq!((world.history().count, world.history().closes[0]), (1, first));
    refused(&world.stranger_sends(observe.clone()), "ObservationTooSoon");
    world.advance(OBSERVATION_GAP - 1);
    refused(&world.stranger_sends(observe.clone()), "ObservationTooSoon");
    world.advance(1);
    world.stranger_sends(observe).expect_ok();
    assert_eq!(world.history().count, 2);
}

#[test]
fn the_oldest_close_makes_room() {
    let mut world = World::new();
    let observe = world.keys.observe(world.prices.collateral);
    for _ in 0..34 {
        world.stranger_sends(observe.clone()).expect_ok();
        world.advance(OBSERVATION_GAP);
    }
    let history = world.history();
    assert_eq!(history.count, 34);
    assert!(history.closes[1].publish_time > history.closes[31].publish_time);
    assert!(history.closes[2].publish_time < history.closes[3].publish_time);
}

#[test]
fn prices_are_checked() {
    let mut world = World::new();
    let observe = world.keys.observe(world.prices.collateral);
    let signer = world.stranger.key.insecure_clone();
    let account = world.prices.collateral;
    price_attacks(&mut world, account, &observe, &[&signer]);
    let of_debt = world.keys.observe(world.prices.debt);
    refused(&world.stranger_sends(of_debt), "PriceFeed");
}

#[test]
fn a_history_is_of_one_market() {
    let mut world = World::new();
    let other = world.second_market();
    let observe = with_account(world.keys.observe(world.prices.collateral), 1, other.history);
    refused(&world.stranger_sends(observe), "WrongMarket");
}

#[test]
fn a_new_feed_starts_the_history_again() {
    let mut world = World::new();
    let observe = world.keys.observe(world.prices.collateral);
    world.stranger_sends(observe).expect_ok();
    world.change_params(|params| params.collateral_feed = params.debt_feed);
    let observe = world.keys.observe(world.prices.debt);
    world.stranger_sends(observe).expect_ok();
    assert_eq!((world.history().count, world.history().closes[0].price), (1, 1_0000_0000));
}
