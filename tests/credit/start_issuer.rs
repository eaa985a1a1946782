//! `start_issuer`: both keys at once, or the authority a week later.

use assay_credit::state::STARTING_SECONDS;

use crate::support::{EPOCH, World, refused};

#[test]
fn the_authority_alone_waits_a_week() {
    let mut world = World::issued();
    let start = world.issuer.start(None);
    refused(&world.authority_sends(start.clone()), "NotStopped");
    world.stop_issuer().expect_ok();
    world.net.advance(STARTING_SECONDS - 1);
    refused(&world.authority_sends(start.clone()), "StartTooSoon");
    world.net.advance(1);
    world.authority_sends(start).expect_ok();
    world.append(EPOCH, [1; 32]).expect_ok();
    // The guardian stops it again in the same second.
    world.stop_issuer().expect_ok();
}

#[test]
fn both_at_once() {
    let mut world = World::issued();
    world.stop_issuer().expect_ok();
    let start = world.issuer.start(Some(world.issuer_guardian.address()));
    let signers = [&world.authority.key, &world.issuer_guardian.key];
    world.net.send(&[start], &signers).expect_ok();
    assert_eq!(world.issuer_account().stopped_at, 0);
}

#[test]
fn not_the_guardian_alone_and_no_stranger_as_one() {
    let mut world = World::issued();
    world.stop_issuer().expect_ok();
    let mut start = world.issuer.start(None);
    start.accounts[0].pubkey = world.issuer_guardian.address();
    refused(&world.issuer_guardian_sends(start), "WrongAuthority");
    let start = world.issuer.start(Some(world.stranger.address()));
    let signers = [&world.authority.key, &world.stranger.key];
    refused(&world.net.send(&[start], &signers), "WrongAuthority");
}
