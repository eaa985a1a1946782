use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, refused, unsigned, with_account};

#[test]
fn shares_redeem_for_the_assets_they_stand_for() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let before = test.balance(&test.lender.debt);
    let half = test.deposit().shares / 2;
    let (owner, tokens) = (test.lender.address(), test.lender.debt);
    test.lender_sends(test.keys.withdraw_supply(owner, tokens, half)).expect_ok();
    assert_eq!(test.balance(&tokens) - before, 500 * USDC - 1);
    test.lender_sends(test.keys.withdraw_supply(owner, tokens, ALL)).expect_ok();
    assert_eq!((test.deposit().shares, test.market().supply_shares), (0, 0));
    assert!(before + 1_000 * USDC - test.balance(&tokens) <= 2);
    assert_eq!(test.market().cash, test.balance(&test.keys.liquidity_vault));
}

#[test]
fn suppliers_earn_the_interest_less_the_reserves() {
    let mut test = TestMarket::borrowed(20_000 * SOL, 800_000 * USDC);
    test.advance(31_536_000);
    let (owner, tokens) = (test.borrower.address(), test.borrower.debt);
    test.borrower_sends(test.keys.repay(owner, test.position_address(), tokens, ALL)).expect_ok();
    let before = test.balance(&test.lender.debt);
    let withdraw = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, ALL);
    test.lender_sends(withdraw).expect_ok();
    let earned = test.balance(&test.lender.debt) - before - 1_000_000 * USDC;
    let reserves = test.market().reserves;
    // 8 % on 800,000 for a year, a tenth of it reserved.
    assert!((57_599 * USDC..=57_600 * USDC).contains(&earned), "{earned}");
    assert!(((earned + reserves) / 10).abs_diff(reserves) <= 1, "{earned} {reserves}");
}

#[test]
fn amounts_have_bounds() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let (owner, tokens) = (test.lender.address(), test.lender.debt);
    let shares = test.deposit().shares;
    refused(&test.lender_sends(test.keys.withdraw_supply(owner, tokens, 0)), "ZeroAmount");
    refused(&test.lender_sends(test.keys.withdraw_supply(owner, tokens, 999)), "ZeroAmount");
    refused(&test.lender_sends(test.keys.withdraw_supply(owner, tokens, shares + 1)), "InsufficientBalance");
    refused(&test.lender_sends(test.keys.withdraw_supply(owner, tokens, ALL - 1)), "InsufficientBalance");
}

#[test]
fn what_is_lent_cannot_be_withdrawn() {
    let mut test = TestMarket::borrowed(20_000 * SOL, 800_000 * USDC);
    let (owner, tokens) = (test.lender.address(), test.lender.debt);
    refused(&test.lender_sends(test.keys.withdraw_supply(owner, tokens, ALL)), "InsufficientLiquidity");
    let part = test.deposit().shares / 10;
    test.lender_sends(test.keys.withdraw_supply(owner, tokens, part)).expect_ok();
}

#[test]
fn only_the_owner_redeems_and_only_from_the_market_of_the_shares() {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let other = test.second_market();
    let withdraw = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, 1_000_000);
    let stolen = with_account(withdraw.clone(), 0, test.stranger.address());
    let stolen = with_account(stolen, 5, test.stranger.debt);
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    refused(&test.stranger_sends(unsigned(withdraw.clone(), 0)), "MissingRequiredSignature");
    let mut attack = |index, address, error| {
        refused(
            &test.net.send(&[with_account(withdraw.clone(), index, address)], &[&test.lender.key]),
            error,
        );
    };
    attack(1, other.market, "WrongMarket");
    attack(3, test.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, test.keys.collateral_vault, "WrongVault");
}
