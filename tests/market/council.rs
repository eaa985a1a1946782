//! `council`: one of the rows that were proven, or the fallback; nobody else, and not too late.

use assay_market::state::Place;
use assay_market_host::{Choice, LEAST_STAKE, Status};

use crate::support::{WINDOW, World, refused, row, terms, with_account};

/// Both rows are proven and disputed.
fn before_the_council() -> World {
    let mut world = World::proposed(20);
    world.dispute().expect_ok();
    world.resolve(Place::Second).expect_ok();
    world.dispute().expect_ok();
    world
}

fn decide(world: &mut World, choice: Choice) -> assay_localnet::Outcome {
    let council = world.keys.council(&world.question(), choice);
    world.net.send(&[council], &[&world.council.key])
}

#[test]
fn the_council_chooses_a_proven_row_or_the_fallback() {
    let cases = [
        (Choice::First, row([3_333, 6_667])),
        (Choice::Second, row([3_333, 6_667])),
        (Choice::Fallback, terms().fallback),
    ];
    for (choice, payout) in cases {
        let mut world = before_the_council();
        let before = world.lamports(&world.challenger.address());
        decide(&mut world, choice).expect_ok();
        assert_eq!((world.status(), world.question().payout), (Status::Settled, payout));
        // Both rows were disputed; the bonds come back when the payout is another row.
        let returned = if choice == Choice::Fallback { 4 * LEAST_STAKE } else { 0 };
        assert_eq!(world.lamports(&world.challenger.address()), before + returned);
        refused(&decide(&mut world, choice), "WrongState");
    }
}

#[test]
fn nobody_else_decides_and_not_before_it_is_asked() {
    let mut world = before_the_council();
    let council = world.keys.council(&world.question(), Choice::First);
    let thief = with_account(council.clone(), 6, world.challenger.address());
    refused(&world.net.send(&[thief], &[&world.challenger.key]), "NotCouncil");
    let mut unsigned = council;
    unsigned.accounts[6].is_signer = false;
    assert!(!world.net.send(&[unsigned], &[&world.challenger.key]).is_ok());
    for mut early in [World::new(), World::observed(20), World::proposed(20)] {
        refused(&decide(&mut early, Choice::Fallback), "WrongState");
    }
    let mut other = world.keys.council(&world.question(), Choice::First);
    other.data[8] = 3;
    refused(&world.net.send(&[other], &[&world.council.key]), "NotProven");
}

#[test]
fn silence_is_the_fallback() {
    let mut world = before_the_council();
    world.net.advance(WINDOW);
    refused(&decide(&mut world, Choice::First), "WindowOver");
    world.void().expect_ok();
    assert_eq!((world.status(), world.question().payout), (Status::Void, terms().fallback));
}

#[test]
fn a_row_that_nobody_proved_is_not_chosen() {
    let mut world = World::with(|world| world.models[1] = solana_address::Address::default());
    world.net.set_time(crate::support::T + 700);
    world.fill(20);
    world.observe().expect_ok();
    world.resolve(Place::First).expect_ok();
    world.dispute().expect_ok();
    refused(&decide(&mut world, Choice::Second), "NotProven");
    decide(&mut world, Choice::First).expect_ok();
}
