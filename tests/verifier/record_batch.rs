use assay_interface::field::Scalar;
use assay_interface::verifier::{VerifiedBatch, audit_extend, audit_start, digests_hash};
use assay_verifier::StatementRecorded;
use assay_verifier_host::{self as verifier};
use solana_address::Address;
use solana_signer::Signer;

use crate::batch::{digests, one_batch, proofs};
use crate::support::{Echo, World, emitted, refused};

#[test]
fn every_statement_gets_its_receipt() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proofs = proofs(echo, 3);
        let batch = one_batch(echo, &proofs);
        let mut chain = audit_start(&world.state().id);
        let outcome = world.record_batch(&batch.bytes, &batch.digests).expect_ok();
        let answer = VerifiedBatch::decode(&outcome.return_data).unwrap();
        assert_eq!((answer.count, answer.digests_hash), (3, digests_hash(&digests(&proofs))));
        for (index, proven) in (0..).zip(&proofs) {
            let receipt = world.receipt(&proven.digest).unwrap();
            assert_eq!((receipt.index, receipt.context, receipt.model), (index, proven.context, world.model));
            assert_eq!(
                (receipt.digest, receipt.payer),
                (proven.digest.to_be_bytes(), world.stranger.pubkey())
            );
            chain = audit_extend(&chain, &receipt.digest, receipt.recorded_at);
            emitted(
                &outcome,
                &StatementRecorded {
                    model: world.model,
                    digest: receipt.digest,
                    context: receipt.context,
                    index,
                    recorded_at: receipt.recorded_at,
                    audit_chain: chain,
                },
            );
        }
        assert_eq!((world.state().accepted, world.state().audit_chain), (3, chain));
    }
}

/// Whoever records a statement before, or a batch again, stops nobody and counts nothing twice.
#[test]
fn what_has_a_receipt_is_left_as_it_is() {
    let echo = Echo::shared();
    let mut world = World::active();
    let proofs = proofs(echo, 3);
    world.record(&proofs[1]).expect_ok();
    let first = world.receipt(&proofs[1].digest);
    world.net.advance(10);
    let batch = one_batch(echo, &proofs);
    world.record_batch(&batch.bytes, &batch.digests).expect_ok();
    assert_eq!(world.state().accepted, 3);
    let again = world.receipt(&proofs[1].digest).unwrap();
    assert_eq!(
        (again.index, again.recorded_at),
        first.map(|receipt| (receipt.index, receipt.recorded_at)).unwrap()
    );
    let before = world.state().audit_chain;
    world.record_batch(&batch.bytes, &batch.digests).expect_ok();
    assert_eq!((world.state().accepted, world.state().audit_chain), (3, before));
}

#[test]
fn a_statement_twice_in_a_batch_has_one_receipt() {
    let echo = Echo::shared();
    let mut world = World::active();
    let two = proofs(echo, 2);
    let blinded = echo.prove_blinded(-5, [0; 32], 99);
    assert_eq!(blinded.digest, two[0].digest);
    let given = [two[0].clone(), two[1].clone(), blinded];
    let batch = one_batch(echo, &given);
    world.record_batch(&batch.bytes, &batch.digests).expect_ok();
    assert_eq!(world.state().accepted, 2);
    assert_eq!(world.receipt(&two[0].digest).unwrap().index, 0);
    assert_eq!(world.receipt(&two[1].digest).unwrap().index, 1);
}

#[test]
fn receipts_are_those_of_the_statements_in_their_order() {
    let echo = Echo::shared();
    let mut world = World::active();
    let proofs = proofs(echo, 3);
    let batch = one_batch(echo, &proofs);
    let [first, second, third] = digests(&proofs)[..] else { panic!("three proofs") };
    let other = echo.prove(50, [9; 32]).digest;
    let cases: [(&[Scalar], &str); 6] = [
        (&[first, second], "BatchReceipts"),
        (&[], "BatchReceipts"),
        (&[first, second, third, third], "BatchReceipts"),
        (&[second, first, third], "WrongAddress"),
        (&[first, second, other], "WrongAddress"),
        (&[first, first, third], "WrongAddress"),
    ];
    for (receipts, error) in cases {
        refused(&world.record_batch(&batch.bytes, receipts), error);
    }
    assert_eq!(world.state().accepted, 0);
    assert!([first, second, third].iter().all(|digest| world.receipt(digest).is_none()));
    // The model in place of a receipt, and a receipt of another statement that exists.
    let mut record =
        verifier::record_batch(world.stranger.pubkey(), world.model, &batch.bytes, &batch.digests);
    record.accounts[5].pubkey = world.model;
    assert!(!world.stranger_sends_v1(record.clone()).is_ok());
    let recorded = echo.prove(50, [9; 32]);
    world.record(&recorded).expect_ok();
    record.accounts[5].pubkey = verifier::receipt_address(&world.model, &recorded.digest);
    refused(&world.stranger_sends_v1(record), "WrongAddress");
}

#[test]
fn accounts_are_what_they_must_be() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, 2));
    let record = verifier::record_batch(world.stranger.pubkey(), world.model, &batch.bytes, &batch.digests);

    let mut not_signed = record.clone();
    not_signed.accounts[0].pubkey = world.authority.pubkey();
    not_signed.accounts[0].is_signer = false;
    refused(&world.stranger_sends_v1(not_signed), "MissingRequiredSignature");

    let mut foreign = world.net.account(&world.model).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    let address = Address::new_from_array([8; 32]);
    world.net.set_account(address, foreign);
    let mut on_foreign = record.clone();
    on_foreign.accounts[1].pubkey = address;
    refused(&world.stranger_sends_v1(on_foreign), "IllegalOwner");

    let mut no_system_program = record.clone();
    no_system_program.accounts[2].pubkey = assay_verifier::ID;
    refused(&world.stranger_sends_v1(no_system_program), "IncorrectProgramId");

    let mut bad = record;
    let last = bad.data.len() - 33;
    bad.data[last] ^= 1;
    assert!(!world.stranger_sends_v1(bad).is_ok());
    assert_eq!(world.state().accepted, 0);
}
