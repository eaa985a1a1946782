//! `open_round`: the sources' final minutes, all of them or what patience left.

use assay_feed_interface::pyth::PriceUpdate;
use assay_feed_interface::{Quote, features};
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;

use crate::fed::{CALM, Fed, minute, units};
use crate::support::{T, refused, update, with_account};

#[test]
fn a_round_is_sealed_when_every_source_is_there() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    let last = fed.feed().prices.header.price;
    let at = T + 60;
    fed.bring(at, &CALM.map(Some));
    let outcome = fed.open(at).expect_ok();
    assert_eq!(outcome.events().len(), 1);
    let round = fed.round(at);
    assert_eq!((round.at, round.last, round.sealed_at), (at, last, at + 4));
    assert_eq!((round.feed, round.payer), (fed.keys.feed, fed.prover.pubkey()));
    for (quote, dollars) in round.quotes().iter().zip(CALM) {
        let price = units(dollars);
        assert_eq!(*quote, Quote { price, confidence: price / 1_000, ema: price, lag: 1, padding: [0; 6] });
    }
    assert_eq!(round.quotes()[5..], [Quote::ABSENT; 3]);
    assert_eq!(round.features, features::compute(round.quotes(), last));
}

#[test]
fn a_source_is_absent_when_patience_has_run_out() {
    let mut fed = Fed::new();
    fed.bring(T, &[Some(100.0), None, Some(100.1), Some(100.2), None]);
    fed.open(T).expect_ok();
    assert!(!fed.round(T).is_sealed());
    fed.net.set_time(T + 14);
    fed.open(T).expect_ok();
    assert!(!fed.round(T).is_sealed());
    // One that comes meanwhile is in.
    let first = PriceUpdate { previous_publish_time: T - 1, ..update(100.3, T + 1) };
    fed.observe(4, T, &first).expect_ok();
    fed.net.set_time(T + 15);
    fed.open(T).expect_ok();
    let round = fed.round(T);
    assert!(round.is_sealed());
    assert_eq!(round.quotes().map(|quote| quote.is_present())[..5], [true, false, true, true, true]);
    // Too late: what is sealed stays.
    fed.observe(1, T, &first).expect_ok();
    fed.open(T).expect_ok();
    assert_eq!(fed.round(T).quotes(), round.quotes());
    assert_eq!(fed.round(T).sealed_at, round.sealed_at);
}

#[test]
fn fewer_than_a_quorum_are_waited_for() {
    let mut fed = Fed::new();
    fed.bring(T, &[Some(100.0), Some(100.1)]);
    fed.net.set_time(T + 800);
    fed.open(T).expect_ok();
    assert!(!fed.round(T).is_sealed());
    let publish = fed.keys.publish_by_proof(fed.prover.pubkey(), fed.model, minute(T), &[0; 256], [0; 8]);
    refused(&fed.by_prover(publish), "NotSealed");
    refused(&fed.fallback(T), "NotSealed");
}

#[test]
fn a_candidate_is_no_final_price() {
    let mut fed = Fed::new();
    fed.bring(T, &[Some(100.0), Some(100.1), Some(100.2), Some(100.3)]);
    // Not the first after the minute: somebody may still bring that.
    fed.observe(4, T, &PriceUpdate { previous_publish_time: T + 1, ..update(107.0, T + 2) }).expect_ok();
    fed.open(T).expect_ok();
    assert_eq!(fed.round(T).quotes()[4], Quote::ABSENT);
    fed.observe(4, T, &PriceUpdate { previous_publish_time: T - 1, ..update(100.4, T) }).expect_ok();
    fed.open(T).expect_ok();
    assert!(fed.round(T).is_sealed());
    assert_eq!(fed.round(T).quotes()[4].price, units(100.4));
}

#[test]
fn who_comes_second_changes_nothing_and_does_not_fail() {
    let mut fed = Fed::sealed();
    let before = fed.net.account(&fed.keys.round(minute(T))).unwrap();
    let open = fed.keys.open_round(fed.thief.pubkey(), minute(T), &fed.addresses());
    let outcome = fed.net.send(&[open], &[&fed.thief]).expect_ok();
    assert_eq!(outcome.events().len(), 0);
    // Also when it is published already, and when the feed is stopped.
    fed.publish(T).expect_ok();
    fed.open(T).expect_ok();
    fed.stop().expect_ok();
    fed.net.advance(1);
    fed.open(T).expect_ok();
    let after = fed.net.account(&fed.keys.round(minute(T))).unwrap();
    assert_eq!((after.data[..64].to_vec(), after.lamports), (before.data[..64].to_vec(), before.lamports));
}

#[test]
fn a_round_is_of_a_minute_that_has_begun_and_is_not_long_ago() {
    let mut fed = Fed::new();
    refused(&fed.open(T + 60), "WrongMinute");
    refused(&fed.open(T - 900), "WrongMinute");
    let last = fed.keys.open_round(fed.prover.pubkey(), u32::MAX, &fed.addresses());
    refused(&fed.by_prover(last), "WrongMinute");
    fed.open(T - 840).expect_ok();
    fed.minute(T, &CALM);
    refused(&fed.open(T - 60), "RoundPassed");
    refused(&fed.open(T - 840), "RoundPassed");
    fed.stop().expect_ok();
    fed.net.set_time(T + 60);
    refused(&fed.open(T + 60), "Stopped");
}

#[test]
fn the_sources_are_the_feeds_in_order() {
    let mut fed = Fed::new();
    fed.bring(T, &[Some(100.0); 8]);
    let right = fed.addresses();
    let key = fed.prover.insecure_clone();
    let attempt = |fed: &mut Fed, sources: &[Address]| {
        let open = fed.keys.open_round(key.pubkey(), minute(T), sources);
        refused(&fed.net.send(&[open], &[&key]), "WrongSource");
    };
    let mut swapped = right.clone();
    swapped.swap(0, 1);
    attempt(&mut fed, &swapped);
    attempt(&mut fed, &right[..4]);
    attempt(&mut fed, &[]);
    let mut longer = right.clone();
    longer.push(fed.sources[5].source);
    attempt(&mut fed, &longer);
    let mut other = right.clone();
    other[4] = fed.sources[5].source;
    attempt(&mut fed, &other);
    // A source under another owner: not that anybody could make it one.
    let mut account = fed.net.account(&right[2]).unwrap();
    let honest = account.clone();
    account.owner = key.pubkey();
    fed.net.set_account(right[2], account);
    attempt(&mut fed, &right);
    fed.net.set_account(right[2], honest);
    fed.open(T).expect_ok();
    assert!(fed.round(T).is_sealed());
}

#[test]
fn a_rounds_address_is_its_feeds_and_minutes() {
    let mut fed = Fed::new();
    fed.bring(T, &CALM.map(Some));
    let open = fed.keys.open_round(fed.prover.pubkey(), minute(T), &fed.addresses());
    let other = fed.keys.round(minute(T) - 1);
    refused(&fed.by_prover(with_account(open.clone(), 2, other)), "InvalidSeeds");
    // Lamports do not keep it away.
    for lamports in [1, 5_000_000] {
        let mut fed = Fed::new();
        fed.net.set_account(fed.keys.round(minute(T)), Account { lamports, ..Account::default() });
        fed.open(T).expect_ok();
    }
    // Another account for the feed.
    refused(&fed.by_prover(with_account(open, 1, fed.sources[0].source)), "AccountDataTooSmall");
}
