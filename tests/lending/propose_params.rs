use assay_lending::state::{RiskParams, TIMELOCK_SECONDS};

use crate::support::{TestMarket, refused, unsigned};

#[test]
fn a_proposal_waits_and_changes_nothing_yet() {
    let mut test = TestMarket::new();
    let changed = RiskParams { max_ltv_bps: 6_000, ..test.params };
    let propose = test.keys.propose_params(test.admin.address(), changed);
    test.admin_sends(propose).expect_ok();
    let market = test.market();
    assert_eq!((market.params, market.pending_params), (test.params, changed));
    assert_eq!(market.pending_until, test.net.now() + TIMELOCK_SECONDS);
}

#[test]
fn a_second_proposal_starts_the_timelock_again() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let first = test.keys.propose_params(admin, test.params);
    test.admin_sends(first).expect_ok();
    test.advance(TIMELOCK_SECONDS - 1);
    let second = test.keys.propose_params(admin, RiskParams { max_ltv_bps: 6_000, ..test.params });
    test.admin_sends(second).expect_ok();
    test.advance(1);
    let apply = test.keys.apply_params(admin);
    refused(&test.admin_sends(apply), "TimelockRunning");
}

#[test]
fn only_the_admin_proposes() {
    let mut test = TestMarket::new();
    let as_stranger = test.keys.propose_params(test.stranger.address(), test.params);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    let as_admin = test.keys.propose_params(test.admin.address(), test.params);
    refused(&test.stranger_sends(unsigned(as_admin, 0)), "MissingRequiredSignature");
}

#[test]
fn bounds_are_checked_at_the_proposal() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let cases = [
        (RiskParams { early_floor_bps: 6_999, ..test.params }, "InvalidThresholds"),
        (RiskParams { early_close_factor_bps: 5_001, ..test.params }, "InvalidCloseFactor"),
        (RiskParams { price_max_age: 0, ..test.params }, "InvalidPriceLimits"),
        (RiskParams { snapshot_expiry: 29, ..test.params }, "InvalidSnapshotTimes"),
        (RiskParams { score_full: 6_400, ..test.params }, "InvalidScores"),
        (RiskParams { accepted_setup_kinds: 4, ..test.params }, "InvalidSetupKinds"),
        (RiskParams { supply_cap: u64::MAX, ..test.params }, "InvalidCaps"),
        (RiskParams { reserved: [1; 7], ..test.params }, "ReservedNotZero"),
    ];
    for (params, error) in cases {
        let propose = test.keys.propose_params(admin, params);
        refused(&test.admin_sends(propose), error);
    }
    assert_eq!(test.market().pending_until, 0);
}
