use assay_lending::oracle::Purpose;
use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, price_attacks, refused, with_account};

/// 10,000 SOL against 600,000 USDC at 50 USD: 500,000 USD pay 490,196 USDC at the least bonus, at mid prices.
pub fn insolvent() -> TestMarket {
    let mut test = TestMarket::borrowed(10_000 * SOL, 600_000 * USDC);
    test.set_prices(50.0, 1.0);
    test
}

#[test]
fn what_no_collateral_pays_is_impaired_up_and_down() {
    let mut test = insolvent();
    let impair = test.keys.impair(test.position_address(), test.prices);
    test.stranger_sends(impair.clone()).expect_ok();
    let loss = test.market().impaired;
    assert_eq!(test.position().impaired, loss);
    // At the best ends of both intervals a little less is lost than in the middle.
    assert!((108_000 * USDC..109_804 * USDC).contains(&loss), "{loss}");
    assert_eq!(test.market().redeemable(), Ok(test.market().assets().unwrap() - loss));
    test.set_prices(55.0, 1.0);
    test.stranger_sends(impair.clone()).expect_ok();
    assert!(test.market().impaired < loss);
    test.set_prices(100.0, 1.0);
    test.stranger_sends(impair).expect_ok();
    assert_eq!((test.market().impaired, test.position().impaired), (0, 0));
}

#[test]
fn a_position_without_debt_is_not_assessed() {
    let mut test = insolvent();
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, ALL);
    test.borrower_sends(repay).expect_ok();
    let impair = test.keys.impair(test.position_address(), test.prices);
    refused(&test.stranger_sends(impair), "NoDebt");
}

#[test]
fn prices_are_checked_and_accounts_cannot_be_substituted() {
    let mut test = insolvent();
    let impair = test.keys.impair(test.position_address(), test.prices);
    let signer = test.stranger.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::Loss, &impair, &[&signer]);
    }
    let other = test.second_market();
    refused(&test.stranger_sends(with_account(impair.clone(), 0, other.market)), "WrongMarket");
    refused(&test.stranger_sends(with_account(impair.clone(), 2, test.prices.debt)), "WrongSource");
    refused(&test.stranger_sends(with_account(impair, 1, other.market)), "InvalidAccountData");
}
