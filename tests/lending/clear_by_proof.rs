use assay_lending_host::{ALL, Proven};

use crate::liquidate_by_proof::risky;
use crate::support::{Model, TestMarket, USDC, refused, unsigned, with_account};

/// A flagged position whose owner repaid until the score is low, and the snapshot that says so.
fn recovered() -> (TestMarket, assay_lending::state::Snapshot) {
    let (mut test, snapshot) = risky();
    let flag = test.flag(&snapshot);
    test.liquidator_sends(flag).expect_ok();
    let (owner, position) = (test.borrower.address(), test.position_address());
    let repay = test.keys.repay(owner, position, test.borrower.debt, 300 * USDC);
    test.borrower_sends(repay).expect_ok();
    let later = test.take_snapshot();
    assert!(Model::score(&later) < test.params.score_threshold);
    (test, later)
}

#[test]
fn a_later_low_score_clears_the_flag_and_older_evidence_does_not_set_it_again() {
    let (mut test, first) = risky();
    let flag = test.flag(&first);
    test.liquidator_sends(flag.clone()).expect_ok();
    let (owner, position) = (test.borrower.address(), test.position_address());
    let repay = test.keys.repay(owner, position, test.borrower.debt, 40 * USDC);
    test.borrower_sends(repay).expect_ok();
    // 77.5 %: the score is low. Back at 86 USD the ratio is within the tolerance of the first snapshot.
    test.set_prices(88.5, 1.0);
    let later = test.take_snapshot();
    assert!(Model::score(&later) < test.params.score_threshold, "{}", Model::score(&later));
    let clear = test.clear(&later);
    test.liquidator_sends(clear.clone()).expect_ok();
    assert_eq!((test.position().flag.state, test.position().flag.epoch), (2, later.epoch));
    refused(&test.liquidator_sends(clear), "NoFlag");
    test.set_prices(86.0, 1.0);
    refused(&test.liquidator_sends(flag), "EvidenceSuperseded");
    let early = test.early(&first, ALL);
    refused(&test.liquidator_sends(early), "EvidenceSuperseded");
    let next = test.take_snapshot();
    let flag = test.flag(&next);
    test.liquidator_sends(flag).expect_ok();
    assert_eq!(test.position().flag.since, test.net.now(), "a new flag has a new clock");
}

#[test]
fn old_or_high_evidence_clears_nothing() {
    let (mut test, first) = risky();
    let clear = test.clear(&first);
    refused(&test.liquidator_sends(clear), "ScoreNotBelowThreshold");
    // A low score of an earlier minute.
    let mut test = TestMarket::borrowed(100_000_000_000, 6_900 * USDC);
    test.set_prices(90.0, 1.0);
    let mild = test.take_snapshot();
    test.set_prices(86.0, 1.0);
    let risky = test.take_snapshot();
    let (clear, flag_now) = (test.clear(&mild), test.flag(&risky));
    refused(&test.liquidator_sends(clear.clone()), "NoFlag");
    test.liquidator_sends(flag_now).expect_ok();
    refused(&test.liquidator_sends(clear), "EvidenceSuperseded");
}

#[test]
fn the_score_must_be_proven() {
    let (mut test, later) = recovered();
    let (prover, position) = (test.liquidator.address(), test.position_address());
    let honest = test.proven(&later);
    let lower = test.keys.clear_by_proof(prover, position, &Proven { score: honest.score - 1, ..honest });
    refused(&test.liquidator_sends(lower), "ProofInvalid");
    let strangers = test.proven_by(Model::shared(), &later, &test.stranger.address());
    let copied = test.keys.clear_by_proof(prover, position, &strangers);
    refused(&test.liquidator_sends(copied), "ProofInvalid");
    let clear = test.clear(&later);
    test.liquidator_sends(clear).expect_ok();
}

#[test]
fn accounts_cannot_be_substituted() {
    let (mut test, later) = recovered();
    let other = test.second_market();
    let clear = test.clear(&later);
    let mut attack = |index, address, error| {
        let attacked = with_account(clear.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.liquidator.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, test.keys.market, "InvalidAccountData");
    attack(4, test.liquidator.debt, "WrongModel");
    attack(7, assay_lending::ID, "WrongVerifier");
    refused(&test.net.send(&[unsigned(clear, 0)], &[&test.stranger.key]), "MissingRequiredSignature");
}
