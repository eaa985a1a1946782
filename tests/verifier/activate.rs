use assay_verifier::ModelActivated;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Status, WINDOW};
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn a_proposed_model_becomes_active_when_its_timelock_has_passed() {
    let mut world = World::proposed();
    let activate = verifier::activate(world.authority.pubkey(), world.model);
    world.net.set_time(world.state().activates_at);
    let outcome = world.authority_sends(activate).expect_ok();
    assert_eq!(world.state().status().unwrap(), Status::Active);
    emitted(&outcome, &ModelActivated { model: world.model });
}

#[test]
fn not_a_second_earlier() {
    let mut world = World::proposed();
    let activate = verifier::activate(world.authority.pubkey(), world.model);
    world.net.set_time(world.state().activates_at - 1);
    refused(&world.authority_sends(activate), "TimelockRunning");
    assert_eq!(world.state().status().unwrap(), Status::Proposed);
}

#[test]
fn a_proposal_lapses_after_its_window_and_is_made_anew() {
    let mut world = World::proposed();
    let activates_at = world.state().activates_at;
    let mut in_time = world.net.clone();
    in_time.set_time(activates_at + WINDOW);
    let activate = verifier::activate(world.authority.pubkey(), world.model);
    in_time.send(std::slice::from_ref(&activate), &[&world.authority]).expect_ok();

    world.net.set_time(activates_at + WINDOW + 1);
    refused(&world.authority_sends(activate.clone()), "ProposalLapsed");
    world.sends_as_authority(verifier::resume).expect_ok();
    refused(&world.authority_sends(activate.clone()), "TimelockRunning");
    world.net.advance(2 * MIN_TIMELOCK);
    world.authority_sends(activate).expect_ok();
}

#[test]
fn only_the_authority_activates_and_only_a_model() {
    let mut world = World::proposed();
    world.net.advance(2 * MIN_TIMELOCK);
    let activate = verifier::activate(world.authority.pubkey(), world.model);
    world.refuses_management_attacks(&activate);
}

#[test]
fn active_suspended_and_retired_models_are_not_activated() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let activate = verifier::activate(authority, model);
    refused(&world.authority_sends(activate.clone()), "NotProposed");
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    refused(&world.authority_sends(activate.clone()), "NotProposed");
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    refused(&world.authority_sends(activate), "ModelRetired");
}
