use assay_verifier::ModelResumed;
use assay_verifier_host::{self as verifier, Status};
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn a_suspended_model_waits_for_its_timelock_again() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.net.advance(3_600);
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    world.net.advance(10_000);

    let outcome = world.authority_sends(verifier::resume(authority, model)).expect_ok();
    let activates_at = world.net.now() + 3_600;
    assert_eq!(world.state().status().unwrap(), Status::Proposed);
    assert_eq!(world.state().activates_at, activates_at);
    emitted(&outcome, &ModelResumed { model, activates_at });
    refused(&world.authority_sends(verifier::activate(authority, model)), "TimelockRunning");
    world.net.set_time(activates_at);
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
}

#[test]
fn only_the_authority_resumes_and_only_a_model() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    world.refuses_management_attacks(&verifier::resume(authority, model));
}

#[test]
fn proposed_active_and_retired_models_are_not_resumed() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let resume = verifier::resume(authority, model);
    refused(&world.authority_sends(resume.clone()), "NotSuspended");
    world.net.advance(3_600);
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
    refused(&world.authority_sends(resume.clone()), "NotSuspended");
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    refused(&world.authority_sends(resume), "ModelRetired");
}
