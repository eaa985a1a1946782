use assay_lending::oracle::Purpose;
use assay_lending_host::ALL;
use solana_address::Address;

use crate::support::{SOL, TestMarket, USDC, price_attacks, refused, unsigned, with_account};

#[test]
fn without_debt_everything_leaves_and_no_price_is_read() {
    let mut test = TestMarket::new();
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    let before = test.balance(&tokens);
    test.borrower_sends(test.keys.deposit_collateral(owner, tokens, 3 * SOL)).expect_ok();
    let withdraw = test.keys.withdraw_collateral(owner, tokens, test.prices, ALL);
    let nowhere = Address::new_from_array([9; 32]);
    let blind = with_account(with_account(withdraw, 6, nowhere), 7, nowhere);
    test.borrower_sends(blind).expect_ok();
    assert_eq!((test.position().collateral, test.market().collateral_total), (0, 0));
    assert_eq!(test.balance(&tokens), before);
}

#[test]
fn under_a_debt_only_what_the_ratio_leaves_free() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    // 5,000 USDC at the high price need about 71.58 SOL at the low one for 70 %.
    let unhealthy = test.keys.withdraw_collateral(owner, tokens, test.prices, 29 * SOL);
    refused(&test.borrower_sends(unhealthy), "LtvExceeded");
    refused(
        &test.borrower_sends(test.keys.withdraw_collateral(owner, tokens, test.prices, ALL)),
        "LtvExceeded",
    );
    let healthy = test.keys.withdraw_collateral(owner, tokens, test.prices, 28 * SOL);
    test.borrower_sends(healthy).expect_ok();
    assert_eq!(test.position().collateral, 72 * SOL);
    assert_eq!(test.balance(&test.keys.collateral_vault), 72 * SOL);
}

#[test]
fn amounts_have_bounds() {
    let mut test = TestMarket::new();
    let (owner, tokens) = (test.borrower.address(), test.borrower.collateral);
    test.borrower_sends(test.keys.deposit_collateral(owner, tokens, SOL)).expect_ok();
    let withdraw = |amount| test.keys.withdraw_collateral(owner, tokens, test.prices, amount);
    let [none, more] = [withdraw(0), withdraw(SOL + 1)];
    refused(&test.borrower_sends(none), "ZeroAmount");
    refused(&test.borrower_sends(more), "InsufficientBalance");
}

#[test]
fn prices_are_checked() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let withdraw =
        test.keys.withdraw_collateral(test.borrower.address(), test.borrower.collateral, test.prices, SOL);
    let signer = test.borrower.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::AddRisk, &withdraw, &[&signer]);
    }
    let swapped =
        with_account(with_account(withdraw.clone(), 6, test.prices.debt), 7, test.prices.collateral);
    refused(&test.borrower_sends(swapped), "WrongSource");
    test.borrower_sends(withdraw).expect_ok();
}

#[test]
fn only_the_owner_withdraws_and_only_from_the_positions_market() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    let other = test.second_market();
    let withdraw =
        test.keys.withdraw_collateral(test.borrower.address(), test.borrower.collateral, test.prices, SOL);
    let stolen = with_account(withdraw.clone(), 0, test.stranger.address());
    let stolen = with_account(stolen, 5, test.stranger.collateral);
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    refused(&test.stranger_sends(unsigned(withdraw.clone(), 0)), "MissingRequiredSignature");
    let mut attack = |index, address, error| {
        let attacked = with_account(withdraw.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.borrower.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, test.keys.debt_mint, "WrongMint");
    attack(4, other.collateral_vault, "WrongVault");
    attack(4, test.keys.liquidity_vault, "WrongVault");
}
