use assay_client::lending::ALL;

use crate::support::{SOL, USDC, World, refused, unsigned, with_account};

#[test]
fn shares_redeem_for_the_assets_they_stand_for() {
    let mut world = World::supplied(1_000 * USDC);
    let before = world.balance(&world.lender.debt);
    let half = world.deposit().shares / 2;
    let (owner, tokens) = (world.lender.address(), world.lender.debt);
    world.lender_sends(world.keys.withdraw_supply(owner, tokens, half)).expect_ok();
    assert_eq!(world.balance(&tokens) - before, 500 * USDC - 1);
    world.lender_sends(world.keys.withdraw_supply(owner, tokens, ALL)).expect_ok();
    assert_eq!((world.deposit().shares, world.market().supply_shares), (0, 0));
    assert!(before + 1_000 * USDC - world.balance(&tokens) <= 2);
    assert_eq!(world.market().cash, world.balance(&world.keys.liquidity_vault));
}

#[test]
fn suppliers_earn_the_interest_less_the_reserves() {
    let mut world = World::borrowed(20_000 * SOL, 800_000 * USDC);
    world.advance(31_536_000);
    let (owner, tokens) = (world.borrower.address(), world.borrower.debt);
    world.borrower_sends(world.keys.repay(owner, world.position_address(), tokens, ALL)).expect_ok();
    let before = world.balance(&world.lender.debt);
    let withdraw = world.keys.withdraw_supply(world.lender.address(), world.lender.debt, ALL);
    world.lender_sends(withdraw).expect_ok();
    let earned = world.balance(&world.lender.debt) - before - 1_000_000 * USDC;
    let reserves = world.market().reserves;
    // 8 % on 800,000 for a year, a tenth of it reserved.
    assert!((57_599 * USDC..=57_600 * USDC).contains(&earned), "{earned}");
    assert!(((earned + reserves) / 10).abs_diff(reserves) <= 1, "{earned} {reserves}");
}

#[test]
fn amounts_have_bounds() {
    let mut world = World::supplied(1_000 * USDC);
    let (owner, tokens) = (world.lender.address(), world.lender.debt);
    let shares = world.deposit().shares;
    refused(&world.lender_sends(world.keys.withdraw_supply(owner, tokens, 0)), "ZeroAmount");
    refused(&world.lender_sends(world.keys.withdraw_supply(owner, tokens, 999)), "ZeroAmount");
    refused(
        &world.lender_sends(world.keys.withdraw_supply(owner, tokens, shares + 1)),
        "InsufficientBalance",
    );
    refused(&world.lender_sends(world.keys.withdraw_supply(owner, tokens, ALL - 1)), "InsufficientBalance");
}

#[test]
fn what_is_lent_cannot_be_withdrawn() {
    let mut world = World::borrowed(20_000 * SOL, 800_000 * USDC);
    let (owner, tokens) = (world.lender.address(), world.lender.debt);
    refused(&world.lender_sends(world.keys.withdraw_supply(owner, tokens, ALL)), "InsufficientLiquidity");
    let part = world.deposit().shares / 10;
    world.lender_sends(world.keys.withdraw_supply(owner, tokens, part)).expect_ok();
}

#[test]
fn only_the_owner_redeems_and_only_from_the_market_of_the_shares() {
    let mut world = World::supplied(1_000 * USDC);
    let other = world.second_market();
    let withdraw = world.keys.withdraw_supply(world.lender.address(), world.lender.debt, 1_000_000);
    let stolen = with_account(withdraw.clone(), 0, world.stranger.address());
    let stolen = with_account(stolen, 5, world.stranger.debt);
    refused(&world.stranger_sends(stolen), "WrongAuthority");
    refused(&world.stranger_sends(unsigned(withdraw.clone(), 0)), "MissingRequiredSignature");
    let mut attack = |index, address, error| {
        refused(
            &world.net.send(&[with_account(withdraw.clone(), index, address)], &[&world.lender.key]),
            error,
        );
    };
    attack(1, other.market, "WrongMarket");
    attack(3, world.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, world.keys.collateral_vault, "WrongVault");
}
