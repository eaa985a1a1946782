//! `create_tree`: one an issuer and epoch, in the epoch or the one before.

use assay_credit_interface::epoch::{EPOCH_SECONDS, starts_at};

use crate::support::{EPOCH, World, refused, with_account};

#[test]
fn in_its_epoch_or_in_the_one_before_and_once() {
    let mut world = World::issued();
    let tree = world.tree(EPOCH);
    assert_eq!((tree.issuer, tree.epoch, tree.count), (world.issuer.issuer, EPOCH, 0));
    assert_eq!(tree.payer, world.authority.address());
    assert!(!world.create_tree(EPOCH).is_ok());
    refused(&world.create_tree(EPOCH - 1), "WrongEpoch");
    refused(&world.create_tree(EPOCH + 2), "WrongEpoch");
    world.create_tree(EPOCH + 1).expect_ok();
    world.net.set_time(starts_at(EPOCH + 3) + EPOCH_SECONDS - 1);
    refused(&world.create_tree(EPOCH + 2), "WrongEpoch");
    world.create_tree(EPOCH + 3).expect_ok();
}

#[test]
fn only_the_issuers_authority() {
    let mut world = World::issued();
    let create = with_account(world.issuer.create_tree(EPOCH + 1), 0, world.stranger.address());
    refused(&world.stranger_sends(create), "WrongAuthority");
    let elsewhere = with_account(world.issuer.create_tree(EPOCH + 1), 2, world.issuer.tree(EPOCH + 2));
    assert!(!world.authority_sends(elsewhere).is_ok());
}
