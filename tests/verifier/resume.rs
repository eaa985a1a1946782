use assay_verifier::ModelResumed;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Status};
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn a_suspended_model_waits_for_its_timelock_again() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.net.advance(2 * MIN_TIMELOCK);
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    world.net.advance(10_000);

    let outcome = world.authority_sends(verifier::resume(authority, model)).expect_ok();
    let activates_at = world.net.now() + 2 * MIN_TIMELOCK;
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

/// Whoever stole the authority of a model that its guardian stopped waits a day at least, whatever kind its key is.
#[test]
fn a_suspension_lasts_a_day_at_least() {
    let (mut world, guardian) = World::guarded();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.net.send(&[verifier::suspend(guardian.pubkey(), model)], &[&guardian]).expect_ok();
    world.authority_sends(verifier::resume(authority, model)).expect_ok();
    assert_eq!(world.state().activates_at, world.net.now() + MIN_TIMELOCK);
    world.net.advance(MIN_TIMELOCK - 1);
    refused(&world.sends_as_authority(verifier::activate), "TimelockRunning");
    // The guardian has that day to stop it again.
    world.net.send(&[verifier::suspend(guardian.pubkey(), model)], &[&guardian]).expect_ok();
    world.net.advance(1);
    refused(&world.sends_as_authority(verifier::activate), "NotProposed");
}

#[test]
fn proposed_active_and_retired_models_are_not_resumed() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let resume = verifier::resume(authority, model);
    refused(&world.authority_sends(resume.clone()), "NotSuspended");
    world.net.advance(2 * MIN_TIMELOCK);
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
    refused(&world.authority_sends(resume.clone()), "NotSuspended");
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    refused(&world.authority_sends(resume), "ModelRetired");
}
