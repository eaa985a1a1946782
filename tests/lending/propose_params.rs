use assay_lending::state::{RiskParams, TIMELOCK_SECONDS};

use crate::support::{World, refused, unsigned};

#[test]
fn a_proposal_waits_and_changes_nothing_yet() {
    let mut world = World::new();
    let changed = RiskParams { max_ltv_bps: 6_000, ..world.params };
    let propose = world.keys.propose_params(world.admin.address(), changed);
    world.admin_sends(propose).expect_ok();
    let market = world.market();
    assert_eq!((market.params, market.pending_params), (world.params, changed));
    assert_eq!(market.pending_until, world.net.now() + TIMELOCK_SECONDS);
}

#[test]
fn a_second_proposal_starts_the_timelock_again() {
    let mut world = World::new();
    let admin = world.admin.address();
    let first = world.keys.propose_params(admin, world.params);
    world.admin_sends(first).expect_ok();
    world.advance(TIMELOCK_SECONDS - 1);
    let second = world.keys.propose_params(admin, RiskParams { max_ltv_bps: 6_000, ..world.params });
    world.admin_sends(second).expect_ok();
    world.advance(1);
    let apply = world.keys.apply_params(admin);
    refused(&world.admin_sends(apply), "TimelockRunning");
}

#[test]
fn only_the_admin_proposes() {
    let mut world = World::new();
    let as_stranger = world.keys.propose_params(world.stranger.address(), world.params);
    refused(&world.stranger_sends(as_stranger), "WrongAuthority");
    let as_admin = world.keys.propose_params(world.admin.address(), world.params);
    refused(&world.stranger_sends(unsigned(as_admin, 0)), "MissingRequiredSignature");
}

#[test]
fn bounds_are_checked_at_the_proposal() {
    let mut world = World::new();
    let admin = world.admin.address();
    let cases = [
        (RiskParams { early_floor_bps: 6_999, ..world.params }, "InvalidThresholds"),
        (RiskParams { early_close_factor_bps: 5_001, ..world.params }, "InvalidCloseFactor"),
        (RiskParams { price_max_age: 0, ..world.params }, "InvalidPriceLimits"),
        (RiskParams { snapshot_expiry: 29, ..world.params }, "InvalidSnapshotTimes"),
        (RiskParams { score_full: 6_400, ..world.params }, "InvalidScores"),
        (RiskParams { accepted_setup_kinds: 4, ..world.params }, "InvalidSetupKinds"),
        (RiskParams { supply_cap: u64::MAX, ..world.params }, "InvalidCaps"),
        (RiskParams { reserved: [1; 7], ..world.params }, "ReservedNotZero"),
    ];
    for (params, error) in cases {
        let propose = world.keys.propose_params(admin, params);
        refused(&world.admin_sends(propose), error);
    }
    assert_eq!(world.market().pending_until, 0);
}
