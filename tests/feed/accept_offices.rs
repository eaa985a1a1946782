//! `accept_offices`: after a day, within fourteen, by the next authority.

use assay_feed_host::{OFFICES_LAPSE, Offices, WAIT};
use solana_address::Address;
use solana_signer::Signer;

use crate::fed::Fed;
use crate::support::refused;

fn proposed(next: impl FnOnce(&Fed) -> Offices) -> Fed {
    let mut fed = Fed::new();
    let next = next(&fed);
    let propose = fed.keys.propose_offices(fed.creator.pubkey(), &next);
    fed.net.send(&[propose], &[&fed.creator]).expect_ok();
    fed
}

fn to_thief(fed: &Fed) -> Offices {
    Offices { authority: fed.thief.pubkey(), guardian: fed.prover.pubkey() }
}

#[test]
fn the_offices_change_hands_after_a_day() {
    let mut fed = proposed(to_thief);
    let accept = fed.keys.accept_offices(fed.thief.pubkey());
    fed.net.advance(WAIT - 1);
    refused(&fed.net.send(std::slice::from_ref(&accept), &[&fed.thief]), "TooEarly");
    fed.net.advance(1);
    fed.net.send(std::slice::from_ref(&accept), &[&fed.thief]).expect_ok();
    let feed = fed.feed();
    assert_eq!((feed.authority, feed.guardian), (fed.thief.pubkey(), fed.prover.pubkey()));
    assert_eq!((feed.next_authority, feed.proposed_at), (Address::default(), 0));
    // Once.
    fed.net.advance(1);
    refused(&fed.net.send(&[accept], &[&fed.thief]), "NoProposal");
    refused(&fed.stop(), "NotGuardian");
}

#[test]
fn the_next_authority_signs() {
    let mut fed = proposed(to_thief);
    fed.net.advance(WAIT);
    let by_old = fed.keys.accept_offices(fed.creator.pubkey());
    refused(&fed.net.send(&[by_old], &[&fed.creator]), "NotAuthority");
    let mut unsigned = fed.keys.accept_offices(fed.thief.pubkey());
    unsigned.accounts[0].is_signer = false;
    refused(&fed.net.send(&[unsigned], &[&fed.creator]), "MissingRequiredSignature");
}

#[test]
fn a_forgotten_proposal_lapses() {
    let mut fed = proposed(to_thief);
    fed.net.advance(OFFICES_LAPSE + 1);
    let accept = fed.keys.accept_offices(fed.thief.pubkey());
    refused(&fed.net.send(&[accept], &[&fed.thief]), "NoProposal");
    let mut never = Fed::new();
    let accept = never.keys.accept_offices(never.thief.pubkey());
    refused(&never.net.send(&[accept], &[&never.thief]), "NoProposal");
}

#[test]
fn offices_can_be_given_up_but_not_of_a_stopped_feed() {
    let nobody = Offices { authority: Address::default(), guardian: Address::default() };
    let mut fed = proposed(|_| nobody);
    fed.stop().expect_ok();
    fed.net.advance(WAIT);
    let accept = fed.keys.accept_offices(fed.thief.pubkey());
    refused(&fed.net.send(std::slice::from_ref(&accept), &[&fed.thief]), "OfficesIncomplete");
    fed.start().expect_ok();
    fed.net.advance(1);
    fed.net.send(&[accept], &[&fed.thief]).expect_ok();
    assert_eq!((fed.feed().authority, fed.feed().guardian), (Address::default(), Address::default()));
    refused(&fed.stop(), "NotGuardian");
    refused(&fed.start(), "NotAuthority");
}

#[test]
fn a_stolen_authority_is_watched_for_a_day_and_makes_no_price() {
    // The thief has the authority's key; the guardian sees the proposal, stops, and the feed is still for a day at least.
    let mut fed = proposed(to_thief);
    fed.net.advance(WAIT - 10);
    fed.stop().expect_ok();
    refused(&fed.start(), "TooEarly");
    fed.net.advance(10);
    let accept = fed.keys.accept_offices(fed.thief.pubkey());
    fed.net.send(&[accept], &[&fed.thief]).expect_ok();
    let start = fed.keys.start(fed.thief.pubkey());
    refused(&fed.net.send(&[start], &[&fed.thief]), "TooEarly");
}
