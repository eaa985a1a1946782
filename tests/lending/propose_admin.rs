use solana_address::Address;

use crate::support::{World, refused};

#[test]
fn a_named_successor_has_no_rights_yet() {
    let mut world = World::new();
    let successor = world.stranger.address();
    let name = world.keys.propose_admin(world.admin.address(), successor);
    world.admin_sends(name).expect_ok();
    assert_eq!((world.market().admin, world.market().pending_admin), (world.admin.address(), successor));
    let pause = world.keys.set_pause(successor, 1);
    refused(&world.stranger_sends(pause), "WrongAuthority");
}

#[test]
fn a_proposal_can_be_taken_back() {
    let mut world = World::new();
    let admin = world.admin.address();
    let name = world.keys.propose_admin(admin, world.stranger.address());
    world.admin_sends(name).expect_ok();
    let take_back = world.keys.propose_admin(admin, Address::default());
    world.admin_sends(take_back).expect_ok();
    let accept = world.keys.accept_admin(world.stranger.address());
    refused(&world.stranger_sends(accept), "WrongAuthority");
}

#[test]
fn only_the_admin_names_a_successor() {
    let mut world = World::new();
    let stranger = world.stranger.address();
    let name = world.keys.propose_admin(stranger, stranger);
    refused(&world.stranger_sends(name), "WrongAuthority");
}
