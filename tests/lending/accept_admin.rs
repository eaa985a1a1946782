use crate::support::{TestMarket, refused, unsigned};

/// The admin has proposed the stranger, and the two days have passed.
fn due() -> TestMarket {
    let mut test = TestMarket::new();
    let propose = test.keys.propose_admin(test.admin.address(), test.stranger.address());
    test.admin_sends(propose).expect_ok();
    test.pass_timelock();
    test
}

#[test]
fn the_successor_takes_over_and_the_predecessor_has_no_rights_left() {
    let mut test = due();
    let (admin, successor) = (test.admin.address(), test.stranger.address());
    let accept = test.keys.accept_admin(successor);
    test.stranger_sends(accept.clone()).expect_ok();
    assert_eq!((test.market().admin, test.market().proposal.waits()), (successor, false));
    let propose = test.keys.propose_params(admin, test.params);
    refused(&test.admin_sends(propose), "WrongAuthority");
    let propose = test.keys.propose_params(successor, test.params);
    test.stranger_sends(propose).expect_ok();
    refused(&test.stranger_sends(accept), "WrongAuthority");
}

#[test]
fn a_successor_waits_for_the_exit_clock_too() {
    let mut test = TestMarket::new();
    let propose = test.keys.propose_admin(test.admin.address(), test.stranger.address());
    test.admin_sends(propose).expect_ok();
    let accept = test.keys.accept_admin(test.stranger.address());
    refused(&test.stranger_sends(accept), "TimelockRunning");
}

#[test]
fn nobody_else_accepts() {
    let mut test = due();
    let as_lender = test.keys.accept_admin(test.lender.address());
    refused(&test.lender_sends(as_lender), "WrongAuthority");
    let as_successor = test.keys.accept_admin(test.stranger.address());
    refused(&test.lender_sends(unsigned(as_successor, 0)), "MissingRequiredSignature");
}

#[test]
fn a_proposed_guardian_does_not_become_the_admin() {
    let mut test = TestMarket::new();
    let propose = test.keys.propose_guardian(test.admin.address(), test.stranger.address());
    test.admin_sends(propose).expect_ok();
    test.pass_timelock();
    let accept = test.keys.accept_admin(test.stranger.address());
    refused(&test.stranger_sends(accept), "OtherProposal");
}
