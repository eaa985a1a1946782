use crate::support::{SOL, World, refused, unsigned, with_account};

#[test]
fn the_first_deposit_creates_the_position_and_later_ones_add() {
    let mut world = World::new();
    let (owner, tokens) = (world.borrower.address(), world.borrower.collateral);
    let before = world.balance(&tokens);
    let deposit = world.keys.deposit_collateral(owner, tokens, 3 * SOL);
    world.borrower_sends(deposit.clone()).expect_ok();
    world.borrower_sends(deposit).expect_ok();
    let position = world.position();
    assert_eq!((position.owner, position.market), (owner, world.keys.market));
    assert_eq!((position.collateral, position.debt_shares, position.snapshot_nonce), (6 * SOL, 0, 0));
    assert_eq!(world.market().collateral_total, 6 * SOL);
    assert_eq!(world.balance(&world.keys.collateral_vault), 6 * SOL);
    assert_eq!(before - world.balance(&tokens), 6 * SOL);
}

#[test]
fn amounts_have_bounds() {
    let mut world = World::new();
    let (owner, tokens) = (world.borrower.address(), world.borrower.collateral);
    refused(&world.borrower_sends(world.keys.deposit_collateral(owner, tokens, 0)), "ZeroAmount");
    let over = world.params.collateral_cap + 1;
    refused(&world.borrower_sends(world.keys.deposit_collateral(owner, tokens, over)), "CapExceeded");
    refused(&world.borrower_sends(world.keys.deposit_collateral(owner, tokens, u64::MAX)), "CapExceeded");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut world = World::new();
    let other = world.second_market();
    let deposit = world.keys.deposit_collateral(world.borrower.address(), world.borrower.collateral, SOL);
    let mut attack = |index, address, error| {
        let attacked = with_account(deposit.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.borrower.key]), error);
    };
    attack(2, world.keys.position(&world.stranger.address()), "InvalidSeeds");
    attack(2, other.position(&world.borrower.address()), "InvalidSeeds");
    attack(3, world.keys.debt_mint, "WrongMint");
    attack(4, other.collateral_vault, "WrongVault");
    attack(4, world.keys.liquidity_vault, "WrongVault");
    attack(5, world.stranger.collateral, "Custom(4)"); // the token program: the owner does not match
    refused(&world.net.send(&[unsigned(deposit, 0)], &[&world.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_donation_to_the_vault_is_nobodys_collateral() {
    let mut world = World::new();
    let deposit = world.keys.deposit_collateral(world.borrower.address(), world.borrower.collateral, SOL);
    world.borrower_sends(deposit).expect_ok();
    world.net.mint_to(&world.keys.collateral_mint, &world.keys.collateral_vault, 50 * SOL);
    assert_eq!((world.position().collateral, world.market().collateral_total), (SOL, SOL));
}
