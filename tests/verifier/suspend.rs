use assay_verifier::ModelSuspended;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Status};
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn an_active_model_stops_at_once() {
    let mut world = World::active();
    let suspend = verifier::suspend(world.authority.pubkey(), world.model);
    let outcome = world.authority_sends(suspend).expect_ok();
    assert_eq!(world.state().status().unwrap(), Status::Suspended);
    emitted(&outcome, &ModelSuspended { model: world.model });
}

#[test]
fn a_proposed_model_can_be_stopped_before_it_starts() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    world.net.advance(2 * MIN_TIMELOCK);
    refused(&world.authority_sends(verifier::activate(authority, model)), "NotProposed");
}

#[test]
fn only_the_authority_suspends_and_only_a_model() {
    let mut world = World::active();
    let suspend = verifier::suspend(world.authority.pubkey(), world.model);
    world.refuses_attacks_of("NotAuthorityNorGuardian", &suspend);
}

#[test]
fn a_guardian_suspends_and_can_do_nothing_else() {
    let (mut world, guardian) = World::guarded();
    let (model, own) = (world.model, guardian.pubkey());
    for instruction in [
        verifier::activate(own, model),
        verifier::resume(own, model),
        verifier::retire(own, model),
        verifier::propose_authority(own, model, own),
        verifier::propose_guardian(own, model, world.stranger.pubkey()),
        verifier::apply_guardian(own, model),
        verifier::cancel_guardian(own, model),
        verifier::renounce_authority(own, model),
        verifier::close_model(own, world.authority.pubkey(), model),
    ] {
        refused(&world.net.send(&[instruction], &[&guardian]), "NotAuthority");
    }
    refused(&world.net.send(&[verifier::accept_authority(own, model)], &[&guardian]), "NotPendingAuthority");
    world.net.send(&[verifier::suspend(own, model)], &[&guardian]).expect_ok();
    assert_eq!(world.state().status().unwrap(), Status::Suspended);
}

#[test]
fn suspended_and_retired_models_are_not_suspended() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let suspend = verifier::suspend(authority, model);
    world.authority_sends(suspend.clone()).expect_ok();
    refused(&world.authority_sends(suspend.clone()), "ModelSuspended");
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    refused(&world.authority_sends(suspend), "ModelRetired");
}
