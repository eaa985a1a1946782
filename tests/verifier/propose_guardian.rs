use assay_verifier::GuardianProposed;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn the_guardian_stays_until_the_timelock_has_passed() {
    let (mut world, guardian) = World::guarded();
    let (authority, model, other) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    let propose = verifier::propose_guardian(authority, model, other);
    let outcome = world.authority_sends(propose).expect_ok();
    let state = world.state();
    let applies_from = world.net.now() + MIN_TIMELOCK;
    assert_eq!((state.guardian, state.pending_guardian), (guardian.pubkey(), other));
    assert_eq!(state.guardian_from, applies_from);
    emitted(&outcome, &GuardianProposed { model, proposed: other, applies_from });

    refused(&world.sends_as_authority(verifier::apply_guardian), "TimelockRunning");
    refused(&world.stranger_sends(verifier::suspend(other, model)), "NotAuthorityNorGuardian");
    world.net.send(&[verifier::suspend(guardian.pubkey(), model)], &[&guardian]).expect_ok();
}

/// Whoever stole the authority proposes to have no guardian, again and again: each proposal starts the timelock anew.
#[test]
fn a_second_proposal_waits_anew() {
    let (mut world, _) = World::guarded();
    let propose = verifier::propose_guardian(world.authority.pubkey(), world.model, Address::default());
    world.authority_sends(propose.clone()).expect_ok();
    world.net.advance(MIN_TIMELOCK - 1);
    world.authority_sends(propose).expect_ok();
    world.net.advance(MIN_TIMELOCK - 1);
    refused(&world.sends_as_authority(verifier::apply_guardian), "TimelockRunning");
}

#[test]
fn what_changes_nothing_or_joins_the_two_keys_is_refused() {
    let (mut world, guardian) = World::guarded();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let propose = |proposed| verifier::propose_guardian(authority, model, proposed);
    refused(&world.authority_sends(propose(guardian.pubkey())), "GuardianUnchanged");
    refused(&world.authority_sends(propose(authority)), "GuardianIsAuthority");
    world.sends_as_authority(verifier::retire).expect_ok();
    refused(&world.authority_sends(propose(Address::default())), "ModelRetired");

    let mut world = World::active();
    refused(&world.authority_sends(propose(Address::default())), "GuardianUnchanged");
}

#[test]
fn only_the_authority_proposes_and_only_for_a_model() {
    let mut world = World::active();
    let propose = verifier::propose_guardian(world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.refuses_management_attacks(&propose);
}
