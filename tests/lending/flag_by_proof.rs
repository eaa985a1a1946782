use assay_lending::oracle::Purpose;
use assay_lending_host::{ALL, Proven};
use assay_verifier_host as verifier;

use crate::liquidate_by_proof::risky;
use crate::support::{Model, SOL, TestMarket, price_attacks, refused, unsigned, with_account};

#[test]
fn a_flag_stands_from_the_first_proof_on_and_leaves_a_receipt() {
    let (mut test, snapshot) = risky();
    let flag = test.flag(&snapshot);
    test.liquidator_sends(flag.clone()).expect_ok();
    let since = test.net.now();
    let position = test.position();
    assert_eq!((position.flag.since, position.flag.state, position.flag.epoch), (since, 1, snapshot.epoch));
    assert_eq!((position.collateral, position.budget.repaid), (100 * SOL, 0), "nothing is liquidated");
    let receipt = verifier::receipt_address(&test.model, &test.proven(&snapshot).digest);
    assert!(test.net.account(&receipt).is_some());
    // Again, and by a later snapshot: the clock stays.
    test.advance(20);
    test.liquidator_sends(flag).expect_ok();
    let next = test.take_snapshot();
    let flag = test.flag(&next);
    test.liquidator_sends(flag).expect_ok();
    assert_eq!((test.position().flag.since, test.position().flag.epoch), (since, next.epoch));
}

#[test]
fn it_lapses_an_hour_after_the_last_evidence() {
    let (mut test, snapshot) = risky();
    let flag = test.flag(&snapshot);
    test.liquidator_sends(flag).expect_ok();
    test.advance(3_601);
    test.fill_history();
    let next = test.take_snapshot();
    let flag = test.flag(&next);
    test.liquidator_sends(flag).expect_ok();
    assert_eq!(test.position().flag.since, test.net.now());
}

#[test]
fn a_position_that_could_not_be_liquidated_early_is_not_flagged() {
    let (mut test, snapshot) = risky();
    let flag = test.flag(&snapshot);
    for (price, error) in [(92.1, "BelowEarlyFloor"), (81.0, "PlainRuleApplies"), (70.0, "NotCovered")] {
        test.set_prices(price, 1.0);
        refused(&test.liquidator_sends(flag.clone()), error);
    }
    test.set_prices(86.0, 1.0);
    let halt = test.keys.set_pause(test.guardian.address(), 2);
    test.guardian_sends(halt).expect_ok();
    refused(&test.liquidator_sends(flag.clone()), "Paused");
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, ALL);
    test.borrower_sends(repay).expect_ok();
    test.advance(86_400);
    refused(&test.liquidator_sends(flag), "SnapshotExpired");
}

#[test]
fn neither_a_false_score_nor_a_low_one_nor_anothers_proof_flags() {
    let (mut test, snapshot) = risky();
    let (prover, position, prices) = (test.liquidator.address(), test.position_address(), test.prices);
    let honest = test.proven(&snapshot);
    let with = |test: &TestMarket, proven: &Proven| test.keys.flag_by_proof(prover, position, prices, proven);
    let low = with(&test, &Proven { score: 6_399, ..honest });
    refused(&test.liquidator_sends(low), "ScoreBelowThreshold");
    let high = with(&test, &Proven { score: honest.score + 1, ..honest });
    refused(&test.liquidator_sends(high), "ProofInvalid");
    let strangers = test.proven_by(Model::shared(), &snapshot, &test.stranger.address());
    let copied = with(&test, &strangers);
    refused(&test.liquidator_sends(copied), "ProofInvalid");
}

#[test]
fn prices_are_checked_and_accounts_cannot_be_substituted() {
    let (mut test, snapshot) = risky();
    let flag = test.flag(&snapshot);
    let signer = test.liquidator.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, Purpose::Evidence, &flag, &[&signer]);
    }
    let other = test.second_market();
    let mut attack = |index, address, error| {
        let attacked = with_account(flag.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.liquidator.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, other.market, "InvalidAccountData");
    attack(4, test.prices.debt, "WrongSource");
    attack(6, test.liquidator.debt, "WrongModel");
    attack(9, assay_lending::ID, "WrongVerifier");
    refused(&test.net.send(&[unsigned(flag, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}
