use assay_lending_host::ALL;
use assay_lending_interface::{SnapshotId, context, features};

use crate::support::{SOL, TestMarket, USDC, price_attacks, refused, with_account};

#[test]
fn the_features_are_those_of_the_accounts() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.advance(10);
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let (market, position, now) = (test.market(), test.position(), test.net.now());
    let closes = test.history().window(&test.params.collateral_feed, now, 86_0000_0000).unwrap();
    let borrowed = market.debt_total().unwrap();
    let expected = features::compute(&features::Inputs {
        closes: &closes,
        confidence: 860_0000,
        ema: 86_0000_0000,
        collateral_value: 8_600 * 100_000_000,
        debt_value: u128::from(position.debt(&market).unwrap()) * 100,
        liquidation_threshold_bps: 8_500,
        borrowed: borrowed.into(),
        supplied: (borrowed + market.cash).into(),
    });
    assert_eq!(Ok(snapshot.features), expected);
    assert_eq!((snapshot.nonce, snapshot.taken_at, snapshot.expires_at), (1, now, now + 120));
    assert_eq!((snapshot.position, snapshot.payer), (test.position_address(), test.stranger.address()));
    let id = SnapshotId {
        program: assay_lending::ID.to_bytes(),
        market: test.keys.market.to_bytes(),
        position: test.position_address().to_bytes(),
        snapshot: test.snapshot_address().to_bytes(),
        nonce: 1,
        taken_at: now,
    };
    assert_eq!(snapshot.context, context(&id));
}

#[test]
fn cash_that_leaves_and_returns_in_one_transaction_is_no_feature() {
    let mut test = TestMarket::borrowed(20_000 * SOL, 600_000 * USDC);
    test.advance(10);
    let owner = test.lender.address();
    let part = test.deposit().shares / 3;
    let leave = test.keys.withdraw_supply(owner, test.lender.debt, part);
    let take = test.keys.take_snapshot(owner, test.position_address(), test.prices);
    let back = test.keys.supply(owner, test.lender.debt, 300_000 * USDC);
    test.net.send(&[leave, take, back], &[&test.lender.key]).expect_ok();
    // 60 % of the assets are lent; with a third of them gone it would have been 90 %.
    assert_eq!(test.snapshot().features[14], 4_915);
}

#[test]
fn snapshots_are_spaced_and_each_replaces_the_one_before() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    let first = test.take_snapshot();
    test.advance(29);
    let again = test.snapshot_instruction();
    refused(&test.stranger_sends(again), "SnapshotTooSoon");
    test.advance(1);
    let second = test.take_snapshot();
    assert_eq!((first.nonce, second.nonce, test.position().snapshot_nonce), (1, 2, 2));
    assert_ne!(first.context, second.context);
    // Another payer overwrites: the rent stays the first one's.
    test.advance(30);
    let third = test.keys.take_snapshot(test.lender.address(), test.position_address(), test.prices);
    test.lender_sends(third).expect_ok();
    assert_eq!((test.snapshot().payer, test.snapshot().nonce), (test.stranger.address(), 3));
}

#[test]
fn a_position_without_debt_has_no_features() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, ALL);
    test.borrower_sends(repay).expect_ok();
    let take = test.snapshot_instruction();
    refused(&test.stranger_sends(take), "NoDebt");
}

#[test]
fn a_day_of_history_is_needed() {
    let mut test = TestMarket::supplied(1_000_000 * USDC);
    test.take_loan(100 * SOL, 6_900 * USDC);
    let take = test.snapshot_instruction();
    refused(&test.stranger_sends(take), "HistoryIncomplete");
    test.fill_history();
    test.take_snapshot();
    // Three hours without an observation.
    test.advance(3 * 3_600);
    let take = test.snapshot_instruction();
    refused(&test.stranger_sends(take), "HistoryIncomplete");
}

#[test]
fn prices_are_checked() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    let take = test.snapshot_instruction();
    let signer = test.stranger.key.insecure_clone();
    for account in [test.prices.collateral, test.prices.debt] {
        price_attacks(&mut test, account, &take, &[&signer]);
    }
    test.stranger_sends(take).expect_ok();
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    let other = test.second_market();
    let take = test.snapshot_instruction();
    let mut attack = |index, address, error| {
        let attacked = with_account(take.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.stranger.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(4, other.history, "WrongMarket");
    attack(3, test.keys.position(&test.stranger.address()), "InvalidSeeds");
    attack(2, test.keys.market, "Custom(2040)"); // two mutable accounts are one
    attack(2, other.history, "InvalidAccountData");
}
