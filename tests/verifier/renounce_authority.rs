use assay_interface::verifier::ModelFacts;
use assay_verifier::AuthorityRenounced;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Status};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::support::{Echo, World, emitted, refused};

#[test]
fn an_immutable_model_answers_and_nobody_manages_it() {
    let mut world = World::active();
    let (authority, model, other) = (world.authority.pubkey(), world.model, world.stranger.pubkey());
    world.authority_sends(verifier::propose_authority(authority, model, other)).expect_ok();
    world.authority_sends(verifier::propose_guardian(authority, model, other)).expect_ok();
    let outcome = world.sends_as_authority(verifier::renounce_authority).expect_ok();
    emitted(&outcome, &AuthorityRenounced { model, previous: authority });

    let state = world.state();
    let nobody = Address::default();
    assert_eq!((state.authority, state.guardian), (nobody, nobody));
    assert_eq!((state.pending_authority, state.pending_guardian), (nobody, nobody));
    assert!(ModelFacts::read(&world.net.account(&model).unwrap().data).unwrap().is_immutable());

    let managed: [fn(Address, Address) -> Instruction; 6] = [
        verifier::activate,
        verifier::resume,
        verifier::retire,
        verifier::apply_guardian,
        verifier::cancel_guardian,
        verifier::renounce_authority,
    ];
    world.net.advance(MIN_TIMELOCK);
    for instruction in managed {
        refused(&world.authority_sends(instruction(authority, model)), "NotAuthority");
    }
    refused(&world.authority_sends(verifier::suspend(authority, model)), "NotAuthorityNorGuardian");
    refused(&world.authority_sends(verifier::propose_authority(authority, model, other)), "NotAuthority");
    refused(&world.authority_sends(verifier::propose_guardian(authority, model, other)), "NotAuthority");
    refused(&world.authority_sends(verifier::close_model(authority, authority, model)), "NotAuthority");
    refused(&world.stranger_sends(verifier::accept_authority(other, model)), "NotPendingAuthority");
    // The zero address is the system program's: nobody signs for it, and unsigned it is refused.
    for mut instruction in [verifier::suspend(nobody, model), verifier::retire(nobody, model)] {
        instruction.accounts[0].is_signer = false;
        refused(&world.authority_sends(instruction), "MissingRequiredSignature");
    }

    let proven = Echo::shared().prove(3, [1; 32]);
    world.verify(&proven).expect_ok();
    world.record(&proven).expect_ok();
    assert_eq!(world.state().status().unwrap(), Status::Active);
}

/// Whoever stole the authority would be rid of the guardian at once, and of everybody's way to stop a broken model.
#[test]
fn a_guardian_is_in_the_way() {
    let (mut world, guardian) = World::guarded();
    let (authority, model) = (world.authority.pubkey(), world.model);
    refused(&world.sends_as_authority(verifier::renounce_authority), "GuardianInPlace");
    let propose = verifier::propose_guardian(authority, model, Address::default());
    world.authority_sends(propose).expect_ok();
    refused(&world.sends_as_authority(verifier::renounce_authority), "GuardianInPlace");
    // The guardian saw the proposal: a suspended model is not renounced.
    let mut stopped = world.net.clone();
    stopped.send(&[verifier::suspend(guardian.pubkey(), model)], &[&guardian]).expect_ok();

    world.net.advance(MIN_TIMELOCK);
    world.sends_as_authority(verifier::apply_guardian).expect_ok();
    world.sends_as_authority(verifier::renounce_authority).expect_ok();
    stopped.advance(MIN_TIMELOCK);
    let apply = verifier::apply_guardian(authority, model);
    stopped.send(&[apply], &[&world.authority]).expect_ok();
    let renounce = verifier::renounce_authority(authority, model);
    refused(&stopped.send(&[renounce], &[&world.authority]), "ModelSuspended");
}

#[test]
fn only_an_active_model_is_made_immutable() {
    let mut world = World::proposed();
    refused(&world.sends_as_authority(verifier::renounce_authority), "ModelProposed");
    world.sends_as_authority(verifier::suspend).expect_ok();
    refused(&world.sends_as_authority(verifier::renounce_authority), "ModelSuspended");
    world.sends_as_authority(verifier::retire).expect_ok();
    refused(&world.sends_as_authority(verifier::renounce_authority), "ModelRetired");
}

#[test]
fn only_the_authority_renounces_and_only_a_model() {
    let mut world = World::active();
    let renounce = verifier::renounce_authority(world.authority.pubkey(), world.model);
    world.refuses_management_attacks(&renounce);
}
