//! `create_feed`: what a creator may decide, and what not.

use assay_feed_host::{FeedKeys, FeedParams, Offices, PythFeed, SourceKeys, TRUSTS_AUTHORITY, Terms};
use assay_feed_interface::{Kind, Source, SpotError};
use assay_verifier_host::{self as verifier, Attestors, MIN_TIMELOCK, Registration};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::fed::{CALM, Fed, PARAMS, model};
use crate::support::{T, refused, with_account};

#[test]
fn a_feed_is_what_its_creator_said() {
    let fed = Fed::new();
    let feed = fed.feed();
    assert_eq!((feed.prices.header.version, feed.prices.header.kind), (1, Kind::Feed as u8));
    assert_eq!((feed.prices.feed_id, feed.prices.payer), ([0x5f; 32], fed.creator.pubkey()));
    assert_eq!((feed.authority, feed.guardian), (fed.creator.pubkey(), fed.guardian.pubkey()));
    assert_eq!((feed.model, feed.params, feed.nonce), (fed.model, PARAMS, 7));
    assert_eq!(feed.sources[..5], fed.addresses());
    assert_eq!(feed.sources[5..], [Address::default(); 3]);
    assert_eq!(feed.domain, model().1.domain().to_be_bytes());
    // Who reads sources reads it.
    let read = Source::decode(&fed.net.account(&fed.keys.feed).unwrap().data).unwrap();
    assert_eq!((read, read.spot(T, 30)), (*feed.source(), Err(SpotError::Empty)));
}

#[test]
fn every_parameter_has_its_bounds() {
    type Spoil = fn(&mut FeedParams);
    let cases: [(Spoil, &str); 20] = [
        (|p| p.setups = 0, "InvalidSetupKinds"),
        (|p| p.setups = 4, "InvalidSetupKinds"),
        (|p| p.setups = 2, "InvalidSetupKinds"),
        (|p| p.sources = 2, "InvalidSources"),
        (|p| p.sources = 9, "InvalidSources"),
        (|p| p.quorum = 2, "InvalidQuorum"),
        (|p| p.quorum = 6, "InvalidQuorum"),
        (|p| p.max_step_bps = 0, "InvalidBounds"),
        (|p| p.max_step_bps = 101, "InvalidBounds"),
        (|p| p.max_distance_bps = 9, "InvalidBounds"),
        (|p| p.max_distance_bps = 2_001, "InvalidBounds"),
        (|p| p.max_confidence_bps = 0, "InvalidBounds"),
        (|p| p.max_confidence_bps = 2_001, "InvalidBounds"),
        (|p| p.patience = 4, "InvalidTimes"),
        (|p| (p.patience, p.proof_window) = (121, 400), "InvalidTimes"),
        (|p| p.proof_window = 44, "InvalidTimes"),
        (|p| p.proof_window = 601, "InvalidTimes"),
        (|p| p.threshold = i16::MIN, "InvalidThreshold"),
        (|p| p.flags = 2, "ReservedNotZero"),
        (|p| p.flags = 0x81, "ReservedNotZero"),
    ];
    let mut fed = Fed::empty();
    for (change, error) in cases {
        fed.params = PARAMS;
        change(&mut fed.params);
        let create = fed.create();
        refused(&fed.net.send(&[create], &[&fed.creator]), error);
    }
    for allowed in [
        FeedParams { quorum: 5, ..PARAMS },
        FeedParams { max_step_bps: 100, max_distance_bps: 2_000, max_confidence_bps: 2_000, ..PARAMS },
        FeedParams { patience: 5, proof_window: 35, threshold: i16::MAX, ..PARAMS },
        FeedParams { patience: 120, proof_window: 600, ..PARAMS },
    ] {
        fed.params = allowed;
        let create = fed.create();
        assert!(fed.net.simulate(&[create], &[&fed.creator]).is_ok(), "{allowed:?}");
    }
}

#[test]
fn sources_are_different_prices_of_this_program() {
    let mut fed = Fed::empty();
    let addresses = fed.addresses();
    let attempt = |fed: &mut Fed, sources: &[Address]| {
        let create = FeedKeys::create(fed.creator.pubkey(), &fed.terms(), fed.params, sources);
        refused(&fed.net.send(&[create], &[&fed.creator]), "InvalidSources");
    };
    let [a, b, c, d, _] = addresses[..] else { panic!("five") };
    attempt(&mut fed, &[a, b, c, d]);
    attempt(&mut fed, &[a, b, c, d, a]);
    attempt(&mut fed, &[a, b, c, d, Address::new_from_array([9; 32])]);
    let model = fed.model;
    attempt(&mut fed, &[a, b, c, d, model]);
    // The same price of the oracle, in another of its accounts.
    let other = PythFeed { shard: 3, ..crate::fed::oracle_feed(0) };
    let twice = SourceKeys::of(&other);
    fed.net.send(&[twice.create(fed.creator.pubkey(), &other)], &[&fed.creator]).expect_ok();
    attempt(&mut fed, &[a, b, c, d, twice.source]);
    // A source's bytes under another owner.
    let forged = Address::new_from_array([8; 32]);
    let mut account = fed.net.account(&a).unwrap();
    account.owner = fed.creator.pubkey();
    fed.net.set_account(forged, account);
    attempt(&mut fed, &[forged, b, c, d, fed_source(4)]);
}

fn fed_source(place: usize) -> Address {
    SourceKeys::of(&crate::fed::oracle_feed(place)).source
}

#[test]
fn a_feed_may_be_a_source_of_another_and_never_its_own() {
    let mut fed = Fed::new();
    fed.minute(T, &CALM);
    let inner = fed.keys.feed;
    let terms = Terms { nonce: 8, ..fed.terms() };
    let params = FeedParams { sources: 3, quorum: 2, ..PARAMS };
    let sources = [inner, fed.sources[5].source, fed.sources[6].source];
    let create = FeedKeys::create(fed.creator.pubkey(), &terms, params, &sources);
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    let outer = FeedKeys::derive(&fed.creator.pubkey(), 8);
    fed.bring(T, &[None, None, None, None, None, Some(100.1), Some(100.2)]);
    let open = outer.open_round(fed.prover.pubkey(), crate::fed::minute(T), &sources);
    fed.net.send(&[open], &[&fed.prover]).expect_ok();
    let round: assay_feed_host::Round = fed.net.read(&outer.round(crate::fed::minute(T))).unwrap().unwrap();
    assert!(round.is_sealed());
    assert_eq!(round.quotes[0].price, fed.feed().prices.header.price);
    // Its own address holds nothing while it is created.
    let terms = Terms { nonce: 9, ..terms };
    let own = FeedKeys::derive(&fed.creator.pubkey(), 9).feed;
    let create = FeedKeys::create(fed.creator.pubkey(), &terms, params, &[own, sources[1], sources[2]]);
    assert!(!fed.net.send(&[create], &[&fed.creator]).is_ok());
}

#[test]
fn a_model_that_somebody_can_stop_needs_the_flag() {
    let mut fed = Fed::empty();
    let registrar = Keypair::new_from_array([9; 32]);
    fed.net.airdrop(&registrar.pubkey(), 100_000_000_000);
    let (key, schema) = model();
    let registration = Registration::development(registrar.pubkey(), key, schema);
    fed.net.send(&[registration.instruction().unwrap()], &[&registrar]).expect_ok();
    fed.net.advance(MIN_TIMELOCK);
    fed.net.send(&[verifier::activate(registrar.pubkey(), registration.model())], &[&registrar]).expect_ok();
    fed.model = registration.model();
    let create = fed.create();
    assert!(!fed.net.send(&[create], &[&fed.creator]).is_ok());
    fed.params.flags = TRUSTS_AUTHORITY;
    let create = fed.create();
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    assert_eq!(fed.feed().params.flags, TRUSTS_AUTHORITY);
    // No model at all.
    let create = with_account(fed.create(), 2, fed.creator.pubkey());
    assert!(!fed.net.send(&[create], &[&fed.creator]).is_ok());
}

#[test]
fn attestors_whom_the_creator_names_must_have_attested() {
    let mut fed = Fed::empty();
    let attestor = fed.guardian.insecure_clone();
    let attestors = Attestors::new(1, &[attestor.pubkey()]);
    let set = attestors.address();
    fed.net.send(&[attestors.create(attestor.pubkey())], &[&attestor]).expect_ok();
    let attestation = verifier::attestation_address(&set, &fed.model);
    let terms = Terms { attested: Some((set, attestation)), ..fed.terms() };
    let create = FeedKeys::create(fed.creator.pubkey(), &terms, fed.params, &fed.addresses());
    assert!(!fed.net.send(std::slice::from_ref(&create), &[&fed.creator]).is_ok(), "nobody has attested yet");
    let attest = verifier::attest(attestor.pubkey(), attestor.pubkey(), set, fed.model);
    fed.net.send(&[attest], &[&attestor]).expect_ok();
    fed.net.send(&[create], &[&fed.creator]).expect_ok();
    assert_eq!(fed.feed().attestors, set);
}

#[test]
fn who_may_be_stopped_must_have_somebody_to_start_it() {
    let none = Address::default();
    for (authority, guardian, expected) in [(0, 1, false), (0, 0, true), (1, 0, true), (1, 1, true)] {
        let mut fed = Fed::empty();
        let Offices { authority: a, guardian: g } = fed.offices;
        let pick = |wanted, key| if wanted == 1 { key } else { none };
        fed.offices = Offices { authority: pick(authority, a), guardian: pick(guardian, g) };
        let create = fed.create();
        let outcome = fed.net.send(&[create], &[&fed.creator]);
        if expected {
            outcome.expect_ok();
        } else {
            refused(&outcome, "OfficesIncomplete");
        }
    }
}

#[test]
fn the_creator_signs_and_the_address_is_theirs() {
    let mut fed = Fed::empty();
    let mut unsigned = fed.create();
    unsigned.accounts[0].is_signer = false;
    refused(&fed.net.send(&[unsigned], &[&fed.thief]), "MissingRequiredSignature");
    let stolen = with_account(fed.create(), 0, fed.thief.pubkey());
    refused(&fed.net.send(&[stolen], &[&fed.thief]), "InvalidSeeds");
    let create = fed.create();
    fed.net.send(std::slice::from_ref(&create), &[&fed.creator]).expect_ok();
    fed.net.advance(1);
    assert!(!fed.net.send(&[create], &[&fed.creator]).is_ok(), "a feed is created once");
}
