use assay_lending::math::{
    liquidation::FULL_CLOSE_LTV_BPS,
    value::{Value, ltv_bps},
};
use assay_lending::oracle::Purpose;
use assay_lending_host::{ALL, Liquidation};

use crate::support::{SOL, TestMarket, USDC, price_attacks, refused, unsigned, with_account};

/// 100 SOL against 6,900 USDC, liquidatable at 80 USD: 86.25 %.
fn underwater() -> TestMarket {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(80.0, 1.0);
    test
}

#[test]
fn over_the_threshold_half_of_the_debt_is_exchanged_at_a_bonus() {
    let mut test = underwater();
    let (tokens, collateral) =
        (test.balance(&test.liquidator.debt), test.balance(&test.liquidator.collateral));
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(plain).expect_ok();
    let paid = tokens - test.balance(&test.liquidator.debt);
    let seized = test.balance(&test.liquidator.collateral) - collateral;
    assert_eq!(paid, 3_450 * USDC);
    // 86.25 % at mid prices is about 86.42 % at the safe ends: 142 basis points over, and the least bonus of 200.
    let bonus = seized as f64 * 80.0 / 1e9 / 3_450.0 - 1.0;
    assert!((0.0340..0.0345).contains(&bonus), "{bonus}");
    let (position, market) = (test.position(), test.market());
    assert_eq!(position.collateral, 100 * SOL - seized);
    assert_eq!(position.debt(&market), Ok(3_450 * USDC));
    assert_eq!(test.balance(&test.keys.collateral_vault), market.collateral_total);
    assert_eq!(test.balance(&test.keys.liquidity_vault), market.cash);
    let ratio = ltv_bps(
        Value::of_debt(3_450 * USDC, 1_0000_0000, 6),
        Value::of_collateral(position.collateral, 80_0000_0000, 9),
    );
    assert!(ratio < 8_625, "the ratio fell to {ratio}");
}

#[test]
fn below_the_threshold_nobody_is_liquidated() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    for price in [100.0, 90.0, 81.5] {
        test.set_prices(price, 1.0);
        let plain = test.keys.liquidate(&test.liquidation(USDC));
        refused(&test.liquidator_sends(plain), "NotLiquidatable");
    }
}

#[test]
fn the_close_factor_and_the_minimum_bind() {
    let mut test = underwater();
    let over = test.keys.liquidate(&test.liquidation(3_450 * USDC + 1));
    refused(&test.liquidator_sends(over), "CloseFactorExceeded");
    let none = test.keys.liquidate(&test.liquidation(0));
    refused(&test.liquidator_sends(none), "ZeroAmount");
    let greedy = Liquidation { min_seized: 2 * SOL, ..test.liquidation(100 * USDC) };
    let greedy = test.keys.liquidate(&greedy);
    refused(&test.liquidator_sends(greedy), "SlippageExceeded");
}

#[test]
fn far_over_the_threshold_the_whole_debt_may_be_repaid() {
    let mut test = underwater();
    test.set_prices(71.5, 1.0); // 96.5 %
    const { assert!(FULL_CLOSE_LTV_BPS == 9_500) };
    let whole = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(whole).expect_ok();
    assert_eq!((test.position().debt_shares, test.market().debt_shares), (0, 0));
    assert_eq!(test.position().collateral, 0, "a bonus of 8 % would take more than there is");
}

#[test]
fn dust_may_be_repaid_whole() {
    let mut test = TestMarket::borrowed(SOL, 10 * USDC);
    test.set_prices(11.7, 1.0); // 85.5 %
    let whole = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(whole).expect_ok();
    assert_eq!(test.position().debt_shares, 0);
}

#[test]
fn bad_debt_falls_on_the_reserves_and_then_on_the_suppliers() {
    let mut test = TestMarket::borrowed(10_000 * SOL, 600_000 * USDC);
    test.advance(31_536_000); // a year's interest, a tenth of it reserved
    test.set_prices(50.0, 1.0);
    let mut accrued = test.market();
    accrued.accrue(test.net.now()).unwrap();
    let owed = accrued.debt_total().unwrap();
    // 500,000 USD / 1.02, rounded up, buys all collateral; more than that is refused.
    let payable = 490_196_078_432;
    let more = test.keys.liquidate(&test.liquidation(payable + 1));
    refused(&test.liquidator_sends(more), "CloseFactorExceeded");
    let tokens = test.balance(&test.liquidator.debt);
    let all = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(all).expect_ok();
    assert_eq!(tokens - test.balance(&test.liquidator.debt), payable);
    let after = test.market();
    assert_eq!((test.position().collateral, test.position().debt_shares, after.debt_shares), (0, 0, 0));
    assert_eq!((after.collateral_total, after.reserves), (0, 0));
    let lost = owed - payable;
    assert!(lost > accrued.reserves);
    let assets = accrued.assets().unwrap() + accrued.reserves - lost;
    assert!(after.assets().unwrap().abs_diff(assets) <= 1);
    assert_eq!(after.cash, test.balance(&test.keys.liquidity_vault));
    // What is left, the supplier can have.
    let withdraw = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, ALL);
    test.lender_sends(withdraw).expect_ok();
}

#[test]
fn prices_are_checked() {
    let mut test = underwater();
    let plain = test.keys.liquidate(&test.liquidation(USDC));
    let signer = test.liquidator.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::PlainRule, &plain, &[&signer]);
    }
    let swapped = with_account(with_account(plain, 9, test.prices.debt), 10, test.prices.collateral);
    refused(&test.liquidator_sends(swapped), "WrongSource");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = underwater();
    let other = test.second_market();
    let plain = test.keys.liquidate(&test.liquidation(USDC));
    let mut attack = |index, address, error| {
        let attacked = with_account(plain.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.liquidator.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, test.keys.debt_mint, "WrongMint");
    attack(4, test.keys.collateral_mint, "WrongMint");
    attack(5, other.collateral_vault, "WrongVault");
    attack(6, other.liquidity_vault, "WrongVault");
    attack(8, test.stranger.debt, "Custom(4)"); // the token program: the owner does not match
    attack(8, test.keys.liquidity_vault, "Custom(2040)"); // two mutable accounts are one
    refused(&test.net.send(&[unsigned(plain, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_position_without_debt_is_not_liquidated() {
    let mut test = underwater();
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, ALL);
    test.borrower_sends(repay).expect_ok();
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    refused(&test.liquidator_sends(plain), "NoDebt");
}
