use crate::support::{SOL, TestMarket, refused, unsigned, with_account};

#[test]
fn the_first_deposit_creates_the_position_and_later_ones_add() {
    let mut test = TestMarket::new();
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    let before = test.balance(&tokens);
    let deposit = test.keys.deposit_collateral(owner, tokens, 3 * SOL);
    test.borrower_sends(deposit.clone()).expect_ok();
    test.borrower_sends(deposit).expect_ok();
    let position = test.position();
    assert_eq!((position.owner, position.market), (owner, test.keys.market));
    assert_eq!((position.collateral, position.debt_shares, position.revision), (6 * SOL, 0, 0));
    assert_eq!(test.market().collateral_total, 6 * SOL);
    assert_eq!(test.balance(&test.keys.collateral_vault), 6 * SOL);
    assert_eq!(before - test.balance(&tokens), 6 * SOL);
}

#[test]
fn amounts_have_bounds() {
    let mut test = TestMarket::new();
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    refused(&test.borrower_sends(test.keys.deposit_collateral(owner, tokens, 0)), "ZeroAmount");
    let over = test.params.collateral_cap + 1;
    refused(&test.borrower_sends(test.keys.deposit_collateral(owner, tokens, over)), "CapExceeded");
    refused(&test.borrower_sends(test.keys.deposit_collateral(owner, tokens, u64::MAX)), "CapExceeded");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = TestMarket::new();
    let other = test.second_market();
    let deposit = test.keys.deposit_collateral(test.borrower.address(), test.borrower.collateral, SOL);
    let mut attack = |index, address, error| {
        let attacked = with_account(deposit.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.borrower.key]), error);
    };
    attack(2, test.keys.position(&test.stranger.address()), "InvalidSeeds");
    attack(2, other.position(&test.borrower.address()), "InvalidSeeds");
    attack(3, test.keys.debt_mint, "WrongMint");
    attack(4, other.collateral_vault, "WrongVault");
    attack(4, test.keys.liquidity_vault, "WrongVault");
    attack(5, test.stranger.collateral, "Custom(4)"); // the token program: the owner does not match
    refused(&test.net.send(&[unsigned(deposit, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_donation_to_the_vault_is_nobodys_collateral() {
    let mut test = TestMarket::new();
    let deposit = test.keys.deposit_collateral(test.borrower.address(), test.borrower.collateral, SOL);
    test.borrower_sends(deposit).expect_ok();
    test.net.mint_to(&test.keys.collateral_mint, &test.keys.collateral_vault, 50 * SOL);
    assert_eq!((test.position().collateral, test.market().collateral_total), (SOL, SOL));
}
