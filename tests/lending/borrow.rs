use assay_lending_interface::pyth::PriceUpdate;

use crate::support::{SOL, USDC, World, price_attacks, refused, unsigned, with_account};

/// A market with 1,000 USDC of cash and 10 SOL of collateral.
fn ready() -> World {
    let mut world = World::supplied(1_000 * USDC);
    let deposit =
        world.keys.deposit_collateral(world.borrower.address(), world.borrower.collateral, 10 * SOL);
    world.borrower_sends(deposit).expect_ok();
    world
}

#[test]
fn a_loan_moves_tokens_and_is_owed() {
    let mut world = ready();
    let before = world.balance(&world.borrower.debt);
    let borrow = world.keys.borrow(world.borrower.address(), world.borrower.debt, world.prices, 600 * USDC);
    world.borrower_sends(borrow).expect_ok();
    assert_eq!(world.balance(&world.borrower.debt) - before, 600 * USDC);
    let (market, position) = (world.market(), world.position());
    assert_eq!((market.cash, world.balance(&world.keys.liquidity_vault)), (400 * USDC, 400 * USDC));
    assert_eq!((position.debt_shares, market.debt_shares), (600 * USDC, 600 * USDC));
    assert_eq!(position.debt(&market), Ok(600 * USDC));
}

#[test]
fn debt_grows_with_time_and_rounds_up() {
    let mut world = ready();
    let borrow = world.keys.borrow(world.borrower.address(), world.borrower.debt, world.prices, 600 * USDC);
    world.borrower_sends(borrow).expect_ok();
    let mut market = world.market();
    market.accrue(world.net.now() + 3_600).unwrap();
    let owed = world.position().debt(&market).unwrap();
    assert!(owed > 600 * USDC && owed >= market.debt_total().unwrap());
}

#[test]
fn the_ratio_counts_collateral_low_and_debt_high() {
    let mut world = ready();
    let (owner, tokens) = (world.borrower.address(), world.borrower.debt);
    // 10 SOL at 99.90 carry 699.3 USD; at 1.001 that is 698.601... USDC.
    let most = 698_601_398;
    refused(&world.borrower_sends(world.keys.borrow(owner, tokens, world.prices, most + 1)), "LtvExceeded");
    world.borrower_sends(world.keys.borrow(owner, tokens, world.prices, most)).expect_ok();
    refused(&world.borrower_sends(world.keys.borrow(owner, tokens, world.prices, 1)), "LtvExceeded");
}

#[test]
fn a_wider_confidence_interval_lowers_the_limit() {
    let mut world = ready();
    let account = world.net.account(&world.prices.collateral).unwrap();
    let update = PriceUpdate::decode(&account.data).unwrap();
    world.net.set_price(world.prices.collateral, &PriceUpdate { confidence: 2_0000_0000, ..update });
    let (owner, tokens) = (world.borrower.address(), world.borrower.debt);
    refused(&world.borrower_sends(world.keys.borrow(owner, tokens, world.prices, 690 * USDC)), "LtvExceeded");
    world.borrower_sends(world.keys.borrow(owner, tokens, world.prices, 685 * USDC)).expect_ok();
}

#[test]
fn amounts_have_bounds() {
    let mut world = ready();
    let (owner, tokens) = (world.borrower.address(), world.borrower.debt);
    let borrow = |amount| world.keys.borrow(owner, tokens, world.prices, amount);
    let cases = [
        (borrow(0), "ZeroAmount"),
        (borrow(10 * USDC - 1), "DebtBelowMinimum"),
        (borrow(1_000 * USDC + 1), "InsufficientLiquidity"),
        (borrow(u64::MAX), "InsufficientLiquidity"),
    ];
    for (instruction, error) in cases {
        refused(&world.borrower_sends(instruction), error);
    }
}

#[test]
fn prices_are_checked() {
    let mut world = ready();
    let borrow = world.keys.borrow(world.borrower.address(), world.borrower.debt, world.prices, 100 * USDC);
    let signer = world.borrower.key.insecure_clone();
    for account in [world.prices.collateral, world.prices.debt] {
        price_attacks(&mut world, account, &borrow, &[&signer]);
    }
    let swapped =
        with_account(with_account(borrow.clone(), 6, world.prices.debt), 7, world.prices.collateral);
    refused(&world.borrower_sends(swapped), "PriceFeed");
    world.borrower_sends(borrow).expect_ok();
}

#[test]
fn only_the_owner_borrows_and_only_from_the_positions_market() {
    let mut world = ready();
    let other = world.second_market();
    let borrow = world.keys.borrow(world.borrower.address(), world.borrower.debt, world.prices, 100 * USDC);
    let stolen = with_account(borrow.clone(), 0, world.stranger.address());
    let stolen = with_account(stolen, 5, world.stranger.debt);
    refused(&world.stranger_sends(stolen), "WrongAuthority");
    refused(&world.stranger_sends(unsigned(borrow.clone(), 0)), "MissingRequiredSignature");
    let mut attack = |index, address, error| {
        let attacked = with_account(borrow.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.borrower.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(2, other.position(&world.borrower.address()), "AccountDataTooSmall");
    attack(3, world.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, world.keys.collateral_vault, "WrongVault");
    attack(8, assay_verifier::ID, "IncorrectProgramId");
}
