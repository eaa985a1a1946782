use assay_lending::state::TIMELOCK_SECONDS;

use crate::support::{World, refused};

#[test]
fn a_cancelled_proposal_cannot_be_applied() {
    let mut world = World::new();
    let admin = world.admin.address();
    let cancel = world.keys.cancel_params(admin);
    refused(&world.admin_sends(cancel.clone()), "NothingPending");
    let propose = world.keys.propose_params(admin, world.params);
    world.admin_sends(propose).expect_ok();
    world.admin_sends(cancel).expect_ok();
    world.advance(TIMELOCK_SECONDS);
    let apply = world.keys.apply_params(admin);
    refused(&world.admin_sends(apply), "NothingPending");
}

#[test]
fn only_the_admin_cancels() {
    let mut world = World::new();
    let propose = world.keys.propose_params(world.admin.address(), world.params);
    world.admin_sends(propose).expect_ok();
    let cancel = world.keys.cancel_params(world.stranger.address());
    refused(&world.stranger_sends(cancel), "WrongAuthority");
    assert_ne!(world.market().pending_until, 0);
}
