//! `publish_fallback`: a degraded price, when no proof came.

use assay_feed_host::RoundResult;
use assay_feed_interface::{RingError, SpotError};
use assay_interface::price::Status;
use solana_signer::Signer;

use crate::fed::{CALM, Fed, minute, units};
use crate::support::{T, refused, with_account};

#[test]
fn the_median_of_all_is_published_as_degraded() {
    let mut fed = Fed::new();
    fed.seal(T, &[99.8, 100.01, 103.0, 100.02, 99.98]);
    fed.net.set_time(T + 60);
    fed.fallback(T).expect_ok();
    let (feed, round) = (fed.feed(), fed.round(T));
    let header = fed.header();
    assert_eq!((header.price, header.status, header.round), (units(100.01), Status::Degraded as u8, 1));
    assert_eq!((round.mask, round.result), (0b11111, RoundResult::Degraded as u8));
    assert_eq!(header.spot(T + 60, 60), Err(SpotError::Degraded));
    assert!(header.spot_even_degraded(T + 60, 60).is_ok());
    // It is in no ring.
    assert_eq!(feed.source().minute(T, T + 61), Err(RingError::Missing(T)));
    assert!(feed.source().hours.iter().all(|hour| hour.price == 0));
    assert_ne!(feed.chain, [0; 32]);
}

#[test]
fn a_proof_has_its_time_first() {
    let mut fed = Fed::sealed();
    for wait in [4, 30, 59] {
        fed.net.set_time(T + wait);
        refused(&fed.fallback(T), "ProofAwaited");
    }
    fed.publish(T).expect_ok();
    fed.net.set_time(T + 60);
    // It changes nothing then, and fails nobody.
    let before = fed.feed().prices;
    fed.fallback(T).expect_ok();
    assert_eq!(fed.feed().prices, before);
}

#[test]
fn a_later_proof_is_good_again() {
    let mut fed = Fed::sealed();
    let late = fed.proof(T, fed.prover.pubkey());
    fed.net.set_time(T + 60);
    fed.fallback(T).expect_ok();
    fed.by_prover(late).expect_ok();
    assert_eq!(fed.feed().prices.header.status, Status::Degraded as u8, "its minute is over");
    fed.minute(T + 60, &CALM);
    assert_eq!(fed.feed().prices.header.status, Status::Good as u8);
}

#[test]
fn the_step_binds_it_too() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    let before = fed.feed().prices;
    fed.seal(T + 60, &CALM.map(|dollars| dollars * 0.9));
    fed.net.set_time(T + 120);
    fed.fallback(T + 60).expect_ok();
    assert_eq!((fed.feed().prices, fed.feed().refused_at), (before, T + 60));
    fed.seal(T + 120, &CALM.map(|dollars| dollars * 0.9));
    fed.net.set_time(T + 180);
    fed.fallback(T + 120).expect_ok();
    assert_eq!(fed.feed().prices.header.price, units(90.0));
}

#[test]
fn a_round_must_be_sealed_alive_of_this_feed_and_not_passed() {
    let mut fed = Fed::new();
    fed.bring(T, &[Some(100.0)]);
    fed.open(T).expect_ok();
    fed.net.set_time(T + 100);
    refused(&fed.fallback(T), "NotSealed");
    let mut fed = Fed::sealed();
    fed.net.set_time(T + 900);
    refused(&fed.fallback(T), "WrongMinute");
    let mut fed = Fed::sealed();
    fed.minute(T + 60, &CALM);
    fed.net.set_time(T + 130);
    refused(&fed.fallback(T), "RoundPassed");
    let mut fed = Fed::sealed();
    fed.net.set_time(T + 60);
    fed.stop().expect_ok();
    refused(&fed.fallback(T), "Stopped");
    // Another feed's round.
    let mut fed = Fed::sealed();
    fed.net.set_time(T + 60);
    let terms = assay_feed_host::Terms { nonce: 8, ..fed.terms() };
    let create =
        assay_feed_host::FeedKeys::create(fed.creator.pubkey(), &terms, fed.params, &fed.addresses());
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    let other = assay_feed_host::FeedKeys::derive(&fed.creator.pubkey(), 8);
    let crossed = with_account(fed.keys.publish_fallback(minute(T)), 0, other.feed);
    refused(&fed.by_prover(crossed), "WrongRound");
}
