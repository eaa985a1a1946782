//! `renew_by_proof`: a tier from a later epoch, for the same nullifier on the same line.

use assay_credit_host::ALL;
use assay_credit_interface::epoch::starts_at;

use crate::support::{DAY, EPOCH, Person, Proven, UNIT, World, refused, with_account};

#[test]
fn the_tier_is_replaced_and_the_debt_and_its_due_date_stay() {
    let mut world = World::drawn(2, 400 * UNIT);
    let due = world.line().due;
    let person = world.next_epoch(1);
    let owed = world.debt();
    world.renew(&person).expect_ok();
    let line = world.line();
    assert_eq!((line.tier, line.epoch, line.due), (1, EPOCH + 1, due));
    assert!(world.debt() >= owed);
    // Above the new limit nothing more is lent, and what is owed stays owed.
    refused(&world.draw(UNIT), "AboveLimit");
    world.repay(350 * UNIT).expect_ok();
    world.draw(UNIT).expect_ok();
    let books = world.pool().books;
    assert_eq!((books[2].shares, books[1].shares), (0, world.line().debt_shares));
}

#[test]
fn one_proof_an_epoch() {
    let mut world = World::opened(1);
    let better = Person::new(0, 3, EPOCH);
    world.attest(&[better]);
    refused(&world.renew(&better), "NoLaterEpoch");
    let person = world.next_epoch(3);
    world.renew(&person).expect_ok();
    refused(&world.renew(&person), "NoLaterEpoch");
}

#[test]
fn a_lapsed_line_draws_again_when_renewed() {
    let mut world = World::opened(3);
    world.net.set_time(starts_at(EPOCH + 1) + 3 * DAY);
    refused(&world.draw(UNIT), "LineLapsed");
    let person = world.next_epoch(3);
    world.net.advance(3 * DAY);
    world.renew(&person).expect_ok();
    world.draw(UNIT).expect_ok();
}

#[test]
fn a_defaulter_pays_and_waits() {
    let mut world = World::defaulted(3, 100 * UNIT);
    // The trees between are of no use: the next one is made for the present epoch.
    let renew = |world: &mut World| {
        let epoch = assay_credit_interface::epoch::epoch_of(world.net.now()).unwrap();
        let person = world.attested_now(3, epoch);
        let proven = world.prove_for(&person, epoch, world.borrower.address(), world.keys);
        let renewal = world.renewal(&proven);
        world.borrower_sends(renewal)
    };
    refused(&renew(&mut world), "StillOwed");
    world.repay(ALL).expect_ok();
    world.net.advance(150 * DAY);
    refused(&renew(&mut world), "CoolOffRunning");
    world.net.advance(30 * DAY);
    renew(&mut world).expect_ok();
    assert_eq!((world.line().status, world.line().defaults), (1, 1));
    world.draw(UNIT).expect_ok();
}

#[test]
fn only_the_owner_whoever_has_the_secret() {
    let mut world = World::opened(3);
    let person = world.next_epoch(3);
    let proven = world.prove_for(&person, EPOCH + 1, world.stranger.address(), world.keys);
    let renew = world.renewal(&proven);
    refused(&world.stranger_sends(renew), "WrongAuthority");
}

#[test]
fn nobody_elses_proof_and_no_other_line() {
    let mut world = World::opened(3);
    world.next_epoch(1);
    // The neighbour's proof, on the borrower's line: the nullifier is the line's.
    let neighbour = Person::new(1, 2, EPOCH + 1);
    let proven = world.prove(&neighbour);
    let line = world.line_address();
    let mut renewal = Proven { ..proven };
    renewal.proving.line = line;
    let renew = world.renewal(&renewal);
    refused(&world.borrower_sends(renew), "WrongAddress");
    let renew = world.renewal(&world.prove(&Person::new(0, 1, EPOCH + 1)));
    let no_line = with_account(renew.clone(), 2, world.keys.pool);
    assert!(!world.borrower_sends(no_line).is_ok());
    world.pause(1).expect_ok();
    refused(&world.borrower_sends(renew), "Paused");
}
