use assay_interface::field::Scalar;
use assay_interface::groth16::SetupKind;
use assay_interface::verifier::{audit_extend, audit_start};
use assay_verifier::StatementRecorded;
use assay_verifier_host::{self as verifier, Verified};
use bytemuck::bytes_of;
use solana_account::Account;
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
        let receipt = world.receipt(&proven.digest).unwrap();
        world.net.advance(9);
        world.record(&proven).expect_ok();
        let again = echo.prove_blinded(3, CONTEXT, 99);
        assert_ne!(again.proof, proven.proof);
        assert_eq!(again.digest, proven.digest);
        world.record(&again).expect_ok();
        assert_eq!((world.state().accepted, world.state().audit_chain), (1, before));
        assert_eq!(bytes_of(&world.receipt(&proven.digest).unwrap()), bytes_of(&receipt));
    }
}

/// A stranger saw the proof in flight and recorded it first: whoever needed it recorded succeeds, with the proof or without.
#[test]
fn who_records_first_stops_nobody() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let by_thief = verifier::record(
        world.authority.pubkey(),
        world.model,
        &proven.proof,
        CONTEXT,
        &proven.limbs,
        &proven.digest,
    );
    world.authority_sends(by_thief).expect_ok();
    let expected = Verified {
        model: world.model.to_bytes(),
        digest: proven.digest.to_be_bytes(),
        setup: SetupKind::Development,
    };
    let state = bytes_of(&world.state()).to_vec();
    for outcome in [world.record(&proven), world.record_without_proof(&proven)] {
        assert_eq!(Verified::decode(&outcome.expect_ok().return_data), Ok(expected));
        assert_eq!(bytes_of(&world.state()), state);
    }
    assert_eq!(world.receipt(&proven.digest).unwrap().payer, world.authority.pubkey());
}

#[test]
fn a_receipt_stands_for_its_statement_only() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, CONTEXT);
        refused(&world.record_without_proof(&proven), "ReceiptMissing");
        world.record(&proven).expect_ok();
        world.record_without_proof(&proven).expect_ok();

        // Another statement, at its own address and at that of the receipt.
        let other = echo.prove(4, CONTEXT);
        refused(&world.record_without_proof(&other), "ReceiptMissing");
        let at_receipt = Proven { digest: proven.digest, ..other.clone() };
        refused(&world.record_without_proof(&at_receipt), "WrongAddress");
        refused(&world.record(&at_receipt), "WrongAddress");
        refused(&world.record_without_proof(&Proven { context: [1; 32], ..proven.clone() }), "WrongAddress");
        refused(&world.record_without_proof(&Proven { limbs: vec![], ..proven.clone() }), "LimbCount");

        // A proof that is brought must be one, receipt or not.
        let wrong = Proven { proof: other.proof, ..proven.clone() };
        refused(&world.record(&wrong), "ProofInvalid");
        assert_eq!(world.state().accepted, 1);
    }
}

#[test]
fn a_receipt_is_worth_nothing_while_its_model_is_stopped() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    world.record(&proven).expect_ok();
    world.sends_as_authority(verifier::suspend).expect_ok();
    refused(&world.record_without_proof(&proven), "ModelSuspended");
    refused(&world.record(&proven), "ModelSuspended");
    world.sends_as_authority(verifier::resume).expect_ok();
    refused(&world.record_without_proof(&proven), "ModelProposed");
    world.sends_as_authority(verifier::retire).expect_ok();
    refused(&world.record_without_proof(&proven), "ModelRetired");
}

/// What somebody might put at a receipt's address, if he could.
#[test]
fn an_account_that_is_no_receipt_stands_for_none() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    world.record(&proven).expect_ok();
    let address = verifier::receipt_address(&world.model, &proven.digest);
    let honest = world.net.account(&address).unwrap();
    let changed = |change: fn(&mut Account)| {
        let mut account = honest.clone();
        change(&mut account);
        account
    };
    let stranger = |account: &mut Account| account.owner = Address::new_from_array([7; 32]);
    for (account, error) in [
        (changed(stranger), "NotAReceipt"),
        (changed(|account| account.owner = Address::default()), "NotAReceipt"),
        (changed(|account| account.data[..8].fill(0)), "NotAReceipt"),
        (changed(|account| account.data.truncate(100)), "NotAReceipt"),
        (changed(|account| account.data.clear()), "NotAReceipt"),
        (changed(|account| account.data.push(0)), "NotAReceipt"),
        (changed(|account| account.data[8 + 24] ^= 1), "WrongAddress"), // the model
        (changed(|account| account.data[8 + 56] ^= 1), "WrongAddress"), // the digest
    ] {
        world.net.set_account(address, account);
        refused(&world.record_without_proof(&proven), error);
        refused(&world.record(&proven), error);
    }
    // The model's own account, which the program owns as well.
    let mut on_model = world.record_instruction(&proven);
    on_model.accounts[2].pubkey = world.model;
    assert!(!world.stranger_sends(on_model).error().is_empty());
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
