use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, refused, unsigned, with_account};

#[test]
fn a_deposit_mints_shares_and_moves_the_tokens() {
    let mut test = TestMarket::new();
    let before = test.balance(&test.lender.debt);
    let supply = test.keys.supply(test.lender.address(), test.lender.debt, 500 * USDC);
    test.lender_sends(supply.clone()).expect_ok();
    test.lender_sends(supply).expect_ok();
    let market = test.market();
    assert_eq!((market.cash, test.balance(&market.liquidity_vault)), (1_000 * USDC, 1_000 * USDC));
    assert_eq!(before - test.balance(&test.lender.debt), 1_000 * USDC);
    let deposit = test.deposit();
    assert_eq!((deposit.owner, deposit.market), (test.lender.address(), test.keys.market));
    assert_eq!((deposit.shares, market.supply_shares), (1_000_000_000_000, 1_000_000_000_000));
}

#[test]
fn amounts_have_bounds() {
    let mut test = TestMarket::new();
    let (owner, tokens) = (test.lender.address(), test.lender.debt);
    refused(&test.lender_sends(test.keys.supply(owner, tokens, 0)), "ZeroAmount");
    refused(&test.lender_sends(test.keys.supply(owner, tokens, test.params.supply_cap + 1)), "CapExceeded");
    refused(&test.lender_sends(test.keys.supply(owner, tokens, u64::MAX)), "CapExceeded");
    test.lender_sends(test.keys.supply(owner, tokens, 9_000_000 * USDC)).expect_ok();
    refused(&test.lender_sends(test.keys.supply(owner, tokens, 1_000_001 * USDC)), "CapExceeded");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = TestMarket::new();
    let other = test.second_market();
    let supply = test.keys.supply(test.lender.address(), test.lender.debt, USDC);
    let mut attack = |index, address, error| {
        refused(&test.net.send(&[with_account(supply.clone(), index, address)], &[&test.lender.key]), error);
    };
    attack(2, test.keys.deposit(&test.stranger.address()), "InvalidSeeds");
    attack(2, other.deposit(&test.lender.address()), "InvalidSeeds");
    attack(3, test.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, test.keys.collateral_vault, "WrongVault");
    attack(4, test.lender.debt, "Custom(2040)");
    attack(5, test.stranger.debt, "Custom(4)"); // the token program: the owner does not match
    attack(5, test.lender.collateral, "Custom(3)"); // the token program: the mint does not match
    attack(6, assay_verifier::ID, "IncorrectProgramId");
    refused(&test.net.send(&[unsigned(supply, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}

#[test]
fn a_donation_to_the_vault_moves_no_price() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    test.net.mint_to(&test.keys.debt_mint, &test.keys.liquidity_vault, 1_000_000 * USDC);
    let before = test.market();
    let supply = test.keys.supply(test.stranger.address(), test.stranger.debt, 1_000 * USDC);
    test.stranger_sends(supply).expect_ok();
    let minted = test.market().supply_shares - before.supply_shares;
    assert!(minted.abs_diff(before.supply_shares) <= 1_000_000, "{minted} against {}", before.supply_shares);
    let withdraw = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, ALL);
    let tokens = test.balance(&test.lender.debt);
    test.lender_sends(withdraw).expect_ok();
    assert!(test.balance(&test.lender.debt) - tokens <= 1_000 * USDC, "the donation is nobody's");
}

#[test]
fn being_first_with_one_unit_gains_nothing() {
    let mut test = TestMarket::supplied(1);
    test.net.mint_to(&test.keys.debt_mint, &test.keys.liquidity_vault, 10_000 * USDC);
    let (owner, tokens) = (test.stranger.address(), test.stranger.debt);
    let before = test.balance(&tokens);
    test.stranger_sends(test.keys.supply(owner, tokens, 5_000 * USDC)).expect_ok();
    test.stranger_sends(test.keys.withdraw_supply(owner, tokens, ALL)).expect_ok();
    assert!(before - test.balance(&tokens) <= 2, "the second depositor loses rounding only");
}

#[test]
fn a_market_whose_assets_are_lost_takes_no_deposit() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    // Drain the cash, then lose the loan: shares remain, assets do not.
    let mut market = test.market();
    (market.cash, market.reserves, market.debt_shares) = (0, 0, 0);
    let mut account = test.net.account(&test.keys.market).unwrap();
    account.data[8..].copy_from_slice(bytemuck::bytes_of(&market));
    test.net.set_account(test.keys.market, account);
    let supply = test.keys.supply(test.stranger.address(), test.stranger.debt, USDC);
    refused(&test.stranger_sends(supply), "MarketInsolvent");
}
