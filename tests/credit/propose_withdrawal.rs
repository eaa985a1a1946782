//! `propose_withdrawal`: the admin's; in place of what waits.

use crate::support::{World, refused};

#[test]
fn a_withdrawal_replaces_what_waits() {
    let mut world = World::new();
    let propose = world.keys.propose_terms(world.admin.address(), world.terms);
    world.admin_sends(propose).expect_ok();
    let propose = world.keys.propose_withdrawal(world.admin.address(), 5);
    world.admin_sends(propose).expect_ok();
    assert_eq!((world.pool().proposal.kind, world.pool().proposal.amount), (2, 5));
    world.net.advance(200_000);
    let apply = world.keys.apply_terms(world.admin.address(), &world.taken_up());
    refused(&world.admin_sends(apply), "OtherProposal");
}

#[test]
fn not_of_nothing_and_only_by_the_admin() {
    let mut world = World::new();
    let nothing = world.keys.propose_withdrawal(world.admin.address(), 0);
    refused(&world.admin_sends(nothing), "ZeroAmount");
    let propose = world.keys.propose_withdrawal(world.stranger.address(), 5);
    refused(&world.stranger_sends(propose), "WrongAuthority");
}
