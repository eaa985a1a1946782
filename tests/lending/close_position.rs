use assay_lending::state::CLOSING_SECONDS;
use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, refused, unsigned};

#[test]
fn the_owner_closes_an_empty_position_three_minutes_after_its_debt() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, position) = (test.borrower.address(), test.position_address());
    let close = test.keys.close_position(owner);
    refused(&test.borrower_sends(close.clone()), "AccountInUse");
    let repay = test.keys.repay(owner, position, test.borrower.debt, ALL);
    let withdraw = test.keys.withdraw_collateral(owner, test.borrower.collateral, test.prices, ALL);
    test.borrower_sends(repay).expect_ok();
    refused(&test.borrower_sends(close.clone()), "AccountInUse");
    test.borrower_sends(withdraw).expect_ok();
    refused(&test.borrower_sends(close.clone()), "ClosedTooSoon");
    test.advance(CLOSING_SECONDS);
    let (before, rent) = (test.lamports(&owner), test.lamports(&position));
    test.borrower_sends(close).expect_ok();
    assert_eq!((test.lamports(&owner), test.lamports(&position)), (before + rent - 5_000, 0));
    // And opens another at the same address.
    test.take_loan(100 * SOL, 5_000 * USDC);
    assert_eq!(test.position().revision, 1);
}

#[test]
fn nobody_else_closes_it() {
    let mut test = TestMarket::new();
    let deposit = test.keys.deposit_collateral(test.borrower.address(), test.borrower.collateral, SOL);
    test.borrower_sends(deposit).expect_ok();
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    let withdraw = test.keys.withdraw_collateral(owner, tokens, test.prices, ALL);
    test.borrower_sends(withdraw).expect_ok();
    let close = test.keys.close_position(owner);
    let mut stolen = close.clone();
    stolen.accounts[0].pubkey = test.stranger.address();
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    refused(&test.stranger_sends(unsigned(close, 0)), "MissingRequiredSignature");
}
