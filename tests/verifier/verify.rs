use assay_client::verifier::{self, Verified};
use assay_interface::field::Scalar;
use assay_interface::groth16::{Proof, SetupKind};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{Echo, Proven, World, refused};

const CONTEXT: [u8; 32] = [0xc7; 32];

#[test]
fn the_answer_names_model_digest_and_setup() {
    let mut world = World::active();
    let proven = Echo::shared().prove(-5, CONTEXT);
    let before = world.net.account(&world.model);
    let outcome = world.verify(&proven).expect_ok();
    let answer = Verified {
        model: world.model.to_bytes(),
        digest: proven.digest.to_be_bytes(),
        setup: SetupKind::Development,
    };
    assert_eq!(Verified::decode(&outcome.return_data), Ok(answer));
    assert_eq!(world.net.account(&world.model), before, "verify leaves no trace");
}

#[test]
fn every_value_of_the_domain_verifies_at_its_limits() {
    let mut world = World::active();
    for value in [-128, -1, 0, 127] {
        world.verify(&Echo::shared().prove(value, CONTEXT)).expect_ok();
    }
}

#[test]
fn a_context_is_bound_in_each_of_its_bytes() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    for byte in 0..32 {
        let mut context = CONTEXT;
        context[byte] ^= 1;
        refused(&world.verify(&Proven { context, ..proven.clone() }), "ProofInvalid");
    }
}

#[test]
fn limbs_are_bound() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    for position in 0..2 {
        let mut limbs = proven.limbs.clone();
        limbs[position] = Scalar::from(4_u64 + 128);
        refused(&world.verify(&Proven { limbs, ..proven.clone() }), "ProofInvalid");
    }
}

#[test]
fn a_limb_at_the_fields_order_is_not_reduced() {
    let mut world = World::active();
    let proven = Echo::shared().prove(-128, CONTEXT);
    assert_eq!(proven.limbs[0], Scalar::ZERO);
    let mut verify = verifier::verify(world.model, &proven.proof, CONTEXT, &proven.limbs);
    let first_limb = 8 + 256 + 32 + 4;
    verify.data[first_limb..first_limb + 32].copy_from_slice(&Scalar::MODULUS); // zero, had it been reduced
    refused(&world.stranger_sends(verify.clone()), "LimbNotCanonical");
    verify.data[first_limb..first_limb + 32].copy_from_slice(&[0xff; 32]);
    refused(&world.stranger_sends(verify), "LimbNotCanonical");
}

#[test]
fn the_limb_count_is_the_models() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    for count in [0, 1, 3, 20] {
        let limbs = proven.limbs.iter().copied().cycle().take(count).collect();
        refused(&world.verify(&Proven { limbs, ..proven.clone() }), "LimbCount");
    }
}

#[test]
fn every_point_of_a_proof_counts() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    for (start, end) in [(0, 64), (64, 192), (192, 256)] {
        let mut zeroed = *proven.proof.as_bytes();
        zeroed[start..end].fill(0);
        let proof = Proof::from_bytes(zeroed);
        refused(&world.verify(&Proven { proof, ..proven.clone() }), "ProofIdentity");
        let mut flipped = *proven.proof.as_bytes();
        flipped[end - 1] ^= 1;
        let proof = Proof::from_bytes(flipped);
        refused(&world.verify(&Proven { proof, ..proven.clone() }), "ProofInvalid");
    }
    let other = Echo::shared().prove(4, CONTEXT);
    refused(&world.verify(&Proven { proof: other.proof, ..proven }), "ProofInvalid");
}

#[test]
fn a_proof_of_another_model_is_refused() {
    let mut world = World::active();
    let proven = Echo::other().prove(3, CONTEXT);
    refused(&world.verify(&proven), "ProofInvalid");
}

#[test]
fn only_active_models_verify() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let proven = Echo::shared().prove(3, CONTEXT);
    world.net.advance(1_000_000);
    refused(&world.verify(&proven), "ModelProposed");
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
    world.verify(&proven).expect_ok();
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    refused(&world.verify(&proven), "ModelSuspended");
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    refused(&world.verify(&proven), "ModelRetired");
}

#[test]
fn a_model_is_an_account_of_this_program_and_of_this_kind() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let address = Address::new_from_array([8; 32]);
    let verify = verifier::verify(address, &proven.proof, CONTEXT, &proven.limbs);

    let mut foreign = world.net.account(&world.model).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    world.net.set_account(address, foreign);
    refused(&world.stranger_sends(verify.clone()), "IllegalOwner");

    world.record(&proven).expect_ok();
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    let on_receipt = verifier::verify(receipt, &proven.proof, CONTEXT, &proven.limbs);
    refused(&world.stranger_sends(on_receipt), "AccountDataTooSmall");

    let mut truncated = world.net.account(&world.model).unwrap();
    truncated.data.pop();
    world.net.set_account(address, truncated);
    refused(&world.stranger_sends(verify.clone()), "AccountDataTooSmall");

    let nowhere = Address::new_from_array([9; 32]);
    let on_nothing = verifier::verify(nowhere, &proven.proof, CONTEXT, &proven.limbs);
    refused(&world.stranger_sends(on_nothing), "UninitializedAccount");
}

#[test]
fn truncated_instruction_data_is_refused() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let whole = verifier::verify(world.model, &proven.proof, CONTEXT, &proven.limbs);
    for length in [8, 9, 8 + 256, whole.data.len() - 64, whole.data.len() - 1] {
        let mut cut = whole.clone();
        cut.data.truncate(length);
        refused(&world.stranger_sends(cut), "InvalidInstructionData");
    }
    let mut huge = whole;
    huge.data[8 + 256 + 32..8 + 256 + 36].copy_from_slice(&u32::MAX.to_le_bytes());
    refused(&world.stranger_sends(huge), "InvalidInstructionData");
}
