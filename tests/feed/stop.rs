//! `stop`: the guardian's, for a day at least.

use assay_feed_host::Offices;
use assay_feed_interface::SpotError;
use solana_address::Address;
use solana_signer::Signer;

use crate::fed::{CALM, Fed};
use crate::support::{T, refused};

#[test]
fn a_stopped_feed_has_no_price_for_anybody() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    let rings = (fed.feed().prices.minutes, fed.feed().prices.hours);
    fed.stop().expect_ok();
    let header = fed.header();
    assert_eq!(header.spot_even_degraded(T + 5, 60), Err(SpotError::Stopped(2)));
    assert_eq!((fed.feed().prices.minutes, fed.feed().prices.hours), rings, "what is final stays");
    fed.net.set_time(T + 60);
    refused(&fed.open(T + 60), "Stopped");
}

#[test]
fn only_the_guardian_stops() {
    let mut fed = Fed::new();
    for key in [fed.creator.insecure_clone(), fed.thief.insecure_clone()] {
        refused(&fed.net.send(&[fed.keys.stop(key.pubkey())], &[&key]), "NotGuardian");
    }
    let mut unsigned = fed.keys.stop(fed.guardian.pubkey());
    unsigned.accounts[0].is_signer = false;
    refused(&fed.net.send(&[unsigned], &[&fed.thief]), "MissingRequiredSignature");
}

#[test]
fn stopping_again_puts_nothing_off() {
    let mut fed = Fed::new();
    fed.stop().expect_ok();
    let since = fed.feed().stopped_at;
    fed.net.advance(80_000);
    fed.stop().expect_ok();
    assert_eq!(fed.feed().stopped_at, since);
    fed.net.advance(6_400);
    fed.start().expect_ok();
}

#[test]
fn without_a_guardian_nobody_stops() {
    let mut fed = Fed::empty();
    fed.offices = Offices { guardian: Address::default(), ..fed.offices };
    let create = fed.create();
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    refused(&fed.stop(), "NotGuardian");
    // Nobody signs for the address of zeros: it is the system program's.
    let mut zero = fed.keys.stop(Address::default());
    zero.accounts[0].is_signer = false;
    refused(&fed.net.send(&[zero], &[&fed.thief]), "MissingRequiredSignature");
}
