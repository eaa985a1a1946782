use assay_lending::state::{RiskParams, TIMELOCK_SECONDS};

use crate::support::{USDC, World, refused};

#[test]
fn parameters_apply_after_the_timelock_and_once() {
    let mut world = World::new();
    let admin = world.admin.address();
    let changed = RiskParams { max_ltv_bps: 6_000, ..world.params };
    let propose = world.keys.propose_params(admin, changed);
    world.admin_sends(propose).expect_ok();
    let apply = world.keys.apply_params(admin);
    world.advance(TIMELOCK_SECONDS - 1);
    refused(&world.admin_sends(apply.clone()), "TimelockRunning");
    world.advance(1);
    world.admin_sends(apply.clone()).expect_ok();
    assert_eq!((world.market().params, world.market().pending_until), (changed, 0));
    refused(&world.admin_sends(apply), "NothingPending");
}

#[test]
fn interest_until_then_accrues_at_the_old_rates() {
    let mut world = World::borrowed(10_000_000_000_000, 500_000 * USDC);
    let before = world.market();
    world.change_params(|params| {
        (params.base_rate_bps, params.kink_rate_bps, params.max_rate_bps) = (0, 0, 0)
    });
    let after = world.market();
    assert!(after.borrow_index.get() > before.borrow_index.get());
    let index = after.borrow_index.get();
    world.advance(1_000_000);
    let repay =
        world.keys.repay(world.borrower.address(), world.position_address(), world.borrower.debt, USDC);
    world.borrower_sends(repay).expect_ok();
    assert_eq!(world.market().borrow_index.get(), index);
}

#[test]
fn only_the_admin_applies() {
    let mut world = World::new();
    let propose = world.keys.propose_params(world.admin.address(), world.params);
    world.admin_sends(propose).expect_ok();
    world.advance(TIMELOCK_SECONDS);
    let apply = world.keys.apply_params(world.stranger.address());
    refused(&world.stranger_sends(apply), "WrongAuthority");
}
