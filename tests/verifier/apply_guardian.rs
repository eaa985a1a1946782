use assay_verifier::GuardianChanged;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, WINDOW};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn the_new_guardian_suspends_and_the_old_one_does_not() {
    let (mut world, guardian) = World::guarded();
    let (authority, model, other) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_guardian(authority, model, other)).expect_ok();
    world.net.advance(MIN_TIMELOCK);
    let outcome = world.sends_as_authority(verifier::apply_guardian).expect_ok();
    emitted(&outcome, &GuardianChanged { model, previous: guardian.pubkey(), guardian: other });
    let state = world.state();
    assert_eq!((state.guardian, state.pending_guardian, state.guardian_from), (other, Address::default(), 0));
    let by_old = verifier::suspend(guardian.pubkey(), model);
    refused(&world.net.send(&[by_old], &[&guardian]), "NotAuthorityNorGuardian");
    world.stranger_sends(verifier::suspend(other, model)).expect_ok();
    refused(&world.sends_as_authority(verifier::apply_guardian), "NothingPending");
}

#[test]
fn a_model_without_a_guardian_gets_one_and_can_be_rid_of_it() {
    let mut world = World::active();
    let (authority, model, guardian) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    for proposed in [guardian, Address::default()] {
        world.authority_sends(verifier::propose_guardian(authority, model, proposed)).expect_ok();
        world.net.advance(MIN_TIMELOCK);
        world.sends_as_authority(verifier::apply_guardian).expect_ok();
        assert_eq!(world.state().guardian, proposed);
    }
    refused(&world.stranger_sends(verifier::suspend(guardian, model)), "NotAuthorityNorGuardian");
}

#[test]
fn neither_early_nor_late() {
    let mut world = World::active();
    let propose = verifier::propose_guardian(world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(propose).expect_ok();
    let from = world.state().guardian_from;
    for (time, error) in [(from - 1, "TimelockRunning"), (from + WINDOW + 1, "ProposalLapsed")] {
        world.net.set_time(time);
        refused(&world.sends_as_authority(verifier::apply_guardian), error);
    }
    world.net.set_time(from + WINDOW);
    world.sends_as_authority(verifier::apply_guardian).expect_ok();
}

/// Proposed while it was a stranger, the authority since.
#[test]
fn who_became_the_authority_does_not_become_the_guardian() {
    let mut world = World::active();
    let (authority, model, other) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_guardian(authority, model, other)).expect_ok();
    world.authority_sends(verifier::propose_authority(authority, model, other)).expect_ok();
    world.stranger_sends(verifier::accept_authority(other, model)).expect_ok();
    world.net.advance(MIN_TIMELOCK);
    refused(&world.stranger_sends(verifier::apply_guardian(other, model)), "GuardianIsAuthority");
}

#[test]
fn only_the_authority_applies_and_only_for_a_model() {
    let mut world = World::active();
    let propose =
        verifier::propose_guardian(world.authority.pubkey(), world.model, Address::new_from_array([6; 32]));
    world.authority_sends(propose).expect_ok();
    world.net.advance(MIN_TIMELOCK);
    let apply = verifier::apply_guardian(world.authority.pubkey(), world.model);
    world.refuses_management_attacks(&apply);
}
