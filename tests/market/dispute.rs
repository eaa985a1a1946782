//! `dispute`: for a bond, in the window, once for each row.

use assay_market::state::Place;
use assay_market_host::{LEAST_STAKE, Status};
use solana_address::Address;

use crate::support::{T, WINDOW, World, refused};

#[test]
fn a_dispute_costs_the_bond_and_asks_the_second_model() {
    let mut world = World::proposed(50);
    let before = world.lamports(&world.keys.question);
    world.dispute().expect_ok();
    let question = world.question();
    assert_eq!((world.status(), question.challengers[0]), (Status::Disputed, world.challenger.address()));
    assert_eq!(world.lamports(&world.keys.question), before + 2 * LEAST_STAKE);
    refused(&world.dispute(), "WrongState");
    world.resolve(Place::Second).expect_ok();
    world.dispute().expect_ok();
    assert_eq!(world.status(), Status::Council);
    refused(&world.dispute(), "WrongState");
}

#[test]
fn without_a_second_model_the_council_decides() {
    let mut world = World::with(|world| world.models[1] = Address::default());
    world.net.set_time(T + 700);
    world.fill(50);
    world.observe().expect_ok();
    world.resolve(Place::First).expect_ok();
    world.dispute().expect_ok();
    assert_eq!(world.status(), Status::Council);
}

#[test]
fn only_a_row_that_stands_and_only_in_its_window() {
    let mut world = World::observed(50);
    refused(&world.dispute(), "WrongState");
    world.resolve(Place::First).expect_ok();
    world.net.advance(WINDOW - 1);
    let mut in_time = world.net.clone();
    let dispute = world.keys.dispute(world.challenger.address());
    in_time.send(&[dispute], &[&world.challenger.key]).expect_ok();
    world.net.advance(1);
    refused(&world.dispute(), "WindowOver");
}

#[test]
fn who_cannot_pay_does_not_dispute() {
    let mut world = World::proposed(50);
    let address = world.challenger.address();
    let mut poor = world.net.account(&address).unwrap();
    poor.lamports = LEAST_STAKE;
    world.net.set_account(address, poor);
    assert!(!world.dispute().is_ok());
    assert_eq!(world.status(), Status::Proposed);
}
