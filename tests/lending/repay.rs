use assay_client::lending::ALL;

use crate::support::{SOL, USDC, World, refused, unsigned, with_account};

#[test]
fn a_part_and_then_the_rest() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, position, tokens) = (world.borrower.address(), world.position_address(), world.borrower.debt);
    world.borrower_sends(world.keys.repay(owner, position, tokens, 2_000 * USDC)).expect_ok();
    assert_eq!(world.position().debt(&world.market()), Ok(3_000 * USDC));
    world.advance(86_400);
    let before = world.balance(&tokens);
    world.borrower_sends(world.keys.repay(owner, position, tokens, ALL)).expect_ok();
    assert!(before - world.balance(&tokens) > 3_000 * USDC, "with a day's interest");
    assert_eq!((world.position().debt_shares, world.market().debt_shares), (0, 0));
    assert_eq!(world.market().cash, world.balance(&world.keys.liquidity_vault));
}

#[test]
fn anyone_may_repay_for_a_position() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let repay =
        world.keys.repay(world.stranger.address(), world.position_address(), world.stranger.debt, ALL);
    world.stranger_sends(repay).expect_ok();
    assert_eq!((world.position().debt_shares, world.position().collateral), (0, 100 * SOL));
}

#[test]
fn amounts_have_bounds() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, position, tokens) = (world.borrower.address(), world.position_address(), world.borrower.debt);
    refused(&world.borrower_sends(world.keys.repay(owner, position, tokens, 0)), "ZeroAmount");
    let too_much = world.keys.repay(owner, position, tokens, 5_001 * USDC);
    refused(&world.borrower_sends(too_much), "InsufficientBalance");
    world.borrower_sends(world.keys.repay(owner, position, tokens, ALL)).expect_ok();
    refused(&world.borrower_sends(world.keys.repay(owner, position, tokens, 1)), "NoDebt");
}

#[test]
fn dust_never_cancels_more_than_it_pays() {
    let mut world = World::borrowed(20_000 * SOL, 800_000 * USDC);
    world.advance(20_000_000);
    let (owner, position, tokens) = (world.borrower.address(), world.position_address(), world.borrower.debt);
    for amount in [1, 1, 2, 3] {
        let (before, shares) = (world.market(), world.position().debt_shares);
        world.borrower_sends(world.keys.repay(owner, position, tokens, amount)).expect_ok();
        let after = world.market();
        assert!(shares - world.position().debt_shares <= amount);
        assert_eq!(after.cash - before.cash, amount);
        assert!(after.assets().unwrap() >= before.assets().unwrap());
    }
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let other = world.second_market();
    let repay =
        world.keys.repay(world.borrower.address(), world.position_address(), world.borrower.debt, USDC);
    let mut attack = |index, address, error| {
        let attacked = with_account(repay.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.borrower.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, world.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, world.keys.collateral_vault, "WrongVault");
    attack(5, world.stranger.debt, "Custom(4)"); // the token program: the owner does not match
    refused(&world.net.send(&[unsigned(repay, 0)], &[&world.stranger.key]), "MissingRequiredSignature");
}
