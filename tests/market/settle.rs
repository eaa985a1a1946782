//! `settle`: the row that stands, after its window; bonds to whom they belong.

use assay_market::state::Place;
use assay_market_host::{LEAST_STAKE, Status};

use crate::support::{WINDOW, World, refused, row, with_account};

#[test]
fn an_undisputed_row_is_the_payout_after_its_window() {
    let mut world = World::proposed(300);
    world.net.advance(WINDOW - 1);
    refused(&world.settle(), "WindowOpen");
    world.net.advance(1);
    world.settle().expect_ok();
    assert_eq!((world.status(), world.question().payout), (Status::Settled, row([0, 10_000])));
    refused(&world.settle(), "WrongState");
}

#[test]
fn a_dispute_that_changes_nothing_pays_prover_and_creator() {
    let mut world = World::proposed(50);
    world.dispute().expect_ok();
    world.resolve(Place::Second).expect_ok();
    world.net.advance(WINDOW);
    let [prover, creator, challenger] =
        [&world.prover, &world.creator, &world.challenger].map(|actor| world.lamports(&actor.address()));
    world.settle().expect_ok();
    assert_eq!(world.status(), Status::Settled);
    assert_eq!(world.lamports(&world.prover.address()), prover + LEAST_STAKE - 5_000);
    assert_eq!(world.lamports(&world.creator.address()), creator + LEAST_STAKE);
    assert_eq!(world.lamports(&world.challenger.address()), challenger);
}

#[test]
fn nobody_else_is_paid() {
    let mut world = World::proposed(50);
    world.dispute().expect_ok();
    world.resolve(Place::Second).expect_ok();
    world.net.advance(WINDOW);
    let settle = world.keys.settle(&world.question());
    let key = world.prover.key.insecure_clone();
    for index in 1..6 {
        let thief = with_account(settle.clone(), index, world.holder.address());
        refused(&world.net.send(&[thief], &[&key]), "WrongReceiver");
    }
    // A receiver who cannot be written to is not passed over.
    let mut readonly = settle;
    readonly.accounts[1].is_writable = false;
    assert!(!world.net.send(&[readonly], &[&key]).is_ok());
    assert_eq!(world.status(), Status::Answered);
}

#[test]
fn not_before_a_row_stands() {
    for mut world in [World::new(), World::closed(50), World::observed(50)] {
        refused(&world.settle(), "WrongState");
    }
}
