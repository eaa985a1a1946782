use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, refused, unsigned, with_account};

#[test]
fn a_part_and_then_the_rest() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, position, tokens) = (test.borrower.address(), test.position_address(), test.borrower.debt);
    test.borrower_sends(test.keys.repay(owner, position, tokens, 2_000 * USDC)).expect_ok();
    assert_eq!(test.position().debt(&test.market()), Ok(3_000 * USDC));
    test.advance(86_400);
    let before = test.balance(&tokens);
    test.borrower_sends(test.keys.repay(owner, position, tokens, ALL)).expect_ok();
    assert!(before - test.balance(&tokens) > 3_000 * USDC, "with a day's interest");
    assert_eq!((test.position().debt_shares, test.market().debt_shares), (0, 0));
    assert_eq!(test.market().cash, test.balance(&test.keys.liquidity_vault));
}

#[test]
fn anyone_may_repay_for_a_position() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let repay = test.keys.repay(test.stranger.address(), test.position_address(), test.stranger.debt, ALL);
    test.stranger_sends(repay).expect_ok();
    assert_eq!((test.position().debt_shares, test.position().collateral), (0, 100 * SOL));
}

#[test]
fn amounts_have_bounds() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, position, tokens) = (test.borrower.address(), test.position_address(), test.borrower.debt);
    refused(&test.borrower_sends(test.keys.repay(owner, position, tokens, 0)), "ZeroAmount");
    let too_much = test.keys.repay(owner, position, tokens, 5_001 * USDC);
    refused(&test.borrower_sends(too_much), "InsufficientBalance");
    test.borrower_sends(test.keys.repay(owner, position, tokens, ALL)).expect_ok();
    refused(&test.borrower_sends(test.keys.repay(owner, position, tokens, 1)), "NoDebt");
}

#[test]
fn dust_never_cancels_more_than_it_pays() {
    let mut test = TestMarket::borrowed(20_000 * SOL, 800_000 * USDC);
    test.advance(20_000_000);
    let (owner, position, tokens) = (test.borrower.address(), test.position_address(), test.borrower.debt);
    for amount in [1, 1, 2, 3] {
        let (before, shares) = (test.market(), test.position().debt_shares);
        test.borrower_sends(test.keys.repay(owner, position, tokens, amount)).expect_ok();
        let after = test.market();
        assert!(shares - test.position().debt_shares <= amount);
        assert_eq!(after.cash - before.cash, amount);
        assert!(after.assets().unwrap() >= before.assets().unwrap());
    }
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let other = test.second_market();
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, USDC);
    let mut attack = |index, address, error| {
        let attacked = with_account(repay.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.borrower.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, test.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, test.keys.collateral_vault, "WrongVault");
    attack(5, test.stranger.debt, "Custom(4)"); // the token program: the owner does not match
    refused(&test.net.send(&[unsigned(repay, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}
