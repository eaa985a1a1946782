//! `create_issuer`: anyone, once, with a guardian apart.

use assay_credit_host::IssuerKeys;
use solana_address::Address;

use crate::support::{World, refused, with_account};

#[test]
fn an_issuer_has_its_guardian_for_good() {
    let world = World::issued();
    let issuer = world.issuer_account();
    assert_eq!(
        (issuer.authority, issuer.guardian),
        (world.authority.address(), world.issuer_guardian.address())
    );
    assert_eq!(issuer.stopped_at, 0);
}

#[test]
fn not_twice_and_not_under_another_guardian() {
    let mut world = World::issued();
    let again = world.issuer.create(world.stranger.address());
    assert!(!world.authority_sends(again).is_ok());
    assert_eq!(world.issuer_account().guardian, world.issuer_guardian.address());
}

#[test]
fn a_guardian_is_there_and_is_not_the_authority() {
    let mut world = World::empty();
    for guardian in [Address::default(), world.authority.address()] {
        let create = world.issuer.create(guardian);
        refused(&world.authority_sends(create), "GuardianMissing");
    }
}

#[test]
fn the_address_is_the_authoritys() {
    let mut world = World::empty();
    let other = IssuerKeys::derive(&world.stranger.address()).issuer;
    let create = with_account(world.issuer.create(world.issuer_guardian.address()), 1, other);
    assert!(!world.authority_sends(create).is_ok());
}
