use assay_verifier::AuthorityAccepted;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, WINDOW};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn the_successor_has_the_authority_and_the_predecessor_none() {
    let mut world = World::active();
    let (previous, model, authority) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_authority(previous, model, authority)).expect_ok();
    let accept = verifier::accept_authority(authority, model);
    let outcome = world.stranger_sends(accept.clone()).expect_ok();
    emitted(&outcome, &AuthorityAccepted { model, previous, authority });
    let state = world.state();
    assert_eq!((state.authority, state.pending_authority), (authority, Address::default()));
    refused(&world.authority_sends(verifier::suspend(previous, model)), "NotAuthorityNorGuardian");
    world.stranger_sends(verifier::suspend(authority, model)).expect_ok();
    refused(&world.stranger_sends(accept), "NotPendingAuthority");
}

#[test]
fn an_offer_lapses() {
    let mut world = World::active();
    let (model, successor) = (world.model, world.stranger.pubkey());
    let offer = verifier::propose_authority(world.authority.pubkey(), model, successor);
    let accept = verifier::accept_authority(successor, model);
    world.authority_sends(offer.clone()).expect_ok();
    world.net.advance(WINDOW + 1);
    refused(&world.stranger_sends(accept.clone()), "ProposalLapsed");
    world.authority_sends(offer).expect_ok();
    world.net.advance(WINDOW);
    world.stranger_sends(accept).expect_ok();
}

/// Offered first, made guardian since: the two stay two keys.
#[test]
fn who_became_the_guardian_does_not_accept() {
    let mut world = World::active();
    let (authority, model, other) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_guardian(authority, model, other)).expect_ok();
    world.net.advance(MIN_TIMELOCK);
    world.authority_sends(verifier::propose_authority(authority, model, other)).expect_ok();
    world.sends_as_authority(verifier::apply_guardian).expect_ok();
    refused(&world.stranger_sends(verifier::accept_authority(other, model)), "GuardianIsAuthority");
}

#[test]
fn nobody_else_accepts() {
    let mut world = World::active();
    let (authority, model, proposed) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_authority(authority, model, proposed)).expect_ok();
    refused(&world.authority_sends(verifier::accept_authority(authority, model)), "NotPendingAuthority");
    let mut not_signed = verifier::accept_authority(proposed, model);
    not_signed.accounts[0].is_signer = false;
    refused(&world.authority_sends(not_signed), "MissingRequiredSignature");
}

#[test]
fn without_an_offer_the_zero_address_does_not_accept() {
    let mut world = World::active();
    let mut accept = verifier::accept_authority(Address::default(), world.model);
    accept.accounts[0].is_signer = false;
    refused(&world.stranger_sends(accept), "MissingRequiredSignature");
}

#[test]
fn the_offer_must_stand_in_a_model_of_this_program() {
    let mut world = World::active();
    let proposed = world.stranger.pubkey();
    let mut forged = world.net.account(&world.model).unwrap();
    forged.owner = Address::new_from_array([7; 32]);
    let address = Address::new_from_array([8; 32]);
    world.net.set_account(address, forged);
    refused(&world.stranger_sends(verifier::accept_authority(proposed, address)), "IllegalOwner");
}
