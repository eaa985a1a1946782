use assay_lending::state::{RiskParams, TIMELOCK_SECONDS};

use crate::support::{TestMarket, refused, unsigned};

#[test]
fn a_proposal_waits_and_changes_nothing_yet() {
    let mut test = TestMarket::new();
    let changed = RiskParams { max_ltv_bps: 6_000, ..test.params };
    let propose = test.keys.propose_params(test.admin.address(), changed);
    test.admin_sends(propose).expect_ok();
    let market = test.market();
    assert_eq!((market.params, market.proposal.params), (test.params, changed));
    assert_eq!((market.proposal.made_at, market.proposal.clock_at), (test.net.now(), 0));
}

#[test]
fn a_second_proposal_starts_the_timelock_again() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let first = test.keys.propose_params(admin, RiskParams { min_borrow: 1, ..test.params });
    test.admin_sends(first).expect_ok();
    test.advance(TIMELOCK_SECONDS as i64 - 1);
    let second = test.keys.propose_params(admin, RiskParams { min_borrow: 2, ..test.params });
    test.admin_sends(second).expect_ok();
    test.advance(1);
    let apply = test.apply();
    refused(&test.admin_sends(apply), "TimelockRunning");
}

#[test]
fn only_the_admin_proposes() {
    let mut test = TestMarket::new();
    let as_stranger = test.keys.propose_params(test.stranger.address(), test.params);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    let as_guardian = test.keys.propose_params(test.guardian.address(), test.params);
    refused(&test.guardian_sends(as_guardian), "WrongAuthority");
    let as_admin = test.keys.propose_params(test.admin.address(), test.params);
    refused(&test.stranger_sends(unsigned(as_admin, 0)), "MissingRequiredSignature");
}

#[test]
fn bounds_are_checked_at_the_proposal() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let cases = [
        (RiskParams { early_floor_bps: 7_199, ..test.params }, "InvalidThresholds"),
        (RiskParams { early_bonus_max_bps: 201, ..test.params }, "InvalidBonus"),
        (RiskParams { early_close_factor_bps: 2_001, ..test.params }, "InvalidCloseFactor"),
        (RiskParams { price_max_age: 0, ..test.params }, "InvalidPriceLimits"),
        (RiskParams { early_window: 200, ..test.params }, "InvalidSnapshotTimes"),
        (RiskParams { score_threshold: i16::MIN, ..test.params }, "InvalidScores"),
        (RiskParams { accepted_setup_kinds: 4, ..test.params }, "InvalidSetupKinds"),
        (RiskParams { accepted_setup_kinds: 2, ..test.params }, "AttestorsMissing"),
        (RiskParams { supply_cap: u64::MAX, ..test.params }, "InvalidCaps"),
        (RiskParams { reserved: [1; 8], ..test.params }, "ReservedNotZero"),
    ];
    for (params, error) in cases {
        let propose = test.keys.propose_params(admin, params);
        refused(&test.admin_sends(propose), error);
    }
    assert!(!test.market().proposal.waits());
}
