//! `lower_pause`: the admin a day later, or at once with the guardian.

use assay_credit::state::LOWERING_SECONDS;
use solana_signer::Signer;

use crate::support::{World, refused};

#[test]
fn the_admin_alone_waits_a_day() {
    let mut world = World::new();
    world.pause(1).expect_ok();
    let lower = world.keys.lower_pause(world.admin.address(), None, 0);
    world.net.advance(LOWERING_SECONDS - 1);
    refused(&world.admin_sends(lower.clone()), "LowerTooSoon");
    world.net.advance(1);
    world.admin_sends(lower.clone()).expect_ok();
    refused(&world.admin_sends(lower), "NotALowering");
}

#[test]
fn both_at_once_and_no_stranger_as_guardian() {
    let mut world = World::new();
    world.pause(1).expect_ok();
    let admin = world.admin.address();
    let false_consent = world.keys.lower_pause(admin, Some(world.stranger.key.pubkey()), 0);
    refused(&world.net.send(&[false_consent], &[&world.admin.key, &world.stranger.key]), "WrongAuthority");
    let lower = world.keys.lower_pause(admin, Some(world.guardian.address()), 0);
    world.net.send(&[lower], &[&world.admin.key, &world.guardian.key]).expect_ok();
    assert_eq!(world.pool().guard.level, 0);
}

#[test]
fn not_the_guardian_alone_while_there_is_an_admin() {
    let mut world = World::new();
    world.pause(1).expect_ok();
    let lower = world.keys.lower_pause(world.guardian.address(), None, 0);
    refused(&world.guardian_sends(lower.clone()), "WrongAuthority");
    let renounce = world.keys.renounce_admin(world.admin.address());
    world.admin_sends(renounce).expect_ok();
    world.guardian_sends(lower).expect_ok();
}
