use assay_host::compute_budget;
use assay_lending_host::{ALL, Liquidation};
use solana_instruction::{AccountMeta, Instruction};

use crate::support::{SOL, TestMarket, USDC, refused, unsigned, with_account};

/// 100 SOL against 6,900 USDC, liquidatable at 80 USD: 86.25 %.
pub fn underwater() -> TestMarket {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(80.0, 1.0);
    test
}

/// Start and end of the liquidator's liquidation of as much as is allowed.
pub fn halves(test: &TestMarket) -> [Instruction; 2] {
    let liquidation = test.liquidation(ALL);
    [test.keys.liquidate_start(&liquidation), test.keys.liquidate_end(&liquidation)]
}

fn send(test: &mut TestMarket, instructions: &[Instruction]) -> assay_localnet::Outcome {
    let limited = [&[compute_budget::limit(400_000)], instructions].concat();
    test.net.send(&limited, &[&test.liquidator.key])
}

#[test]
fn collateral_comes_first_and_the_terms_are_those_of_the_plain_rule() {
    let mut plain = underwater();
    let liquidate = plain.keys.liquidate(&plain.liquidation(ALL));
    plain.liquidator_sends(liquidate).expect_ok();
    let mut test = underwater();
    let [start, end] = halves(&test);
    send(&mut test, &[start, end]).expect_ok();
    let books = |test: &TestMarket| {
        let (market, position) = (test.market(), test.position());
        let vaults = [test.balance(&market.liquidity_vault), test.balance(&market.collateral_vault)];
        let amounts = [position.collateral, position.debt_shares, position.flash_repay, market.cash];
        (amounts, vaults, market.collateral_total, market.debt_shares)
    };
    assert_eq!(books(&test), books(&plain));
    assert_eq!(test.position().flash_repay, 0);
}

#[test]
fn without_its_end_behind_it_nothing_starts() {
    let mut test = underwater();
    let [start, end] = halves(&test);
    refused(&send(&mut test, std::slice::from_ref(&start)), "FlashEndMissing");
    refused(&send(&mut test, &[start.clone(), start.clone()]), "FlashEndMissing");
    refused(&send(&mut test, &[end.clone(), start.clone()]), "FlashNotOpen");
    // The end of another position, of another market, or bytes that look like an end to another program.
    let other_position = with_account(end.clone(), 2, test.keys.position(&test.lender.address()));
    refused(&send(&mut test, &[start.clone(), other_position]), "FlashEndMissing");
    let other_market = with_account(end.clone(), 1, test.prices.debt);
    refused(&send(&mut test, &[start.clone(), other_market]), "FlashEndMissing");
    let other_program = Instruction { program_id: assay_verifier::ID, ..end };
    refused(&send(&mut test, &[start, other_program]), "FlashEndMissing");
    assert_eq!(test.position().collateral, 100 * SOL);
}

#[test]
fn in_between_nothing_else_touches_the_position() {
    let mut test = underwater();
    test.next_minute();
    let [start, end] = halves(&test);
    let (position, prices, keys) = (test.position_address(), test.prices, test.keys);
    let liquidator = test.liquidator.address();
    let between = [
        start.clone(),
        keys.liquidate(&test.liquidation(USDC)),
        keys.repay(liquidator, position, test.liquidator.debt, USDC),
        keys.impair(position, prices),
        keys.socialize(position, prices),
        keys.take_snapshot(liquidator, position, test.evidence(), prices),
    ];
    for (index, instruction) in between.into_iter().enumerate() {
        let outcome = send(&mut test, &[start.clone(), instruction, end.clone()]);
        let expected = if index == 4 { "NotDust" } else { "FlashOpen" };
        refused(&outcome, expected);
    }
    // Its own owner, in the same transaction.
    let owner = test.borrower.address();
    let (liquidator_key, owner_key) =
        (test.liquidator.key.insecure_clone(), test.borrower.key.insecure_clone());
    let deposit = keys.deposit_collateral(owner, test.borrower.collateral, SOL);
    let outcome = test.net.send(&[start, deposit, end], &[&liquidator_key, &owner_key]);
    refused(&outcome, "FlashOpen");
}

#[test]
fn the_rules_of_the_plain_liquidation_bind() {
    let mut test = underwater();
    let [_, end] = halves(&test);
    for (repay, min_seized, error) in [
        (3_450 * USDC + 1, 0, "CloseFactorExceeded"),
        (0, 0, "ZeroAmount"),
        (100 * USDC, 2 * SOL, "SlippageExceeded"),
    ] {
        let liquidation = Liquidation { min_seized, ..test.liquidation(repay) };
        let start = test.keys.liquidate_start(&liquidation);
        refused(&send(&mut test, &[start, end.clone()]), error);
    }
    test.set_prices(90.0, 1.0);
    let [start, end] = halves(&test);
    refused(&send(&mut test, &[start, end]), "NotLiquidatable");
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = underwater();
    let [start, _] = halves(&test);
    let signer = test.liquidator.key.insecure_clone();
    let other = test.second_market();
    let mut attack = |index, address, error| {
        let [start, end] = halves(&test);
        let attacked = with_account(start, index, address);
        refused(&test.net.send(&[attacked, end], &[&signer]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, other.debt_mint, "WrongMint");
    attack(4, other.collateral_vault, "WrongVault");
    attack(9, other.market, "WrongAddress");
    refused(&test.stranger_sends(unsigned(start.clone(), 0)), "MissingRequiredSignature");
    let swapped = with_account(start, 6, test.prices.debt);
    let [_, end] = halves(&test);
    refused(&test.net.send(&[swapped, end], &[&signer]), "WrongSource");
}

/// The same instruction, called by a program: a transaction's list of instructions says nothing of what such a caller does next.
#[test]
fn another_program_cannot_start_it() {
    let mut test = underwater();
    test.net.deploy(assay_test_relay::ID, "assay_test_relay").unwrap();
    let relayed = |instruction: Instruction| {
        let mut accounts = vec![AccountMeta::new_readonly(instruction.program_id, false)];
        accounts.extend(instruction.accounts);
        Instruction { program_id: assay_test_relay::ID, accounts, data: instruction.data }
    };
    // The relay passes on what it is given: a liquidation in one instruction goes through.
    let mut other = underwater();
    other.net.deploy(assay_test_relay::ID, "assay_test_relay").unwrap();
    let whole = relayed(other.keys.liquidate(&other.liquidation(ALL)));
    send(&mut other, &[whole]).expect_ok();
    let [start, end] = halves(&test);
    refused(&send(&mut test, &[relayed(start.clone()), end.clone()]), "FlashByProgram");
    // Nor does a start of the transaction's own hide one behind it.
    let outcome = send(&mut test, &[start.clone(), relayed(start), end.clone()]);
    refused(&outcome, "FlashByProgram");
    // An end that a program calls is no end that a start can find.
    let [start, end] = halves(&test);
    refused(&send(&mut test, &[start, relayed(end)]), "FlashEndMissing");
}
