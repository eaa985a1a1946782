//! `start`: the authority's, a day after the stop.

use assay_feed_host::WAIT;
use assay_feed_interface::SpotError;
use solana_signer::Signer;

use crate::fed::{CALM, Fed};
use crate::support::{T, refused};

#[test]
fn a_day_after_the_stop_the_feed_runs_again() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    fed.stop().expect_ok();
    fed.net.advance(WAIT - 1);
    refused(&fed.start(), "TooEarly");
    fed.net.advance(1);
    fed.start().expect_ok();
    // No good price comes of it but by a proof, and the old one is a day old.
    let header = fed.header();
    assert_eq!(header.spot(fed.net.now(), 60), Err(SpotError::Degraded));
    assert!(header.spot_even_degraded(fed.net.now(), 60).is_err());
    let at = fed.net.now() / 60 * 60 + 60;
    fed.minute(at, &CALM);
    assert!(fed.header().spot(at + 4, 30).is_ok());
}

#[test]
fn only_the_authority_starts_and_only_what_is_stopped() {
    let mut fed = Fed::new();
    refused(&fed.start(), "NotStopped");
    fed.stop().expect_ok();
    fed.net.advance(WAIT);
    for key in [fed.guardian.insecure_clone(), fed.thief.insecure_clone()] {
        refused(&fed.net.send(&[fed.keys.start(key.pubkey())], &[&key]), "NotAuthority");
    }
    let mut unsigned = fed.keys.start(fed.creator.pubkey());
    unsigned.accounts[0].is_signer = false;
    refused(&fed.net.send(&[unsigned], &[&fed.thief]), "MissingRequiredSignature");
    fed.start().expect_ok();
}

#[test]
fn the_guardian_may_stop_it_again() {
    let mut fed = Fed::new();
    fed.stop().expect_ok();
    fed.net.advance(WAIT);
    fed.start().expect_ok();
    fed.stop().expect_ok();
    assert_eq!(fed.feed().stopped_at, fed.net.now());
    refused(&fed.start(), "TooEarly");
}
