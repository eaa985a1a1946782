//! `publish_by_proof`: the feed's model, a sealed round, the prover who signs; a quorum, a narrow interval, a bounded step.

use assay_feed_host::RoundResult;
use assay_feed_interface::pyth::PriceUpdate;
use assay_feed_interface::{Interval, RingError};
use assay_interface::price::Status;
use solana_signer::Signer;

use crate::fed::{CALM, Fed, minute, units};
use crate::support::{T, refused, update, with_account};

#[test]
fn the_price_is_the_median_of_the_accepted() {
    let mut fed = Fed::sealed();
    let outcome = fed.publish(T).expect_ok();
    assert_eq!(outcome.events().len(), 1);
    let (feed, round) = (fed.feed(), fed.round(T));
    let header = feed.prices.header;
    assert_eq!((header.price, header.publish_time, header.round), (units(100.0), T, 1));
    assert_eq!((header.status, header.ema), (Status::Good as u8, units(100.0)));
    // Half the range is 0.02, the median confidence a thousandth.
    assert_eq!(header.confidence, units(100.0) / 1_000);
    assert_eq!((round.mask, round.result, round.price), (0b11111, RoundResult::Proven as u8, header.price));
    assert_eq!(round.scores, *round.features.first_chunk().unwrap());
    let source = feed.source();
    assert_eq!(source.minute(T, T + 1).map(|price| price.price), Ok(header.price));
    assert_eq!(source.hour(Interval::Hour.index(T).unwrap(), T + 1), Ok(header.price));
    assert_ne!(feed.chain, [0; 32]);
}

#[test]
fn a_rejected_source_has_no_say() {
    let mut fed = Fed::new();
    // 20 basis points below: its score is below the threshold.
    fed.minute(T, &[99.8, 100.01, 99.99, 100.02, 99.98]);
    assert_eq!(fed.round(T).mask, 0b11110);
    assert_eq!(fed.feed().prices.header.price, units(100.0));
}

#[test]
fn a_quote_far_from_the_others_has_no_say_whatever_its_score() {
    let mut fed = Fed::new();
    fed.minute(T, &[103.0, 100.01, 99.99, 100.02, 99.98]);
    let round = fed.round(T);
    assert!(round.scores[0] > fed.params.threshold, "the model likes it");
    assert_eq!(round.mask, 0b11110);
}

#[test]
fn fewer_than_the_quorum_publish_nothing() {
    let mut fed = Fed::with(|params| params.quorum = 4);
    // Source 0 by its score; sources 2 and 3 by their distance.
    fed.seal(T, &[99.8, 100.0, 103.0, 104.0, 100.01]);
    refused(&fed.publish(T), "NoQuorum");
    assert_eq!(fed.feed().prices.header.round, 0);
    assert_eq!(fed.round(T).result, RoundResult::Open as u8);
}

#[test]
fn a_wide_interval_publishes_nothing() {
    let mut fed = Fed::new();
    fed.net.set_time(T + 4);
    for place in 0..5 {
        let first = PriceUpdate {
            previous_publish_time: T - 1,
            confidence: units(if place < 3 { 1.6 } else { 0.1 }),
            ..update(100.0, T + 1)
        };
        fed.observe(place, T, &first).expect_ok();
    }
    fed.open(T).expect_ok();
    refused(&fed.publish(T), "TooUncertain");
}

#[test]
fn a_proof_is_its_provers() {
    let mut fed = Fed::sealed();
    let mut copied = fed.proof(T, fed.prover.pubkey());
    copied.accounts[0].pubkey = fed.thief.pubkey();
    refused(&fed.net.send(&[copied], &[&fed.thief]), "ProofInvalid");
    let mut unsigned = fed.proof(T, fed.prover.pubkey());
    unsigned.accounts[0].is_signer = false;
    refused(&fed.net.send(&[unsigned], &[&fed.thief]), "MissingRequiredSignature");
    fed.publish(T).expect_ok();
}

#[test]
fn a_proof_is_its_rounds() {
    let mut fed = Fed::sealed();
    let old = fed.proof(T, fed.prover.pubkey());
    // The same quotes a minute later: the same features, the same scores.
    fed.seal(T + 60, &CALM);
    let (first, second) = (fed.round(T), fed.round(T + 60));
    assert_eq!(first.features, second.features);
    let replayed = with_account(old, 2, fed.keys.round(minute(T + 60)));
    refused(&fed.by_prover(replayed), "ProofInvalid");
    fed.publish(T + 60).expect_ok();
}

#[test]
fn a_proof_is_its_feeds() {
    let mut fed = Fed::sealed();
    let terms = assay_feed_host::Terms { nonce: 8, ..fed.terms() };
    let create =
        assay_feed_host::FeedKeys::create(fed.creator.pubkey(), &terms, fed.params, &fed.addresses());
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    let other = assay_feed_host::FeedKeys::derive(&fed.creator.pubkey(), 8);
    let open = other.open_round(fed.prover.pubkey(), minute(T), &fed.addresses());
    fed.net.send(&[open], &[&fed.prover]).expect_ok();
    let honest = fed.proof(T, fed.prover.pubkey());
    let both = with_account(with_account(honest.clone(), 1, other.feed), 2, other.round(minute(T)));
    refused(&fed.by_prover(both), "ProofInvalid");
    refused(&fed.by_prover(with_account(honest.clone(), 1, other.feed)), "WrongRound");
    refused(&fed.by_prover(with_account(honest, 2, other.round(minute(T)))), "WrongRound");
}

#[test]
fn other_scores_are_not_proven() {
    let mut fed = Fed::sealed();
    let honest = fed.proof(T, fed.prover.pubkey());
    let end = honest.data.len();
    for place in 0..8 {
        let mut claim = honest.clone();
        claim.data[end - 2 * (place + 1)] ^= 1;
        refused(&fed.by_prover(claim), "ProofInvalid");
    }
    fed.by_prover(honest).expect_ok();
}

#[test]
fn the_model_is_the_feeds_and_the_verifier_the_verifier() {
    let mut fed = Fed::sealed();
    let honest = fed.proof(T, fed.prover.pubkey());
    let other = fed.sources[0].source;
    refused(&fed.by_prover(with_account(honest.clone(), 3, other)), "WrongModel");
    refused(&fed.by_prover(with_account(honest, 4, assay_feed_host::ID)), "WrongVerifier");
}

#[test]
fn who_comes_second_changes_nothing_and_does_not_fail() {
    let mut fed = Fed::sealed();
    let second = fed.proof(T, fed.thief.pubkey());
    fed.publish(T).expect_ok();
    let before = (fed.feed().chain, fed.feed().prices, fed.round(T).mask);
    let outcome = fed.net.send(&[second], &[&fed.thief]).expect_ok();
    assert_eq!(outcome.events().len(), 0);
    // Whatever it brings.
    let nothing = fed.keys.publish_by_proof(fed.thief.pubkey(), fed.model, minute(T), &[], [9; 8]);
    fed.net.send(&[nothing], &[&fed.thief]).expect_ok();
    assert_eq!((fed.feed().chain, fed.feed().prices, fed.round(T).mask), before);
}

#[test]
fn rounds_rise_and_their_time_ends() {
    let mut fed = Fed::sealed();
    let old = fed.proof(T, fed.prover.pubkey());
    fed.minute(T + 60, &CALM);
    refused(&fed.by_prover(old.clone()), "RoundPassed");
    let mut late = Fed::sealed();
    late.net.set_time(T + 900);
    refused(&late.by_prover(old.clone()), "WrongMinute");
    let mut stopped = Fed::sealed();
    stopped.stop().expect_ok();
    refused(&stopped.by_prover(old), "Stopped");
}

#[test]
fn a_step_beyond_the_bound_needs_a_second_round() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    let before = fed.feed();
    // 300 basis points a minute are allowed.
    let crashed = CALM.map(|dollars| dollars * 0.96);
    fed.seal(T + 60, &crashed);
    fed.publish(T + 60).expect_ok();
    let feed = fed.feed();
    assert_eq!(feed.prices, before.prices, "nothing is published");
    assert_eq!((feed.refused_at, feed.refused_price), (T + 60, fed.round(T + 60).price));
    assert_eq!(fed.round(T + 60).result, RoundResult::Refused as u8);
    assert_eq!(feed.source().minute(T + 60, T + 70), Err(RingError::Missing(T + 60)));
    // The same minute again confirms nothing.
    fed.publish(T + 60).expect_ok();
    assert_eq!(fed.feed().prices, before.prices);
    fed.minute(T + 120, &crashed);
    let header = fed.feed().prices.header;
    assert_eq!((header.price, header.publish_time), (fed.round(T + 120).price, T + 120));
    assert!(header.price < units(96.1));
    assert_eq!(fed.feed().refused_at, 0);
}

#[test]
fn a_lie_of_one_minute_is_never_published() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    fed.seal(T + 60, &CALM.map(|dollars| dollars * 1.5));
    fed.publish(T + 60).expect_ok();
    fed.minute(T + 120, &CALM);
    let header = fed.feed().prices.header;
    assert_eq!((header.price, header.previous), (units(100.0), units(100.0)));
    // Another lie does not agree with the first.
    fed.seal(T + 180, &CALM.map(|dollars| dollars * 1.5));
    fed.publish(T + 180).expect_ok();
    fed.seal(T + 240, &CALM.map(|dollars| dollars * 0.5));
    fed.publish(T + 240).expect_ok();
    assert_eq!(fed.feed().prices.header, header);
}

#[test]
fn an_hour_is_its_first_proven_round() {
    let mut fed = Fed::new();
    let hour = Interval::Hour.index(T).unwrap();
    fed.minute(T + 120, &CALM);
    let price = fed.feed().source().hour(hour, T + 130);
    assert_eq!(price, Ok(units(100.0)));
    fed.minute(T + 180, &CALM.map(|dollars| dollars + 0.5));
    assert_eq!(fed.feed().source().hour(hour, T + 190), price);
    assert_eq!(fed.feed().source().hours[(hour % 32) as usize].lag, 120);
}
