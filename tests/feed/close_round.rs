//! `close_round`: the rent of a round whose time is over, to who paid it.

use solana_signer::Signer;

use crate::fed::{CALM, Fed, minute};
use crate::support::{T, refused, with_account};

#[test]
fn the_rent_goes_to_who_paid() {
    let mut fed = Fed::sealed();
    fed.publish(T).expect_ok();
    let rent = fed.net.account(&fed.keys.round(minute(T))).unwrap().lamports;
    let lamports = |fed: &Fed| fed.net.account(&fed.prover.pubkey()).unwrap().lamports;
    fed.net.set_time(T + 900);
    let before = lamports(&fed);
    let close = fed.keys.close_round(fed.prover.pubkey(), minute(T));
    fed.net.send(&[close], &[&fed.thief]).expect_ok();
    assert_eq!(lamports(&fed), before + rent);
    // It does not come back.
    refused(&fed.open(T), "WrongMinute");
}

#[test]
fn not_while_it_is_of_use_and_not_to_another() {
    let mut fed = Fed::sealed();
    fed.net.set_time(T + 899);
    let close = fed.keys.close_round(fed.prover.pubkey(), minute(T));
    refused(&fed.net.send(std::slice::from_ref(&close), &[&fed.thief]), "RoundOpen");
    fed.net.set_time(T + 900);
    let stolen = with_account(close.clone(), 0, fed.thief.pubkey());
    refused(&fed.net.send(&[stolen], &[&fed.thief]), "WrongReceiver");
    // A feed is none, and never closes.
    assert!(!fed.net.send(&[with_account(close.clone(), 1, fed.keys.feed)], &[&fed.thief]).is_ok());
    fed.net.send(&[close], &[&fed.thief]).expect_ok();
}

#[test]
fn a_feed_goes_on_without_its_old_rounds() {
    let mut fed = Fed::sealed();
    fed.publish(T).expect_ok();
    fed.net.set_time(T + 900);
    let close = fed.keys.close_round(fed.prover.pubkey(), minute(T));
    fed.net.send(&[close], &[&fed.thief]).expect_ok();
    fed.minute(T + 900, &CALM);
    assert_eq!(fed.feed().prices.header.round, 2);
}
