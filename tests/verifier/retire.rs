use assay_verifier::ModelRetired;
use assay_verifier_host::{self as verifier, Status};
use solana_signer::Signer;

use crate::support::{Echo, World, emitted, refused};

#[test]
fn a_retired_model_stays_retired() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let outcome = world.authority_sends(verifier::retire(authority, model)).expect_ok();
    assert_eq!(world.state().status().unwrap(), Status::Retired);
    assert_eq!(world.state().retired_at, world.net.now());
    emitted(&outcome, &ModelRetired { model });
    for instruction in [
        verifier::activate(authority, model),
        verifier::suspend(authority, model),
        verifier::resume(authority, model),
        verifier::retire(authority, model),
    ] {
        refused(&world.authority_sends(instruction), "ModelRetired");
    }
}

#[test]
fn its_key_cannot_come_back_under_the_same_authority() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    let register = Echo::shared().registration(authority).instruction();
    refused(&world.authority_sends(register.unwrap()), "ModelExists");
}

#[test]
fn only_the_authority_retires_and_only_a_model() {
    let mut world = World::proposed();
    let retire = verifier::retire(world.authority.pubkey(), world.model);
    world.refuses_management_attacks(&retire);
}
