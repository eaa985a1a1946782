//! `propose_offices`: the authority's, and nothing changes by it.

use assay_feed_host::Offices;
use solana_address::Address;
use solana_signer::Signer;

use crate::fed::Fed;
use crate::support::refused;

#[test]
fn a_proposal_changes_no_office() {
    let mut fed = Fed::new();
    let next = Offices { authority: fed.thief.pubkey(), guardian: fed.prover.pubkey() };
    let propose = fed.keys.propose_offices(fed.creator.pubkey(), &next);
    fed.net.send(&[propose], &[&fed.creator]).expect_ok();
    let feed = fed.feed();
    assert_eq!((feed.authority, feed.guardian), (fed.creator.pubkey(), fed.guardian.pubkey()));
    assert_eq!((feed.next_authority, feed.next_guardian), (next.authority, next.guardian));
    assert_eq!(feed.proposed_at, fed.net.now());
}

#[test]
fn a_new_proposal_waits_anew() {
    let mut fed = Fed::new();
    let next = Offices { authority: fed.thief.pubkey(), guardian: fed.prover.pubkey() };
    let propose = fed.keys.propose_offices(fed.creator.pubkey(), &next);
    fed.net.send(std::slice::from_ref(&propose), &[&fed.creator]).expect_ok();
    fed.net.advance(80_000);
    fed.net.send(&[propose], &[&fed.creator]).expect_ok();
    fed.net.advance(80_000);
    let accept = fed.keys.accept_offices(fed.thief.pubkey());
    refused(&fed.net.send(&[accept], &[&fed.thief]), "TooEarly");
}

#[test]
fn only_the_authority_proposes_and_no_guardian_without_one() {
    let mut fed = Fed::new();
    for key in [fed.guardian.insecure_clone(), fed.thief.insecure_clone()] {
        let propose = fed.keys.propose_offices(key.pubkey(), &fed.offices);
        refused(&fed.net.send(&[propose], &[&key]), "NotAuthority");
    }
    let mut unsigned = fed.keys.propose_offices(fed.creator.pubkey(), &fed.offices);
    unsigned.accounts[0].is_signer = false;
    refused(&fed.net.send(&[unsigned], &[&fed.thief]), "MissingRequiredSignature");
    let alone = Offices { authority: Address::default(), guardian: fed.guardian.pubkey() };
    let propose = fed.keys.propose_offices(fed.creator.pubkey(), &alone);
    refused(&fed.net.send(&[propose], &[&fed.creator]), "OfficesIncomplete");
}
