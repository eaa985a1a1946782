use assay_verifier::GuardianProposed;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

#[test]
fn a_withdrawn_proposal_is_not_applied() {
    let (mut world, guardian) = World::guarded();
    let model = world.model;
    let propose = verifier::propose_guardian(world.authority.pubkey(), model, Address::default());
    world.authority_sends(propose).expect_ok();
    let outcome = world.sends_as_authority(verifier::cancel_guardian).expect_ok();
    emitted(&outcome, &GuardianProposed { model, proposed: Address::default(), applies_from: 0 });
    world.net.advance(MIN_TIMELOCK);
    refused(&world.sends_as_authority(verifier::apply_guardian), "NothingPending");
    assert_eq!(world.state().guardian, guardian.pubkey());
    refused(&world.sends_as_authority(verifier::cancel_guardian), "NothingPending");
}

#[test]
fn only_the_authority_cancels_and_only_for_a_model() {
    let mut world = World::active();
    let propose =
        verifier::propose_guardian(world.authority.pubkey(), world.model, Address::new_from_array([6; 32]));
    world.authority_sends(propose).expect_ok();
    let cancel = verifier::cancel_guardian(world.authority.pubkey(), world.model);
    world.refuses_management_attacks(&cancel);
}
