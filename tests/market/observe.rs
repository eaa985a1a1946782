//! `observe`: the sources' final prices, from the sources that were fixed, once.

use assay_feed_interface::source::HOURS;
use assay_market_host::{LEAST_STAKE, Status};
use assay_market_interface::features;
use solana_address::Address;

use crate::support::{SOURCES, T, UNIT, World, empty_source, refused, terms};

#[test]
fn the_observation_is_complete_when_every_price_is_there() {
    let mut world = World::closed(50);
    let before = world.lamports(&world.prover.address());
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Observed);
    let observation = world.observation();
    let prices = &observation.prices[..2];
    assert_eq!(observation.features, features::compute(prices, 25).unwrap());
    assert_eq!((prices[0][0], prices[0][24], prices[0][25]), (prices[1][0], 100_0000_0000, 0));
    // The bounty, less fee and rent.
    assert!(world.lamports(&world.prover.address()) + 9_100_000 > before + LEAST_STAKE - 5_000);
    refused(&world.observe(), "WrongState");
}

#[test]
fn prices_come_as_they_become_final_and_stay() {
    let mut world = World::traded(UNIT);
    world.net.set_time(T - 20 * 3_600);
    world.fill_hours(50, 4);
    world.observe().expect_ok();
    let early = world.observation();
    assert_eq!((world.status(), early.prices[0][3] > 0, early.prices[0][4]), (Status::Open, true, 0));
    // A source that tells another story later changes nothing that was copied.
    world.fill(900);
    world.net.set_time(T + 700);
    world.observe().expect_ok();
    assert_eq!(world.observation().prices[0][..4], early.prices[0][..4]);
    assert_eq!(world.status(), Status::Observed);
}

#[test]
fn an_open_hour_is_not_copied() {
    let mut world = World::closed(50);
    let last = (T / 3_600) as usize;
    let mut source =
        assay_feed_interface::Source::decode(&world.net.account(&SOURCES[0]).unwrap().data).unwrap();
    source.hours[last % HOURS].first = 0;
    world.put_source(SOURCES[0], &source);
    world.net.set_time(T + 599);
    world.observe().expect_ok();
    assert_eq!((world.status(), world.observation().prices[0][24]), (Status::Open, 0));
    world.net.set_time(T + 600);
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Observed);
}

#[test]
fn a_price_that_nobody_brought_is_absent_only_after_the_patience() {
    let mut world = World::closed(50);
    world.put_source(SOURCES[1], &empty_source());
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Open);
    world.net.set_time(T + 7_199);
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Open);
    world.net.set_time(T + 7_200);
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Observed);
    // Half of the prices are not there: the model is told.
    assert_eq!(world.observation().features[15], 4_096);
}

#[test]
fn an_hour_without_any_price_leaves_the_question_open_until_it_is_void() {
    let mut world = World::closed(50);
    SOURCES.into_iter().for_each(|address| world.put_source(address, &empty_source()));
    world.net.set_time(terms().observe_by);
    world.observe().expect_ok();
    assert_eq!(world.status(), Status::Open);
    world.net.set_time(terms().observe_by + 1);
    refused(&world.observe(), "WindowOver");
    world.void().expect_ok();
    assert_eq!(world.status(), Status::Void);
}

#[test]
fn not_before_trading_is_over() {
    let mut world = World::traded(UNIT);
    world.fill(50);
    refused(&world.observe(), "WrongState");
}

#[test]
fn the_sources_are_the_questions_in_order() {
    let mut world = World::closed(50);
    let caller = world.prover.address();
    let key = world.prover.key.insecure_clone();
    let own = Address::new_from_array([0x61; 32]);
    world.put_source(own, &empty_source());
    let lists: [&[Address]; 6] = [
        &[],
        &SOURCES[..1],
        &[SOURCES[1], SOURCES[0]],
        &[SOURCES[0], SOURCES[0]],
        &[SOURCES[0], own],
        &[SOURCES[0], SOURCES[1], own],
    ];
    for sources in lists {
        let observe = world.keys.observe(caller, sources);
        refused(&world.net.send(&[observe], &[&key]), "WrongSource");
    }
    // The right address under another owner.
    let mut forged = world.net.account(&SOURCES[1]).unwrap();
    forged.owner = world.keys.question;
    world.net.set_account(SOURCES[1], forged);
    refused(&world.observe(), "WrongSource");
}
