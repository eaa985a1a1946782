use assay_lending::oracle::Purpose;

use crate::support::{SOL, TestMarket, USDC, price_attacks, refused, unsigned, with_account};

/// A market with 1,000 USDC of cash and 10 SOL of collateral.
fn ready() -> TestMarket {
    let mut test = TestMarket::supplied(1_000 * USDC);
    let deposit = test.keys.deposit_collateral(test.borrower.address(), test.borrower.collateral, 10 * SOL);
    test.borrower_sends(deposit).expect_ok();
    test
}

#[test]
fn a_loan_moves_tokens_and_is_owed() {
    let mut test = ready();
    let before = test.balance(&test.borrower.debt);
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 600 * USDC);
    test.borrower_sends(borrow).expect_ok();
    assert_eq!(test.balance(&test.borrower.debt) - before, 600 * USDC);
    let (market, position) = (test.market(), test.position());
    assert_eq!((market.cash, test.balance(&test.keys.liquidity_vault)), (400 * USDC, 400 * USDC));
    assert_eq!((position.debt_shares, market.debt_shares), (600 * USDC, 600 * USDC));
    assert_eq!(position.debt(&market), Ok(600 * USDC));
}

#[test]
fn debt_grows_with_time_and_rounds_up() {
    let mut test = ready();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 600 * USDC);
    test.borrower_sends(borrow).expect_ok();
    let mut market = test.market();
    market.accrue(test.net.now() + 3_600).unwrap();
    let owed = test.position().debt(&market).unwrap();
    assert!(owed > 600 * USDC && owed >= market.debt_total().unwrap());
}

#[test]
fn the_ratio_counts_collateral_low_and_debt_high() {
    let mut test = ready();
    let (owner, tokens) = (test.borrower.address(), test.borrower.debt);
    // 10 SOL at 99.90 carry 699.3 USD; at 1.001 that is 698.601... USDC.
    let most = 698_601_398;
    refused(&test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, most + 1)), "LtvExceeded");
    test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, most)).expect_ok();
    refused(&test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, 1)), "LtvExceeded");
}

#[test]
fn a_wider_confidence_interval_lowers_the_limit() {
    let mut test = ready();
    test.damage_sources(|sources| sources[0].header.confidence = 2_0000_0000);
    let (owner, tokens) = (test.borrower.address(), test.borrower.debt);
    refused(&test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, 690 * USDC)), "LtvExceeded");
    test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, 685 * USDC)).expect_ok();
}

#[test]
fn a_loan_raises_the_revision_and_a_refused_one_does_not() {
    let mut test = ready();
    let (owner, tokens) = (test.borrower.address(), test.borrower.debt);
    for (amount, revision) in [(100 * USDC, 1), (50 * USDC, 2)] {
        test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, amount)).expect_ok();
        assert_eq!(test.position().revision, revision);
    }
    refused(
        &test.borrower_sends(test.keys.borrow(owner, tokens, test.prices, 900 * USDC)),
        "InsufficientLiquidity",
    );
    assert_eq!(test.position().revision, 2);
}

#[test]
fn amounts_have_bounds() {
    let mut test = ready();
    let (owner, tokens) = (test.borrower.address(), test.borrower.debt);
    let borrow = |amount| test.keys.borrow(owner, tokens, test.prices, amount);
    let cases = [
        (borrow(0), "ZeroAmount"),
        (borrow(10 * USDC - 1), "DebtBelowMinimum"),
        (borrow(1_000 * USDC + 1), "InsufficientLiquidity"),
        (borrow(u64::MAX), "InsufficientLiquidity"),
    ];
    for (instruction, error) in cases {
        refused(&test.borrower_sends(instruction), error);
    }
}

#[test]
fn prices_are_checked() {
    let mut test = ready();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 100 * USDC);
    let signer = test.borrower.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::AddRisk, &borrow, &[&signer]);
    }
    let swapped = with_account(with_account(borrow.clone(), 6, test.prices.debt), 7, test.prices.collateral);
    refused(&test.borrower_sends(swapped), "WrongSource");
    test.borrower_sends(borrow).expect_ok();
}

#[test]
fn only_the_owner_borrows_and_only_from_the_positions_market() {
    let mut test = ready();
    let other = test.second_market();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 100 * USDC);
    let stolen = with_account(borrow.clone(), 0, test.stranger.address());
    let stolen = with_account(stolen, 5, test.stranger.debt);
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    refused(&test.stranger_sends(unsigned(borrow.clone(), 0)), "MissingRequiredSignature");
    let mut attack = |index, address, error| {
        let attacked = with_account(borrow.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.borrower.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(2, other.position(&test.borrower.address()), "AccountDataTooSmall");
    attack(3, test.keys.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(4, test.keys.collateral_vault, "WrongVault");
    attack(8, assay_verifier::ID, "IncorrectProgramId");
}
