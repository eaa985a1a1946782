//! `resolve_by_proof`: the question's model, the observed prices, the prover who signs.

use assay_market::state::Place;
use assay_market_host::{LEAST_STAKE, Status};
use solana_signer::Signer;

use crate::support::{T, WINDOW, World, refused, terms, with_account};

#[test]
fn the_output_names_the_row_and_the_first_proof_gets_the_bounty() {
    let mut world = World::observed(50);
    let before = world.lamports(&world.prover.address());
    world.resolve(Place::First).expect_ok();
    let question = world.question();
    assert_eq!(question.outputs[0], world.observation().features[0]);
    assert_eq!(question.buckets[0], terms().bucket(question.outputs[0]));
    assert_eq!((question.provers[0], question.deadline), (world.prover.address(), T + 700 + WINDOW));
    // The bounty, less the receipt's rent and the fee.
    let receipt = world.lamports(&world.prover.address()) + 3_000_000;
    assert!(receipt > before + 3 * LEAST_STAKE);
}

#[test]
fn each_level_of_volatility_has_its_bucket() {
    for (bps, bucket) in [(1, 0), (20, 1), (300, 2)] {
        let world = World::proposed(bps);
        assert_eq!(world.question().buckets[0], bucket, "{bps}: {}", world.question().outputs[0]);
    }
}

#[test]
fn another_output_is_not_proven() {
    let mut world = World::observed(50);
    let (honest, output) = world.proof(Place::First, world.prover.address());
    let key = world.prover.key.insecure_clone();
    for other in [output + 1, output - 1, i16::MAX, i16::MIN] {
        let mut claim = honest.clone();
        let at = claim.data.len() - 2;
        claim.data[at..].copy_from_slice(&other.to_le_bytes());
        assert!(!world.net.send(&[claim], &[&key]).is_ok(), "{other}");
    }
    assert_eq!(world.status(), Status::Observed);
    world.net.send(&[honest], &[&key]).expect_ok();
}

#[test]
fn a_copied_proof_pays_the_copier_nothing() {
    let mut world = World::observed(50);
    let (honest, _) = world.proof(Place::First, world.prover.address());
    // The same proof and receipt, signed by another.
    let thief = world.challenger.key.insecure_clone();
    let stolen = with_account(honest.clone(), 0, thief.pubkey());
    assert!(!world.net.send(&[stolen], &[&thief]).is_ok());
    // The prover's own key did not sign.
    let mut unsigned = honest;
    unsigned.accounts[0].is_signer = false;
    assert!(!world.net.send(&[unsigned], &[&thief]).is_ok());
    assert_eq!(world.status(), Status::Observed);
}

#[test]
fn only_the_model_whose_turn_it_is_answers() {
    let mut world = World::observed(50);
    let key = world.prover.key.insecure_clone();
    let (second, _) = world.proof(Place::Second, world.prover.address());
    refused(&world.net.send(&[second], &[&key]), "WrongModel");
    world.resolve(Place::First).expect_ok();
    refused(&world.resolve(Place::First), "WrongState");
    refused(&world.resolve(Place::Second), "WrongState");
    world.dispute().expect_ok();
    let (first, _) = world.proof(Place::First, world.prover.address());
    refused(&world.net.send(&[first], &[&key]), "WrongModel");
    world.resolve(Place::Second).expect_ok();
    assert_eq!(world.status(), Status::Answered);
}

#[test]
fn the_observation_and_the_verifier_are_the_questions() {
    let mut world = World::observed(50);
    let key = world.prover.key.insecure_clone();
    let (honest, _) = world.proof(Place::First, world.prover.address());
    let wrong = with_account(honest.clone(), 5, world.keys.mint);
    refused(&world.net.send(&[wrong], &[&key]), "WrongVerifier");
    let mut forged = world.net.account(&world.keys.observation).unwrap();
    forged.data[8] ^= 1; // another question's
    let place = solana_address::Address::new_from_array([0x66; 32]);
    world.net.set_account(place, forged);
    refused(&world.net.send(&[with_account(honest, 2, place)], &[&key]), "WrongObservation");
}

#[test]
fn a_receipt_that_was_there_before_stops_nobody() {
    let mut world = World::observed(50);
    let (honest, _) = world.proof(Place::First, world.prover.address());
    // Somebody records the statement first: the proof is in the instruction, between length and output.
    let mut early = world.net.clone();
    early.send(std::slice::from_ref(&honest), &[&world.prover.key]).expect_ok();
    let receipt = honest.accounts[4].pubkey;
    world.net.set_account(receipt, early.account(&receipt).unwrap());
    world.resolve(Place::First).expect_ok();
    assert_eq!(world.status(), Status::Proposed);
}

#[test]
fn not_after_its_time() {
    let mut world = World::observed(50);
    world.net.set_time(terms().resolve_by + 1);
    refused(&world.resolve(Place::First), "WindowOver");
    world.void().expect_ok();
    refused(&world.resolve(Place::First), "WrongState");
}
