//! `renounce_admin`: for good, with what waited.

use crate::support::{World, refused};

#[test]
fn nobody_proposes_or_applies_anything_more() {
    let mut world = World::supplied(10);
    let (admin, terms) = (world.admin.address(), world.terms);
    let propose = world.keys.propose_terms(admin, terms);
    world.admin_sends(propose.clone()).expect_ok();
    let by_other = world.keys.renounce_admin(world.stranger.address());
    refused(&world.stranger_sends(by_other), "WrongAuthority");
    let renounce = world.keys.renounce_admin(admin);
    world.admin_sends(renounce).expect_ok();
    assert!(!world.pool().proposal.waits());
    world.net.advance(200_000);
    let apply = world.keys.apply_terms(admin, &world.taken_up());
    for instruction in [propose, apply, world.keys.close_pool(admin, admin, world.admin.tokens)] {
        refused(&world.admin_sends(instruction), "WrongAuthority");
    }
    world.withdraw(1_000_000).expect_ok();
}
