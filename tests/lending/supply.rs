use assay_client::lending::ALL;

use crate::support::{SOL, USDC, World, refused, unsigned, with_account};

#[test]
fn a_deposit_mints_shares_and_moves_the_tokens() {
    let mut world = World::new();
    let before = world.balance(&world.lender.debt);
    let supply = world.keys.supply(world.lender.address(), world.lender.debt, 500 * USDC);
    world.lender_sends(supply.clone()).expect_ok();
    world.lender_sends(supply).expect_ok();
    let market = world.market();
    assert_eq!((market.cash, world.balance(&market.liquidity_vault)), (1_000 * USDC, 1_000 * USDC));
    assert_eq!(before - world.balance(&world.lender.debt), 1_000 * USDC);
    let deposit = world.deposit();
    assert_eq!((deposit.owner, deposit.market), (world.lender.address(), world.keys.market));
    assert_eq!((deposit.shares, market.supply_shares), (1_000_000_000_000, 1_000_000_000_000));
}

#[test]
fn amounts_have_bounds() {
    let mut world = World::new();
    let (owner, tokens) = (world.lender.address(), world.lender.debt);
    refused(&world.lender_sends(world.keys.supply(owner, tokens, 0)), "ZeroAmount");
    refused(
        &world.lender_sends(world.keys.supply(owner, tokens, world.params.supply_cap + 1)),
        "CapExceeded",
    );
    refused(&world.lender_sends(world.keys.supply(owner, tokens, u64::MAX)), "CapExceeded");
    world.lender_sends(world.keys.supply(owner, tokens, 9_000_000 * USDC)).expect_ok();
    refused(&world.lender_sends(world.keys.supply(owner, tokens, 1_000_001 * USDC)), "CapExceeded");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut world = World::new();
    let other = world.second_market();
    let supply = world.keys.supply(world.lender.address(), world.lender.debt, USDC);
    let mut attack = |index, address, error| {
        refused(
            &world.net.send(&[with_account(supply.clone(), index, address)], &[&world.lender.key]),
            error,
        );
    };
    attack(2, world.keys.deposit(&world.stranger.address()), "InvalidSeeds");
    attack(2, other.deposit(&world.lender.address()), "InvalidSeeds");
    attack(3, world.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, world.keys.collateral_vault, "WrongVault");
    attack(4, world.lender.debt, "Custom(2040)");
    attack(5, world.stranger.debt, "Custom(4)"); // the token program: the owner does not match
    attack(5, world.lender.collateral, "Custom(3)"); // the token program: the mint does not match
    attack(6, assay_verifier::ID, "IncorrectProgramId");
    refused(&world.net.send(&[unsigned(supply, 0)], &[&world.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_donation_to_the_vault_moves_no_price() {
    let mut world = World::supplied(1_000 * USDC);
    world.net.mint_to(&world.keys.debt_mint, &world.keys.liquidity_vault, 1_000_000 * USDC);
    let before = world.market();
    let supply = world.keys.supply(world.stranger.address(), world.stranger.debt, 1_000 * USDC);
    world.stranger_sends(supply).expect_ok();
    let minted = world.market().supply_shares - before.supply_shares;
    assert!(minted.abs_diff(before.supply_shares) <= 1_000_000, "{minted} against {}", before.supply_shares);
    let withdraw = world.keys.withdraw_supply(world.lender.address(), world.lender.debt, ALL);
    let tokens = world.balance(&world.lender.debt);
    world.lender_sends(withdraw).expect_ok();
    assert!(world.balance(&world.lender.debt) - tokens <= 1_000 * USDC, "the donation is nobody's");
}

#[test]
fn being_first_with_one_unit_gains_nothing() {
    let mut world = World::supplied(1);
    world.net.mint_to(&world.keys.debt_mint, &world.keys.liquidity_vault, 10_000 * USDC);
    let (owner, tokens) = (world.stranger.address(), world.stranger.debt);
    let before = world.balance(&tokens);
    world.stranger_sends(world.keys.supply(owner, tokens, 5_000 * USDC)).expect_ok();
    world.stranger_sends(world.keys.withdraw_supply(owner, tokens, ALL)).expect_ok();
    assert!(before - world.balance(&tokens) <= 2, "the second depositor loses rounding only");
}

#[test]
fn a_market_whose_assets_are_lost_takes_no_deposit() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    // Drain the cash, then lose the loan: shares remain, assets do not.
    let mut market = world.market();
    (market.cash, market.reserves, market.debt_shares) = (0, 0, 0);
    let mut account = world.net.account(&world.keys.market).unwrap();
    account.data[8..].copy_from_slice(bytemuck::bytes_of(&market));
    world.net.set_account(world.keys.market, account);
    let supply = world.keys.supply(world.stranger.address(), world.stranger.debt, USDC);
    refused(&world.stranger_sends(supply), "MarketInsolvent");
}
