use assay_lending_host::ALL;

use crate::support::{TestMarket, USDC, refused, unsigned};

#[test]
fn the_owner_closes_an_empty_deposit_and_gets_the_lamports() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let owner = test.lender.address();
    let (close, deposit) = (test.keys.close_deposit(owner), test.keys.deposit(&owner));
    refused(&test.lender_sends(close.clone()), "AccountInUse");
    let withdraw = test.keys.withdraw_supply(owner, test.lender.debt, ALL);
    test.lender_sends(withdraw).expect_ok();
    let (before, rent) = (test.lamports(&owner), test.lamports(&deposit));
    test.lender_sends(close).expect_ok();
    assert_eq!((test.lamports(&owner), test.lamports(&deposit)), (before + rent - 5_000, 0));
}

#[test]
fn nobody_else_closes_it() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let owner = test.lender.address();
    let withdraw = test.keys.withdraw_supply(owner, test.lender.debt, ALL);
    test.lender_sends(withdraw).expect_ok();
    let close = test.keys.close_deposit(owner);
    let mut stolen = close.clone();
    stolen.accounts[0].pubkey = test.stranger.address();
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    refused(&test.stranger_sends(unsigned(close, 0)), "MissingRequiredSignature");
}
