use assay_client::lending::ALL;
use assay_lending_interface::{SnapshotId, context, features};

use crate::support::{SOL, USDC, World, price_attacks, refused, with_account};

#[test]
fn the_features_are_those_of_the_accounts() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.advance(10);
    world.set_prices(86.0, 1.0);
    let snapshot = world.take_snapshot();
    let (market, position, now) = (world.market(), world.position(), world.net.now());
    let closes = world.history().window(&world.params.collateral_feed, now, 86_0000_0000).unwrap();
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
    assert_eq!((snapshot.position, snapshot.payer), (world.position_address(), world.stranger.address()));
    let id = SnapshotId {
        program: assay_lending::ID.to_bytes(),
        market: world.keys.market.to_bytes(),
        position: world.position_address().to_bytes(),
        snapshot: world.snapshot_address().to_bytes(),
        nonce: 1,
        taken_at: now,
    };
    assert_eq!(snapshot.context, context(&id));
}

#[test]
fn cash_that_leaves_and_returns_in_one_transaction_is_no_feature() {
    let mut world = World::borrowed(20_000 * SOL, 600_000 * USDC);
    world.advance(10);
    let owner = world.lender.address();
    let part = world.deposit().shares / 3;
    let leave = world.keys.withdraw_supply(owner, world.lender.debt, part);
    let take = world.keys.take_snapshot(owner, world.position_address(), world.prices);
    let back = world.keys.supply(owner, world.lender.debt, 300_000 * USDC);
    world.net.send(&[leave, take, back], &[&world.lender.key]).expect_ok();
    // 60 % of the assets are lent; with a third of them gone it would have been 90 %.
    assert_eq!(world.snapshot().features[14], 4_915);
}

#[test]
fn snapshots_are_spaced_and_each_replaces_the_one_before() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    let first = world.take_snapshot();
    world.advance(29);
    let again = world.snapshot_instruction();
    refused(&world.stranger_sends(again), "SnapshotTooSoon");
    world.advance(1);
    let second = world.take_snapshot();
    assert_eq!((first.nonce, second.nonce, world.position().snapshot_nonce), (1, 2, 2));
    assert_ne!(first.context, second.context);
    // Another payer overwrites: the rent stays the first one's.
    world.advance(30);
    let third = world.keys.take_snapshot(world.lender.address(), world.position_address(), world.prices);
    world.lender_sends(third).expect_ok();
    assert_eq!((world.snapshot().payer, world.snapshot().nonce), (world.stranger.address(), 3));
}

#[test]
fn a_position_without_debt_has_no_features() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    let repay =
        world.keys.repay(world.borrower.address(), world.position_address(), world.borrower.debt, ALL);
    world.borrower_sends(repay).expect_ok();
    let take = world.snapshot_instruction();
    refused(&world.stranger_sends(take), "NoDebt");
}

#[test]
fn a_day_of_history_is_needed() {
    let mut world = World::supplied(1_000_000 * USDC);
    world.take_loan(100 * SOL, 6_900 * USDC);
    let take = world.snapshot_instruction();
    refused(&world.stranger_sends(take), "HistoryIncomplete");
    world.fill_history();
    world.take_snapshot();
    // Three hours without an observation.
    world.advance(3 * 3_600);
    let take = world.snapshot_instruction();
    refused(&world.stranger_sends(take), "HistoryIncomplete");
}

#[test]
fn prices_are_checked() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    let take = world.snapshot_instruction();
    let signer = world.stranger.key.insecure_clone();
    for account in [world.prices.collateral, world.prices.debt] {
        price_attacks(&mut world, account, &take, &[&signer]);
    }
    world.stranger_sends(take).expect_ok();
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    let other = world.second_market();
    let take = world.snapshot_instruction();
    let mut attack = |index, address, error| {
        let attacked = with_account(take.clone(), index, address);
        refused(&world.net.send(&[attacked], &[&world.stranger.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(4, other.history, "WrongMarket");
    attack(3, world.keys.position(&world.stranger.address()), "InvalidSeeds");
    attack(2, world.keys.market, "Custom(2040)"); // two mutable accounts are one
    attack(2, other.history, "InvalidAccountData");
}
