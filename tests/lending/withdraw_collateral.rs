use assay_client::lending::ALL;
use solana_address::Address;

use crate::support::{SOL, USDC, World, price_attacks, refused, unsigned, with_account};

#[test]
fn without_debt_everything_leaves_and_no_price_is_read() {
    let mut world = World::new();
    let (owner, tokens) = (world.borrower.address(), world.borrower.collateral);
    let before = world.balance(&tokens);
    world.borrower_sends(world.keys.deposit_collateral(owner, tokens, 3 * SOL)).expect_ok();
    let withdraw = world.keys.withdraw_collateral(owner, tokens, world.prices, ALL);
    let nowhere = Address::new_from_array([9; 32]);
    let blind = with_account(with_account(withdraw, 6, nowhere), 7, nowhere);
    world.borrower_sends(blind).expect_ok();
    assert_eq!((world.position().collateral, world.market().collateral_total), (0, 0));
    assert_eq!(world.balance(&tokens), before);
}

#[test]
fn under_a_debt_only_what_the_ratio_leaves_free() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, tokens) = (world.borrower.address(), world.borrower.collateral);
    // 5,000 USDC at the high price need about 71.58 SOL at the low one for 70 %.
    let unhealthy = world.keys.withdraw_collateral(owner, tokens, world.prices, 29 * SOL);
    refused(&world.borrower_sends(unhealthy), "LtvExceeded");
    refused(
        &world.borrower_sends(world.keys.withdraw_collateral(owner, tokens, world.prices, ALL)),
        "LtvExceeded",
    );
    let healthy = world.keys.withdraw_collateral(owner, tokens, world.prices, 28 * SOL);
    world.borrower_sends(healthy).expect_ok();
    assert_eq!(world.position().collateral, 72 * SOL);
    assert_eq!(world.balance(&world.keys.collateral_vault), 72 * SOL);
}

#[test]
fn amounts_have_bounds() {
    let mut world = World::new();
    let (owner, tokens) = (world.borrower.address(), world.borrower.collateral);
    world.borrower_sends(world.keys.deposit_collateral(owner, tokens, SOL)).expect_ok();
    let withdraw = |amount| world.keys.withdraw_collateral(owner, tokens, world.prices, amount);
    let [none, more] = [withdraw(0), withdraw(SOL + 1)];
    refused(&world.borrower_sends(none), "ZeroAmount");
    refused(&world.borrower_sends(more), "InsufficientBalance");
}

#[test]
fn prices_are_checked() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let withdraw = world.keys.withdraw_collateral(
        world.borrower.address(),
        world.borrower.collateral,
        world.prices,
        SOL,
    );
    let signer = world.borrower.key.insecure_clone();
    for account in [world.prices.collateral, world.prices.debt] {
        price_attacks(&mut world, account, &withdraw, &[&signer]);
    }
    let swapped =
        with_account(with_account(withdraw.clone(), 6, world.prices.debt), 7, world.prices.collateral);
    refused(&world.borrower_sends(swapped), "PriceFeed");
    world.borrower_sends(withdraw).expect_ok();
}

#[test]
fn only_the_owner_withdraws_and_only_from_the_positions_market() {
    let mut world = World::borrowed(100 * SOL, 5_000 * USDC);
    let other = world.second_market();
    let withdraw = world.keys.withdraw_collateral(
        world.borrower.address(),
        world.borrower.collateral,
        world.prices,
        SOL,
    );
    let stolen = with_account(withdraw.clone(), 0, world.stranger.address());
    let stolen = with_account(stolen, 5, world.stranger.collateral);
    refused(&world.stranger_sends(stolen), "WrongAuthority");
    refused(&world.stranger_sends(unsigned(withdraw.clone(), 0)), "MissingRequiredSignature");
    let mut attack = |index, address, error| {
        let attacked = with_account(withdraw.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.borrower.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, world.keys.debt_mint, "WrongMint");
    attack(4, other.collateral_vault, "WrongVault");
    attack(4, world.keys.liquidity_vault, "WrongVault");
}
