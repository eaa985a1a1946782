use assay_verifier::SeriesApplied;
use assay_verifier_host::{self as verifier, NewSeries, WINDOW, apply_series, propose_series};
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;

use crate::attest::Committee;
use crate::series::{followed, model, new_series, refuses_attacks, state};
use crate::support::{World, emitted, refused};

const NO_SET: Address = Address::new_from_array([0; 32]);

#[test]
fn followers_have_the_next_model_after_the_timelock() {
    let (mut world, series) = followed();
    let (authority, previous) = (world.authority.pubkey(), world.model);
    let next = world.another([5; 32]);
    world.activate_in_a_day(next);
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    let from = state(&world, &series).pending_from;
    world.net.set_time(from - 1);
    let apply = apply_series(authority, series, next, NO_SET);
    refused(&world.authority_sends(apply.clone()), "TimelockRunning");
    world.net.set_time(from);
    let mut late = world.net.clone();
    let outcome = world.authority_sends(apply.clone()).expect_ok();
    emitted(&outcome, &SeriesApplied { series, previous, model: next });
    assert_eq!(model(&world, &series), Ok(next));
    assert_eq!(state(&world, &series).pending_from, 0);
    refused(&world.authority_sends(apply.clone()), "SeriesModel");

    late.set_time(from + WINDOW + 1);
    refused(&late.send(&[apply], &[&world.authority]), "ProposalLapsed");
}

#[test]
fn only_an_active_model_becomes_current() {
    let (mut world, series) = followed();
    let authority = world.authority.pubkey();
    let next = world.another([5; 32]);
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    world.net.set_time(state(&world, &series).pending_from);
    let apply = apply_series(authority, series, next, NO_SET);
    refused(&world.authority_sends(apply.clone()), "ModelProposed");
    world.authority_sends(verifier::suspend(authority, next)).expect_ok();
    refused(&world.authority_sends(apply.clone()), "ModelSuspended");
    world.authority_sends(verifier::retire(authority, next)).expect_ok();
    refused(&world.authority_sends(apply), "ModelRetired");
}

#[test]
fn another_model_than_the_proposed_is_refused() {
    let (mut world, series) = followed();
    let authority = world.authority.pubkey();
    let [next, other] = [[5; 32], [6; 32]].map(|transcript| world.another(transcript));
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    world.net.set_time(state(&world, &series).pending_from);
    for model in [other, world.model] {
        refused(&world.authority_sends(apply_series(authority, series, model, NO_SET)), "SeriesModel");
    }
}

/// A series that names a set: who follows it never asks for attestations, so nothing else may become current.
#[test]
fn a_series_with_a_set_takes_attested_models_only() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let new = NewSeries { attestor_set: committee.set, ..new_series(&world) };
    let (authority, series, model) = (new.creator, new.address(), world.model);
    world.authority_sends(new.create()).expect_ok();
    world.net.advance(new.timelock);
    let apply = apply_series(authority, series, model, committee.set);
    refused(&world.authority_sends(apply.clone()), "NotAnAttestation");
    committee.attest(&mut world, 0, model).expect_ok();
    refused(&world.authority_sends(apply.clone()), "NotAttested");

    // The thief brings a set of his own, with its attestation; then forged accounts.
    let thief = world.stranger.pubkey();
    let own = verifier::Attestors::new(1, &[thief]);
    world.stranger_sends(own.create(thief)).expect_ok();
    world.stranger_sends(verifier::attest(thief, thief, own.address(), model)).expect_ok();
    refused(
        &world.authority_sends(apply_series(authority, series, model, own.address())),
        "NotAnAttestorSet",
    );
    let mut mixed = apply.clone();
    mixed.accounts[4].pubkey = verifier::attestation_address(&own.address(), &model);
    refused(&world.authority_sends(mixed), "NotAttested");
    let forged = Address::new_from_array([8; 32]);
    let mut account = world.net.account(&apply.accounts[4].pubkey).unwrap();
    account.data[8 + 104] = 0xff;
    world.net.set_account(forged, Account { owner: Address::new_from_array([7; 32]), ..account });
    let mut with_forged = apply.clone();
    with_forged.accounts[4].pubkey = forged;
    refused(&world.authority_sends(with_forged), "NotAnAttestation");

    committee.attest(&mut world, 1, model).expect_ok();
    world.authority_sends(apply).expect_ok();
    assert_eq!(crate::series::model(&world, &series), Ok(model));
}

#[test]
fn only_the_authority_applies() {
    let (mut world, series) = followed();
    let authority = world.authority.pubkey();
    let next = world.another([5; 32]);
    world.activate_in_a_day(next);
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    world.net.set_time(state(&world, &series).pending_from);
    refuses_attacks(&mut world, &apply_series(authority, series, next, NO_SET), 2);
}
