use assay_lending_host::ALL;

use crate::support::{SOL, TestMarket, USDC, refused, unsigned, with_account};

/// `close_market` by the admin, who is creator and owner of the reserves.
fn close(test: &TestMarket) -> solana_instruction::Instruction {
    let admin = test.admin.address();
    test.keys.close_market(admin, admin, [test.admin.collateral, test.admin.debt])
}

#[test]
fn everything_that_was_paid_for_comes_back() {
    let mut test = TestMarket::without_market();
    let people = |test: &TestMarket| {
        [&test.admin, &test.lender, &test.borrower, &test.stranger]
            .map(|actor| test.lamports(&actor.address()))
    };
    let before = people(&test);
    let mut fees = [0u64; 4];
    let create = test.create();
    test.admin_sends(create).expect_ok();
    fees[0] += 5_000;
    let supply = test.keys.supply(test.lender.address(), test.lender.debt, 1_000_000 * USDC);
    test.lender_sends(supply).expect_ok();
    fees[1] += 5_000;
    test.fill_history();
    test.take_loan(100 * SOL, 6_900 * USDC);
    fees[2] += 5_000;
    let snapshot = test.take_snapshot();
    fees[3] += 5_000;
    refused(
        &{
            let close = close(&test);
            test.admin_sends(close)
        },
        "AccountInUse",
    );
    fees[0] += 5_000;

    let (owner, position) = (test.borrower.address(), test.position_address());
    test.advance(86_400);
    let instructions = [
        test.keys.repay(owner, position, test.borrower.debt, ALL),
        test.keys.withdraw_collateral(owner, test.borrower.collateral, test.prices, ALL),
    ];
    test.net.send(&instructions, &[&test.borrower.key]).expect_ok();
    fees[2] += 5_000;
    test.advance(180);
    let instruction = test.keys.close_position(owner);
    test.borrower_sends(instruction).expect_ok();
    fees[2] += 5_000;
    let lender = test.lender.address();
    let instructions =
        [test.keys.withdraw_supply(lender, test.lender.debt, ALL), test.keys.close_deposit(lender)];
    test.net.send(&instructions, &[&test.lender.key]).expect_ok();
    fees[1] += 5_000;
    let address = assay_lending_host::MarketKeys::snapshot(&position, snapshot.evidence());
    let instruction = assay_lending_host::MarketKeys::close_snapshot(address, snapshot.payer);
    test.stranger_sends(instruction).expect_ok();
    fees[3] += 5_000;

    let left = test.balance(&test.keys.liquidity_vault);
    assert!(left > 0, "reserves and rounding");
    let tokens = test.balance(&test.admin.debt);
    let instruction = close(&test);
    test.admin_sends(instruction).expect_ok();
    fees[0] += 5_000;
    assert_eq!(test.balance(&test.admin.debt) - tokens, left);
    for address in [test.keys.market, test.keys.collateral_vault, test.keys.liquidity_vault, position] {
        assert!(test.net.account(&address).is_none(), "{address}");
    }
    let expected: Vec<u64> = before.iter().zip(fees).map(|(before, fee)| before - fee).collect();
    assert_eq!(people(&test).to_vec(), expected, "the lamports of all but for fees");
}

#[test]
fn a_market_that_somebody_is_in_stays() {
    let mut test = TestMarket::supplied(1);
    let instruction = close(&test);
    refused(&test.admin_sends(instruction), "AccountInUse");
    let mut test = TestMarket::new();
    let deposit = test.keys.deposit_collateral(test.borrower.address(), test.borrower.collateral, 1);
    test.borrower_sends(deposit).expect_ok();
    let instruction = close(&test);
    refused(&test.admin_sends(instruction), "AccountInUse");
}

#[test]
fn only_the_admin_closes_and_nobody_else_gets_anything() {
    let mut test = TestMarket::new();
    let other = test.second_market();
    let instruction = close(&test);
    let mut attack = |index, address, error| {
        let attacked = with_account(instruction.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.admin.key]), error);
    };
    attack(2, test.stranger.address(), "WrongReceiver");
    attack(5, other.collateral_vault, "WrongVault");
    attack(6, other.liquidity_vault, "WrongVault");
    attack(7, test.stranger.collateral, "WrongReceiver");
    attack(8, test.stranger.debt, "WrongReceiver");
    attack(1, other.market, "WrongAuthority");
    let stolen = with_account(instruction.clone(), 0, test.stranger.address());
    refused(&test.stranger_sends(stolen), "WrongAuthority");
    refused(&test.stranger_sends(unsigned(instruction, 0)), "MissingRequiredSignature");
}
