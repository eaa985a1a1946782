use assay_lending::state::{RiskParams, TIMELOCK_SECONDS};

use crate::support::{TestMarket, USDC, refused};

#[test]
fn parameters_apply_after_the_timelock_and_once() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let changed = RiskParams { max_ltv_bps: 6_000, ..test.params };
    let propose = test.keys.propose_params(admin, changed);
    test.admin_sends(propose).expect_ok();
    let apply = test.keys.apply_params(admin);
    test.advance(TIMELOCK_SECONDS - 1);
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    test.advance(1);
    test.admin_sends(apply.clone()).expect_ok();
    assert_eq!((test.market().params, test.market().pending_until), (changed, 0));
    refused(&test.admin_sends(apply), "NothingPending");
}

#[test]
fn interest_until_then_accrues_at_the_old_rates() {
    let mut test = TestMarket::borrowed(10_000_000_000_000, 500_000 * USDC);
    let before = test.market();
    test.change_params(|params| {
        (params.base_rate_bps, params.kink_rate_bps, params.max_rate_bps) = (0, 0, 0)
    });
    let after = test.market();
    assert!(after.borrow_index.get() > before.borrow_index.get());
    let index = after.borrow_index.get();
    test.advance(1_000_000);
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, USDC);
    test.borrower_sends(repay).expect_ok();
    assert_eq!(test.market().borrow_index.get(), index);
}

#[test]
fn only_the_admin_applies() {
    let mut test = TestMarket::new();
    let propose = test.keys.propose_params(test.admin.address(), test.params);
    test.admin_sends(propose).expect_ok();
    test.advance(TIMELOCK_SECONDS);
    let apply = test.keys.apply_params(test.stranger.address());
    refused(&test.stranger_sends(apply), "WrongAuthority");
}
