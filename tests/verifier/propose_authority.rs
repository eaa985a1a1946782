use assay_verifier::AuthorityProposed;
use assay_verifier_host::{self as verifier, WINDOW};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn the_authority_stays_until_the_other_side_accepts() {
    let mut world = World::active();
    let (authority, model, proposed) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    let outcome = world.authority_sends(verifier::propose_authority(authority, model, proposed)).expect_ok();
    let state = world.state();
    assert_eq!((state.authority, state.pending_authority), (authority, proposed));
    emitted(&outcome, &AuthorityProposed { model, proposed, expires_at: world.net.now() + WINDOW });
    refused(&world.stranger_sends(verifier::suspend(proposed, model)), "NotAuthorityNorGuardian");
}

#[test]
fn an_offer_is_withdrawn_with_the_zero_address() {
    let mut world = World::active();
    let (authority, model, proposed) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_authority(authority, model, proposed)).expect_ok();
    let withdraw = verifier::propose_authority(authority, model, Address::default());
    world.authority_sends(withdraw).expect_ok();
    refused(&world.stranger_sends(verifier::accept_authority(proposed, model)), "NotPendingAuthority");
}

#[test]
fn the_authority_is_not_offered_to_itself() {
    let mut world = World::active();
    let authority = world.authority.pubkey();
    let propose = verifier::propose_authority(authority, world.model, authority);
    refused(&world.authority_sends(propose), "AuthorityUnchanged");
}

#[test]
fn the_guardian_does_not_become_the_authority() {
    let (mut world, guardian) = World::guarded();
    let propose = verifier::propose_authority(world.authority.pubkey(), world.model, guardian.pubkey());
    refused(&world.authority_sends(propose), "GuardianIsAuthority");
}

#[test]
fn only_the_authority_proposes_and_only_for_a_model() {
    let mut world = World::active();
    let propose = verifier::propose_authority(world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.refuses_management_attacks(&propose);
}
