use assay_interface::field::Scalar;
use assay_interface::verifier::{audit_extend, audit_start};
use assay_verifier::StatementRecorded;
use assay_verifier_host as verifier;
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{Echo, Proven, World, emitted, refused};

const CONTEXT: [u8; 32] = [0xc7; 32];

#[test]
fn a_receipt_tells_what_was_proven_and_when() {
    let mut world = World::active();
    let proven = Echo::shared().prove(-5, CONTEXT);
    world.net.advance(17);
    let outcome = world.record(&proven).expect_ok();

    let receipt = world.receipt(&proven.digest).unwrap();
    assert_eq!(receipt.model, world.model);
    assert_eq!(receipt.digest, proven.digest.to_be_bytes());
    assert_eq!(receipt.context, CONTEXT);
    assert_eq!(receipt.recorded_at, world.net.now());
    assert_eq!(receipt.payer, world.stranger.pubkey());
    assert_eq!((receipt.index, receipt.setup, receipt.reserved), (0, 0, [0; 13]));
    let state = world.state();
    assert_eq!((state.accepted, state.last_accepted_at), (1, world.net.now()));
    emitted(
        &outcome,
        &StatementRecorded {
            model: world.model,
            digest: receipt.digest,
            context: CONTEXT,
            index: 0,
            recorded_at: receipt.recorded_at,
            audit_chain: state.audit_chain,
        },
    );
}

#[test]
fn the_audit_chain_follows_from_the_receipts() {
    let mut world = World::active();
    let id = world.state().id;
    let mut chain = audit_start(&id);
    assert_eq!(world.state().audit_chain, chain);
    for index in 0..4_u8 {
        let proven = Echo::shared().prove(i64::from(index), [index; 32]);
        world.record(&proven).expect_ok();
        let receipt = world.receipt(&proven.digest).unwrap();
        assert_eq!(receipt.index, u64::from(index));
        chain = audit_extend(&chain, &receipt.digest, receipt.recorded_at);
        assert_eq!(world.state().audit_chain, chain);
        world.net.advance(1);
    }
    assert_eq!(world.state().accepted, 4);
}

#[test]
fn a_statement_is_recorded_once_whatever_its_proof() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, CONTEXT);
        world.record(&proven).expect_ok();
        let before = world.state().audit_chain;
        refused(&world.record(&proven), "ReceiptExists");
        let again = echo.prove_blinded(3, CONTEXT, 99);
        assert_ne!(again.proof, proven.proof);
        assert_eq!(again.digest, proven.digest);
        refused(&world.record(&again), "ReceiptExists");
        assert_eq!((world.state().accepted, world.state().audit_chain), (1, before));
    }
}

#[test]
fn a_receipts_address_holds_its_statement_and_its_model() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let other = Echo::shared().prove(4, CONTEXT);
    let mut elsewhere = world.record_instruction(&proven);
    elsewhere.accounts[2].pubkey = verifier::receipt_address(&world.model, &other.digest);
    refused(&world.stranger_sends(elsewhere.clone()), "WrongAddress");
    elsewhere.accounts[2].pubkey =
        verifier::receipt_address(&Address::new_from_array([8; 32]), &proven.digest);
    refused(&world.stranger_sends(elsewhere), "WrongAddress");
    assert!(world.receipt(&other.digest).is_none());
}

#[test]
fn lamports_on_its_address_do_not_stop_a_receipt() {
    let mut world = World::active();
    for (value, lamports) in [(1, 1), (2, 1_000_000_000)] {
        let proven = Echo::shared().prove(value, CONTEXT);
        world.net.airdrop(&verifier::receipt_address(&world.model, &proven.digest), lamports);
        world.record(&proven).expect_ok();
        assert!(world.receipt(&proven.digest).is_some());
    }
}

#[test]
fn what_verify_refuses_record_refuses() {
    let mut world = World::active();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let proven = Echo::shared().prove(3, CONTEXT);
    let wrong_limb = Proven { limbs: vec![Scalar::ZERO; 2], ..proven.clone() };
    // The receipt's address comes from the digest that the client claims: the program computes its own.
    refused(&world.record(&wrong_limb), "ProofInvalid");
    refused(&world.record(&Proven { limbs: vec![], ..proven.clone() }), "LimbCount");
    refused(&world.record(&Echo::other().prove(3, CONTEXT)), "ProofInvalid");
    refused(&world.record(&Echo::committed().prove(3, CONTEXT)), "ProofForm");
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    refused(&world.record(&proven), "ModelSuspended");
    assert_eq!(world.state().accepted, 0);
}

#[test]
fn accounts_are_what_they_must_be() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let record = world.record_instruction(&proven);

    let mut not_signed = record.clone();
    not_signed.accounts[0].pubkey = world.authority.pubkey();
    not_signed.accounts[0].is_signer = false;
    refused(&world.stranger_sends(not_signed), "MissingRequiredSignature");

    let mut foreign = world.net.account(&world.model).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    let address = Address::new_from_array([8; 32]);
    world.net.set_account(address, foreign);
    let mut on_foreign = record.clone();
    on_foreign.accounts[1].pubkey = address;
    refused(&world.stranger_sends(on_foreign), "IllegalOwner");

    let mut no_system_program = record.clone();
    no_system_program.accounts[3].pubkey = assay_verifier::ID;
    refused(&world.stranger_sends(no_system_program), "IncorrectProgramId");

    let mut read_only = record;
    read_only.accounts[1].is_writable = false;
    refused(&world.stranger_sends(read_only), "Custom(2000)"); // Anchor's ConstraintMut
}
