use assay_lending::oracle::Purpose;
use assay_lending_host::ALL;

use crate::impair::insolvent;
use crate::support::{SOL, TestMarket, USDC, price_attacks, refused, with_account};

/// An insolvent position of which a liquidator left collateral worth less than a dollar.
fn dust() -> TestMarket {
    let mut test = insolvent();
    // 500,000 USD buy all collateral for 490,196.078432 USDC; a cent less leaves some 0.2 thousandths of a SOL.
    let almost = test.keys.liquidate(&test.liquidation(490_196_068_432));
    test.liquidator_sends(almost).expect_ok();
    let left = test.position().collateral;
    assert!((1..SOL / 50).contains(&left), "{left}");
    test
}

#[test]
fn a_debt_over_dust_is_written_off_and_the_dust_leaves_the_books() {
    let mut test = dust();
    let before = test.market();
    assert!(before.impaired > 100_000 * USDC, "the liquidation impaired the rest at once");
    let redeemable = before.redeemable().unwrap();
    let socialize = test.keys.socialize(test.position_address(), test.prices);
    test.stranger_sends(socialize.clone()).expect_ok();
    let (market, position) = (test.market(), test.position());
    assert_eq!((position.collateral, position.debt_shares, position.impaired), (0, 0, 0));
    assert_eq!((market.collateral_total, market.debt_shares, market.impaired), (0, 0, 0));
    assert!(market.assets().unwrap().abs_diff(redeemable) <= 20_000, "priced before, booked now");
    assert!(test.balance(&test.keys.collateral_vault) > 0, "the dust stays in the vault, and is nobody's");
    refused(&test.stranger_sends(socialize), "NoDebt");
}

#[test]
fn collateral_that_is_worth_something_is_liquidated_first() {
    let mut test = insolvent();
    let socialize = test.keys.socialize(test.position_address(), test.prices);
    refused(&test.stranger_sends(socialize.clone()), "NotDust");
    // Dust that pays the whole debt pays it.
    let mut test = TestMarket::supplied(1_000_000 * USDC);
    test.change_params(|params| params.min_borrow = 1);
    test.take_loan(SOL / 200, USDC / 10);
    let socialize = test.keys.socialize(test.position_address(), test.prices);
    refused(&test.stranger_sends(socialize), "NotDust");
}

#[test]
fn a_debt_that_nothing_backs_is_written_off_by_the_liquidation_itself() {
    let mut test = insolvent();
    let all = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(all).expect_ok();
    assert_eq!((test.position().debt_shares, test.market().impaired), (0, 0));
}

#[test]
fn prices_are_checked_and_accounts_cannot_be_substituted() {
    let mut test = dust();
    let socialize = test.keys.socialize(test.position_address(), test.prices);
    let signer = test.stranger.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::Loss, &socialize, &[&signer]);
    }
    let other = test.second_market();
    refused(&test.stranger_sends(with_account(socialize.clone(), 0, other.market)), "WrongMarket");
    refused(&test.stranger_sends(with_account(socialize, 3, test.prices.collateral)), "WrongSource");
}
