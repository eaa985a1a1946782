use crate::impair::insolvent;
use crate::liquidate_start::{halves, underwater};
use crate::support::{TestMarket, refused, unsigned, with_account};

#[test]
fn without_a_start_there_is_nothing_to_end() {
    let mut test = underwater();
    let [_, end] = halves(&test);
    refused(&test.liquidator_sends(end), "FlashNotOpen");
}

#[test]
fn one_end_for_one_start_and_the_whole_repayment() {
    let mut test = underwater();
    let [start, end] = halves(&test);
    let signer = test.liquidator.key.insecure_clone();
    refused(&test.net.send(&[start.clone(), end.clone(), end.clone()], &[&signer]), "FlashNotOpen");
    // Without the tokens nothing happened: the token program refuses, and the start with it.
    let poor = test.net.create_token_account(&test.keys.debt_mint, &test.liquidator.address());
    let broke = with_account(end, 5, poor);
    refused(&test.net.send(&[start, broke], &[&signer]), "Custom(1)");
    assert_eq!(test.position().flash_repay, 0);
}

#[test]
fn what_no_collateral_pays_is_written_off_or_impaired_at_the_end() {
    let signed = |test: &TestMarket| test.liquidator.key.insecure_clone();
    let mut test = insolvent();
    let (halves_of_all, key) = (halves(&test), signed(&test));
    test.net.send(&halves_of_all, &[&key]).expect_ok();
    assert_eq!((test.position().debt_shares, test.position().collateral, test.market().impaired), (0, 0, 0));

    let mut test = insolvent();
    let (liquidation, key) = (test.liquidation(400_000_000_000), signed(&test));
    let part = [test.keys.liquidate_start(&liquidation), test.keys.liquidate_end(&liquidation)];
    test.net.send(&part, &[&key]).expect_ok();
    assert!(test.position().collateral > 0 && test.market().impaired > 0);
    test.position().invariant(&test.market()).unwrap();
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = underwater();
    let other = test.second_market();
    let signer = test.liquidator.key.insecure_clone();
    let [start, end] = halves(&test);
    let mut attack = |index, address, error| {
        let attacked = with_account(end.clone(), index, address);
        refused(&test.net.send(&[start.clone(), attacked], &[&signer]), error);
    };
    attack(1, other.market, "FlashEndMissing");
    attack(3, other.collateral_mint, "WrongMint");
    attack(4, other.liquidity_vault, "WrongVault");
    attack(6, other.market, "WrongSource");
    refused(&test.stranger_sends(unsigned(end, 0)), "MissingRequiredSignature");
}
