use assay_client::lending::{ALL, Liquidation};
use assay_lending::math::{
    liquidation::FULL_CLOSE_LTV_BPS,
    value::{Value, ltv_bps},
};

use crate::support::{SOL, USDC, World, price_attacks, refused, unsigned, with_account};

/// 100 SOL against 6,900 USDC, liquidatable at 80 USD: 86.25 %.
fn underwater() -> World {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.set_prices(80.0, 1.0);
    world
}

#[test]
fn over_the_threshold_half_of_the_debt_is_exchanged_at_a_bonus() {
    let mut world = underwater();
    let (tokens, collateral) =
        (world.balance(&world.liquidator.debt), world.balance(&world.liquidator.collateral));
    let plain = world.keys.liquidate(&world.liquidation(ALL));
    world.liquidator_sends(plain).expect_ok();
    let paid = tokens - world.balance(&world.liquidator.debt);
    let seized = world.balance(&world.liquidator.collateral) - collateral;
    assert_eq!(paid, 3_450 * USDC);
    // 86.25 % at mid prices is about 86.42 % at the safe ends: 142 basis points over, and the least bonus of 200.
    let bonus = seized as f64 * 80.0 / 1e9 / 3_450.0 - 1.0;
    assert!((0.0340..0.0345).contains(&bonus), "{bonus}");
    let (position, market) = (world.position(), world.market());
    assert_eq!(position.collateral, 100 * SOL - seized);
    assert_eq!(position.debt(&market), Ok(3_450 * USDC));
    assert_eq!(world.balance(&world.keys.collateral_vault), market.collateral_total);
    assert_eq!(world.balance(&world.keys.liquidity_vault), market.cash);
    let ratio = ltv_bps(
        Value::of_debt(3_450 * USDC, 1_0000_0000, 6),
        Value::of_collateral(position.collateral, 80_0000_0000, 9),
    );
    assert!(ratio < 8_625, "the ratio fell to {ratio}");
}

#[test]
fn below_the_threshold_nobody_is_liquidated() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    for price in [100.0, 90.0, 81.5] {
        world.set_prices(price, 1.0);
        let plain = world.keys.liquidate(&world.liquidation(USDC));
        refused(&world.liquidator_sends(plain), "NotLiquidatable");
    }
}

#[test]
fn the_close_factor_and_the_minimum_bind() {
    let mut world = underwater();
    let over = world.keys.liquidate(&world.liquidation(3_450 * USDC + 1));
    refused(&world.liquidator_sends(over), "CloseFactorExceeded");
    let none = world.keys.liquidate(&world.liquidation(0));
    refused(&world.liquidator_sends(none), "ZeroAmount");
    let greedy = Liquidation { min_seized: 2 * SOL, ..world.liquidation(100 * USDC) };
    let greedy = world.keys.liquidate(&greedy);
    refused(&world.liquidator_sends(greedy), "SlippageExceeded");
}

#[test]
fn far_over_the_threshold_the_whole_debt_may_be_repaid() {
    let mut world = underwater();
    world.set_prices(71.5, 1.0); // 96.5 %
    const { assert!(FULL_CLOSE_LTV_BPS == 9_500) };
    let whole = world.keys.liquidate(&world.liquidation(ALL));
    world.liquidator_sends(whole).expect_ok();
    assert_eq!((world.position().debt_shares, world.market().debt_shares), (0, 0));
    assert_eq!(world.position().collateral, 0, "a bonus of 8 % would take more than there is");
}

#[test]
fn dust_may_be_repaid_whole() {
    let mut world = World::borrowed(SOL, 10 * USDC);
    world.set_prices(11.7, 1.0); // 85.5 %
    let whole = world.keys.liquidate(&world.liquidation(ALL));
    world.liquidator_sends(whole).expect_ok();
    assert_eq!(world.position().debt_shares, 0);
}

#[test]
fn bad_debt_falls_on_the_reserves_and_then_on_the_suppliers() {
    let mut world = World::borrowed(10_000 * SOL, 600_000 * USDC);
    world.advance(31_536_000); // a year's interest, a tenth of it reserved
    world.set_prices(50.0, 1.0);
    let mut accrued = world.market();
    accrued.accrue(world.net.now()).unwrap();
    let owed = accrued.debt_total().unwrap();
    // 500,000 USD / 1.02, rounded up, buys all collateral; more than that is refused.
    let payable = 490_196_078_432;
    let more = world.keys.liquidate(&world.liquidation(payable + 1));
    refused(&world.liquidator_sends(more), "CloseFactorExceeded");
    let tokens = world.balance(&world.liquidator.debt);
    let all = world.keys.liquidate(&world.liquidation(ALL));
    world.liquidator_sends(all).expect_ok();
    assert_eq!(tokens - world.balance(&world.liquidator.debt), payable);
    let after = world.market();
    assert_eq!((world.position().collateral, world.position().debt_shares, after.debt_shares), (0, 0, 0));
    assert_eq!((after.collateral_total, after.reserves), (0, 0));
    let lost = owed - payable;
    assert!(lost > accrued.reserves);
    let assets = accrued.assets().unwrap() + accrued.reserves - lost;
    assert!(after.assets().unwrap().abs_diff(assets) <= 1);
    assert_eq!(after.cash, world.balance(&world.keys.liquidity_vault));
    // What is left, the supplier can have.
    let withdraw = world.keys.withdraw_supply(world.lender.address(), world.lender.debt, ALL);
    world.lender_sends(withdraw).expect_ok();
}

#[test]
fn prices_are_checked() {
    let mut world = underwater();
    let plain = world.keys.liquidate(&world.liquidation(USDC));
    let signer = world.liquidator.key.insecure_clone();
    for account in [world.prices.collateral, world.prices.debt] {
        price_attacks(&mut world, account, &plain, &[&signer]);
    }
    let swapped = with_account(with_account(plain, 9, world.prices.debt), 10, world.prices.collateral);
    refused(&world.liquidator_sends(swapped), "PriceFeed");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut world = underwater();
    let other = world.second_market();
    let plain = world.keys.liquidate(&world.liquidation(USDC));
    let mut attack = |index, address, error| {
        let attacked = with_account(plain.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.liquidator.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, world.keys.debt_mint, "WrongMint");
    attack(4, world.keys.collateral_mint, "WrongMint");
    attack(5, other.collateral_vault, "WrongVault");
    attack(6, other.liquidity_vault, "WrongVault");
    attack(8, world.stranger.debt, "Custom(4)"); // the token program: the owner does not match
    attack(8, world.keys.liquidity_vault, "Custom(2040)"); // two mutable accounts are one
    refused(&world.net.send(&[unsigned(plain, 0)], &[&world.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_position_without_debt_is_not_liquidated() {
    let mut world = underwater();
    let repay =
        world.keys.repay(world.borrower.address(), world.position_address(), world.borrower.debt, ALL);
    world.borrower_sends(repay).expect_ok();
    let plain = world.keys.liquidate(&world.liquidation(ALL));
    refused(&world.liquidator_sends(plain), "NoDebt");
}
