use solana_address::Address;

use crate::support::{World, refused, unsigned};

#[test]
fn the_successor_takes_over_and_the_predecessor_has_no_rights_left() {
    let mut world = World::new();
    let (admin, successor) = (world.admin.address(), world.stranger.address());
    let name = world.keys.propose_admin(admin, successor);
    world.admin_sends(name).expect_ok();
    let accept = world.keys.accept_admin(successor);
    world.stranger_sends(accept.clone()).expect_ok();
    assert_eq!((world.market().admin, world.market().pending_admin), (successor, Address::default()));
    let pause = world.keys.set_pause(admin, 1);
    refused(&world.admin_sends(pause), "WrongAuthority");
    let pause = world.keys.set_pause(successor, 1);
    world.stranger_sends(pause).expect_ok();
    refused(&world.stranger_sends(accept), "WrongAuthority");
}

#[test]
fn nobody_else_accepts() {
    let mut world = World::new();
    let name = world.keys.propose_admin(world.admin.address(), world.stranger.address());
    world.admin_sends(name).expect_ok();
    let as_lender = world.keys.accept_admin(world.lender.address());
    refused(&world.lender_sends(as_lender), "WrongAuthority");
    let as_successor = world.keys.accept_admin(world.stranger.address());
    refused(&world.lender_sends(unsigned(as_successor, 0)), "MissingRequiredSignature");
}

#[test]
fn without_a_proposal_the_zero_address_cannot_accept() {
    let mut world = World::new();
    let accept = unsigned(world.keys.accept_admin(Address::default()), 0);
    refused(&world.stranger_sends(accept), "MissingRequiredSignature");
}
