//! `cancel_proposal`: what waits is dropped, by the admin.

use crate::support::{World, refused};

#[test]
fn what_waits_is_dropped() {
    let mut world = World::new();
    let (admin, terms) = (world.admin.address(), world.terms);
    let cancel = world.keys.cancel_proposal(admin);
    refused(&world.admin_sends(cancel.clone()), "NothingPending");
    let propose = world.keys.propose_terms(admin, terms);
    world.admin_sends(propose).expect_ok();
    let by_guardian = world.keys.cancel_proposal(world.guardian.address());
    refused(&world.guardian_sends(by_guardian), "WrongAuthority");
    world.admin_sends(cancel).expect_ok();
    assert!(!world.pool().proposal.waits());
}
