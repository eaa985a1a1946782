use assay_feed_interface::{PriceV1, source::last_hour_before};
use assay_lending::state::{Evidence, TAKING_SECONDS};
use assay_lending_host::{ALL, MarketKeys};
use assay_lending_interface::{closes, features};
use bytemuck::Zeroable;
use solana_account::Account;

use crate::support::{SOL, TestMarket, USDC, refused, with_account};

#[test]
fn the_features_are_those_of_the_accounts() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.advance(10);
    test.set_prices(86.0, 1.0);
    test.next_minute();
    let (at, evidence) = (test.net.now(), test.evidence());
    test.advance(7);
    let take = test.snapshot_instruction();
    test.stranger_sends(take).expect_ok();
    let (market, position, snapshot) = (test.market(), test.position(), test.snapshot(evidence));
    let mut hours = [0; 24];
    test.damage_sources(|[collateral, _]| {
        hours = collateral.hours(last_hour_before(at).unwrap(), at).unwrap();
    });
    let expected = features::compute(&features::Inputs {
        closes: &closes(&hours, 86_0000_0000),
        confidence: 860_0000,
        ema: 86_0000_0000,
        collateral_value: 8_600 * 100_000_000,
        debt_value: u128::from(position.debt(&market).unwrap()) * 100,
        liquidation_threshold_bps: 8_500,
        borrowed: market.utilization.into(),
        supplied: 1_000_000_000,
    });
    assert_eq!(Ok(snapshot.features), expected);
    assert_eq!((snapshot.evidence(), snapshot.taken_at), (evidence, at + 7));
    assert_eq!(snapshot.expires_at, at + i64::from(test.params.snapshot_expiry), "late wins nothing");
    assert_eq!((snapshot.position, snapshot.payer), (test.position_address(), test.stranger.address()));
    assert_eq!(snapshot.ltv_bps, 8_024);
}

#[test]
fn the_caller_chooses_neither_price_nor_features() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(86.0, 1.0);
    test.next_minute();
    let evidence = test.evidence();
    // The spot price moves; the minute's stays.
    test.advance(20);
    test.set_prices(80.0, 1.0);
    let take = test.snapshot_instruction();
    test.stranger_sends(take.clone()).expect_ok();
    let first = test.snapshot(evidence);
    assert_eq!(first.ltv_bps, 8_024);
    // Taken again, by another: it stays what it is, and nobody's transaction fails.
    let again =
        test.keys.take_snapshot(test.lender.address(), test.position_address(), evidence, test.prices);
    test.lender_sends(again).expect_ok();
    let second = test.snapshot(evidence);
    assert_eq!((second.payer, second.taken_at), (first.payer, first.taken_at));
}

#[test]
fn cash_that_leaves_and_returns_in_one_transaction_is_no_feature() {
    let mut test = TestMarket::borrowed(20_000 * SOL, 600_000 * USDC);
    test.advance(600);
    test.next_minute();
    let (owner, evidence) = (test.lender.address(), test.evidence());
    let part = test.deposit().shares / 3;
    let leave = test.keys.withdraw_supply(owner, test.lender.debt, part);
    let take = test.keys.take_snapshot(owner, test.position_address(), evidence, test.prices);
    let back = test.keys.supply(owner, test.lender.debt, 300_000 * USDC);
    test.net.send(&[leave, take, back], &[&test.lender.key]).expect_ok();
    // 60 % of the assets are lent; with a third of them gone it would have been 90 %.
    let seen = test.snapshot(evidence).features[14];
    assert!((4_900..=4_920).contains(&seen), "{seen}");
}

#[test]
fn a_new_loan_has_its_own_snapshot_in_the_same_minute() {
    let mut test = TestMarket::borrowed(100 * SOL, 5_000 * USDC);
    test.next_minute();
    let before = test.evidence();
    let take = test.snapshot_instruction();
    test.stranger_sends(take).expect_ok();
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, 1_000 * USDC);
    test.borrower_sends(borrow).expect_ok();
    let after = test.evidence();
    assert_eq!((after.epoch, after.revision), (before.epoch, before.revision + 1));
    let take = test.snapshot_instruction();
    test.stranger_sends(take).expect_ok();
    assert!(test.snapshot(after).ltv_bps > test.snapshot(before).ltv_bps + 900);
    // What lowers the risk is no new state: nobody voids a proof by a deposit of dust.
    let deposit = test.keys.deposit_collateral(test.borrower.address(), test.borrower.collateral, 1);
    test.borrower_sends(deposit).expect_ok();
    assert_eq!(test.evidence(), after);
}

#[test]
fn a_minute_that_is_missing_open_ahead_or_past_has_no_snapshot() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.next_minute();
    let (good, payer, position) = (test.evidence(), test.stranger.address(), test.position_address());
    let take = |test: &TestMarket, epoch| {
        test.keys.take_snapshot(payer, position, Evidence { epoch, ..good }, test.prices)
    };
    let ahead = take(&test, good.epoch + 1);
    refused(&test.stranger_sends(ahead), "WrongEpoch");
    let missing = take(&test, good.epoch - 1);
    refused(&test.stranger_sends(missing), "MinuteNotFinal");
    // A candidate that is not proven to be the first is open for a minute.
    for source in 0..2 {
        let mut kept = None;
        test.damage_sources(|sources| {
            kept = Some(sources[source].minutes);
            for minute in &mut sources[source].minutes {
                minute.first = 0;
            }
        });
        let open = take(&test, good.epoch);
        refused(&test.stranger_sends(open), "MinuteNotFinal");
        test.damage_sources(|sources| sources[source].minutes = kept.unwrap());
    }
    test.advance(TAKING_SECONDS - 1);
    let signer = test.stranger.key.insecure_clone();
    test.net.simulate(&[take(&test, good.epoch)], &[&signer]).expect_ok();
    test.advance(1);
    let past = take(&test, good.epoch);
    refused(&test.stranger_sends(past), "WrongEpoch");
}

#[test]
fn a_position_without_debt_has_no_features() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    let repay = test.keys.repay(test.borrower.address(), test.position_address(), test.borrower.debt, ALL);
    test.borrower_sends(repay).expect_ok();
    test.next_minute();
    let take = test.snapshot_instruction();
    refused(&test.stranger_sends(take), "NoDebt");
}

#[test]
fn a_day_of_hours_and_an_average_are_needed() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.next_minute();
    let take = test.snapshot_instruction();
    let at = test.net.now();
    let missing = last_hour_before(at).unwrap() - 11;
    test.damage_sources(|[collateral, _]| collateral.hours[missing as usize % 32] = Zeroable::zeroed());
    refused(&test.stranger_sends(take.clone()), "HistoryIncomplete");
    test.fill_history();
    test.damage_sources(|[collateral, _]| {
        for minute in &mut collateral.minutes {
            minute.ema = 0;
        }
    });
    refused(&test.stranger_sends(take), "FeaturesUndefined");
}

#[test]
fn sources_are_the_pinned_ones_and_of_the_feed_program() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.next_minute();
    let take = test.snapshot_instruction();
    let swapped = with_account(with_account(take.clone(), 4, test.prices.debt), 5, test.prices.collateral);
    refused(&test.stranger_sends(swapped), "WrongSource");
    for account in [test.prices.collateral, test.prices.debt] {
        let good = test.net.account(&account).unwrap();
        let mut other_version = good.clone();
        other_version.data[8] = PriceV1::VERSION + 1;
        let stolen = Account { owner: assay_lending::ID, ..good.clone() };
        let short = Account { data: good.data[..1_000].to_vec(), ..good.clone() };
        for bad in [other_version, stolen, short] {
            test.net.set_account(account, bad);
            refused(&test.stranger_sends(take.clone()), "SourceMalformed");
        }
        test.net.set_account(account, good);
    }
    test.stranger_sends(take).expect_ok();
}

#[test]
fn accounts_cannot_be_substituted() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    let other = test.second_market();
    test.next_minute();
    let take = test.snapshot_instruction();
    let elsewhere = MarketKeys::snapshot(&test.position_address(), Evidence { epoch: 1, ..test.evidence() });
    let mut attack = |index, address, error| {
        let attacked = with_account(take.clone(), index, address);
        refused(&test.net.send(&[attacked], &[&test.stranger.key]), error);
    };
    attack(1, other.market, "WrongMarket");
    attack(3, elsewhere, "WrongAddress");
    attack(3, test.keys.position(&test.stranger.address()), "WrongAddress");
    attack(2, other.market, "InvalidAccountData");
}

#[test]
fn an_address_that_somebody_sent_lamports_to_is_still_a_snapshots() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.next_minute();
    let evidence = test.evidence();
    test.net.airdrop(&MarketKeys::snapshot(&test.position_address(), evidence), 1_000_000);
    let take = test.snapshot_instruction();
    test.stranger_sends(take).expect_ok();
    assert_eq!(test.snapshot(evidence).evidence(), evidence);
}
