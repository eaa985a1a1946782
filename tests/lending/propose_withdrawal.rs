use crate::support::{TestMarket, USDC, refused};

#[test]
fn a_withdrawal_waits_and_moves_nothing_yet() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let propose = test.keys.propose_withdrawal(test.admin.address(), 5 * USDC);
    test.admin_sends(propose).expect_ok();
    assert_eq!((test.market().proposal.amount, test.market().cash), (5 * USDC, 1_000 * USDC));
    let withdraw = test.keys.withdraw_reserves(test.admin.address(), test.admin.debt);
    refused(&test.admin_sends(withdraw), "TimelockRunning");
}

#[test]
fn only_the_admin_and_not_nothing() {
    let mut test = TestMarket::new();
    let as_stranger = test.keys.propose_withdrawal(test.stranger.address(), 1);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    let nothing = test.keys.propose_withdrawal(test.admin.address(), 0);
    refused(&test.admin_sends(nothing), "ZeroAmount");
}
