use assay_lending::state::{
    HALT_SECONDS, RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT, TIGHTENING_SECONDS, TIMELOCK_SECONDS,
    WINDOW_SECONDS,
};
use assay_verifier_host as verifier;
use solana_signer::Signer as _;

use crate::support::{Model, SOL, TestMarket, USDC, refused, with_account};

/// A change that is no tightening.
fn changed(test: &TestMarket) -> RiskParams {
    RiskParams { min_borrow: 20 * USDC, ..test.params }
}

fn propose(test: &mut TestMarket, params: RiskParams) {
    let propose = test.keys.propose_params(test.admin.address(), params);
    test.admin_sends(propose).expect_ok();
}

#[test]
fn parameters_apply_after_the_timelock_and_once() {
    let mut test = TestMarket::new();
    let changed = changed(&test);
    propose(&mut test, changed);
    let apply = test.apply();
    test.advance(TIMELOCK_SECONDS as i64 - 1);
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    test.advance(1);
    test.admin_sends(apply.clone()).expect_ok();
    assert_eq!((test.market().params, test.market().proposal.waits()), (changed, false));
    refused(&test.admin_sends(apply), "NothingPending");
}

#[test]
fn a_halt_stops_the_clock() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let changed = changed(&test);
    propose(&mut test, changed);
    let halt = test.keys.set_pause(test.guardian.address(), 2);
    test.guardian_sends(halt).expect_ok();
    let apply = test.apply();
    test.pass_timelock();
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    test.advance(HALT_SECONDS - 1);
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    test.advance(1);
    test.admin_sends(apply).expect_ok();
}

#[test]
fn a_market_without_cash_stops_the_clock_but_can_be_made_safer() {
    let mut test = TestMarket::supplied(100_000 * USDC);
    test.take_loan(10_000 * SOL, 95_001 * USDC);
    let changed = changed(&test);
    propose(&mut test, changed);
    test.advance(10 * TIMELOCK_SECONDS as i64);
    let apply = test.apply();
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    let safer = RiskParams { max_ltv_bps: 6_000, ..test.params };
    propose(&mut test, safer);
    test.advance(TIGHTENING_SECONDS as i64 - 1);
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    test.advance(1);
    test.admin_sends(apply.clone()).expect_ok();
    assert_eq!(test.market().params, safer);
    // With cash again, the clock runs again.
    propose(&mut test, changed);
    let repay =
        test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, 50_000 * USDC);
    test.borrower_sends(repay).expect_ok();
    test.pass_timelock();
    test.admin_sends(apply).expect_ok();
}

#[test]
fn due_parameters_do_not_apply_while_suppliers_cannot_leave() {
    let mut test = TestMarket::supplied(100_000 * USDC);
    test.take_loan(10_000 * SOL, 10_000 * USDC);
    let changed = changed(&test);
    propose(&mut test, changed);
    test.pass_timelock();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 89_000 * USDC);
    test.borrower_sends(borrow).expect_ok();
    let apply = test.apply();
    refused(&test.admin_sends(apply), "ExitClosed");
}

#[test]
fn a_forgotten_proposal_expires() {
    let mut test = TestMarket::new();
    let changed = changed(&test);
    propose(&mut test, changed);
    test.advance((TIMELOCK_SECONDS + WINDOW_SECONDS) as i64 + 1);
    let apply = test.apply();
    refused(&test.admin_sends(apply), "ProposalExpired");
}

#[test]
fn interest_until_then_accrues_at_the_old_rates() {
    let mut test = TestMarket::borrowed(10_000 * SOL, 500_000 * USDC);
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
fn only_the_admin_applies_and_only_to_the_proposed_model() {
    let mut test = TestMarket::new();
    let changed = changed(&test);
    propose(&mut test, changed);
    test.pass_timelock();
    let apply = test.apply();
    let stolen = with_account(apply.clone(), 0, test.stranger.address());
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    let other = test.register(Model::renamed());
    refused(&test.admin_sends(with_account(apply, 2, other)), "WrongModel");
}

#[test]
fn a_market_takes_up_no_model_of_another_schema_and_no_key_that_it_refuses() {
    let mut test = TestMarket::new();
    let renamed = test.register(Model::renamed());
    let other_schema = RiskParams { model: renamed.to_bytes(), ..changed(&test) };
    propose(&mut test, other_schema);
    test.pass_timelock();
    let apply = with_account(test.apply(), 2, renamed);
    refused(&test.admin_sends(apply), "WrongDomain");

    let ceremonies =
        RiskParams { accepted_setup_kinds: SETUP_CEREMONY, attestors: [7; 32], ..changed(&test) };
    propose(&mut test, ceremonies);
    test.pass_timelock();
    let apply = test.apply();
    refused(&test.admin_sends(apply), "SetupRefused");

    // A missing model, and an account that is none.
    let no_model = RiskParams { model: [9; 32], ..changed(&test) };
    propose(&mut test, no_model);
    test.pass_timelock();
    let apply = with_account(test.apply(), 2, solana_address::Address::new_from_array([9; 32]));
    refused(&test.admin_sends(apply), "NotAModel");
    assert_eq!(test.market().params.accepted_setup_kinds, SETUP_DEVELOPMENT);
}

/// The model's authority retires it and closes its account: the market's admin can still tighten, and not take it up again.
#[test]
fn a_model_that_is_gone_keeps_no_market_from_being_made_safer() {
    let mut test = TestMarket::supplied(100_000 * USDC);
    let (admin, model) = (test.admin.address(), test.model);
    let retire = verifier::retire(admin, model);
    test.admin_sends(retire).expect_ok();
    test.advance(60 * 86_400);
    let close = verifier::close_model(admin, test.net.payer().pubkey(), model);
    test.admin_sends(close).expect_ok();

    let safer = RiskParams { max_ltv_bps: 6_000, ..test.params };
    propose(&mut test, safer);
    test.advance(TIGHTENING_SECONDS as i64);
    let apply = test.apply();
    let other = with_account(apply.clone(), 2, test.stranger.address());
    refused(&test.admin_sends(other), "WrongModel");
    test.admin_sends(apply.clone()).expect_ok();
    assert_eq!(test.market().params, safer);

    // On other terms it is asked again, and is none.
    let trusting = RiskParams { accepted_setup_kinds: SETUP_CEREMONY | SETUP_DEVELOPMENT, ..safer };
    propose(&mut test, RiskParams { attestors: [7; 32], ..trusting });
    test.pass_timelock();
    refused(&test.admin_sends(apply), "NotAModel");
}
