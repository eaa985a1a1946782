use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, refused, with_account};

/// A market that has earned reserves: a year's interest was repaid.
fn earned() -> TestMarket {
    let mut test = TestMarket::borrowed(20_000 * SOL, 500_000 * USDC);
    test.advance(31_536_000);
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, ALL);
    test.borrower_sends(repay).expect_ok();
    test
}

#[test]
fn proposed_reserves_go_to_their_owner() {
    let mut test = earned();
    let (admin, reserves) = (test.admin.address(), test.market().reserves);
    assert!(reserves > 1_000 * USDC);
    let propose = test.keys.propose_withdrawal(admin, reserves - USDC);
    test.admin_sends(propose).expect_ok();
    test.pass_timelock();
    let (before, assets) = (test.balance(&test.admin.debt), test.market().assets().unwrap());
    let withdraw = test.keys.withdraw_reserves(admin, test.admin.debt);
    test.admin_sends(withdraw.clone()).expect_ok();
    assert_eq!(test.balance(&test.admin.debt) - before, reserves - USDC);
    let market = test.market();
    assert_eq!((market.reserves, market.assets()), (USDC, Ok(assets)), "suppliers lose nothing");
    assert_eq!(market.cash, test.balance(&test.keys.liquidity_vault));
    refused(&test.admin_sends(withdraw), "NothingPending");
}

#[test]
fn no_more_than_there_is_and_not_what_a_loss_needs() {
    let mut test = earned();
    let (admin, reserves) = (test.admin.address(), test.market().reserves);
    let propose = test.keys.propose_withdrawal(admin, u64::MAX);
    test.admin_sends(propose.clone()).expect_ok();
    test.pass_timelock();
    let before = test.balance(&test.admin.debt);
    let withdraw = test.keys.withdraw_reserves(admin, test.admin.debt);
    test.admin_sends(withdraw).expect_ok();
    assert_eq!((test.balance(&test.admin.debt) - before, test.market().reserves), (reserves, 0));

    // Again, with a loss that is known.
    let mut test = earned();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 500_000 * USDC);
    test.borrower_sends(borrow).expect_ok();
    test.admin_sends(propose).expect_ok();
    test.pass_timelock();
    test.set_prices(20.0, 1.0);
    let impair = test.keys.impair(test.position_address(), test.prices);
    test.stranger_sends(impair).expect_ok();
    let withdraw = test.keys.withdraw_reserves(admin, test.admin.debt);
    refused(&test.admin_sends(withdraw), "ZeroAmount");
}

#[test]
fn only_the_admin_and_only_to_the_reserves_owner() {
    let mut test = earned();
    let propose = test.keys.propose_withdrawal(test.admin.address(), USDC);
    test.admin_sends(propose).expect_ok();
    test.pass_timelock();
    let withdraw = test.keys.withdraw_reserves(test.admin.address(), test.admin.debt);
    let as_stranger = test.keys.withdraw_reserves(test.stranger.address(), test.stranger.debt);
    refused(&test.stranger_sends(as_stranger), "WrongAuthority");
    refused(&test.admin_sends(with_account(withdraw.clone(), 4, test.stranger.debt)), "WrongReceiver");
    refused(&test.admin_sends(with_account(withdraw.clone(), 3, test.keys.collateral_vault)), "WrongVault");
    refused(&test.admin_sends(with_account(withdraw, 2, test.keys.collateral_mint)), "WrongMint");
}
