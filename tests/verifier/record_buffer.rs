use assay_interface::field::Scalar;
use assay_interface::verifier::{VerifiedBatch, digests_hash};
use assay_verifier_host as verifier;
use assay_verifier_host::batch::Purpose;
use assay_verifier_host::buffer::{MAX_RECORDED, record_buffer};
use solana_signer::Signer;

use crate::batch::{digests, one_batch, proofs};
use crate::support::{Echo, World, refused};

#[test]
fn every_statement_gets_its_receipt_in_order() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proofs = proofs(echo, MAX_RECORDED);
        let batch = one_batch(echo, &proofs);
        world.fill_buffer(&batch);
        let check = world.through_buffer(&batch, Purpose::Record).check;
        let outcome = world.stranger_sends_limited(check).expect_ok();
        let answer = VerifiedBatch::decode(&outcome.return_data).unwrap();
        let count = MAX_RECORDED as u16;
        assert_eq!((answer.count, answer.digests_hash), (count, digests_hash(&digests(&proofs))));
        for (index, proven) in (0..).zip(&proofs) {
            let receipt = world.receipt(&proven.digest).unwrap();
            assert_eq!((receipt.index, receipt.context), (index, proven.context));
            assert_eq!((receipt.model, receipt.payer), (world.model, world.stranger.pubkey()));
        }
        assert_eq!(world.state().accepted, u64::from(count));
    }
}

/// It leaves what `record_batch` leaves, whoever's the buffer is; and what has a receipt stays as it is.
#[test]
fn it_is_record_batch_of_the_same_bytes() {
    let echo = Echo::shared();
    let mut world = World::active();
    let proofs = proofs(echo, 4);
    let batch = one_batch(echo, &proofs);
    world.record(&proofs[2]).expect_ok();
    let buffer = world.fill_buffer(&batch);
    let mut by_batch = world.net.clone();
    let of_batch =
        verifier::record_batch(world.authority.pubkey(), world.model, &batch.bytes, &batch.digests);
    by_batch.send_v1(&[of_batch], &[&world.authority], 1_400_000).expect_ok();

    let record = record_buffer(world.authority.pubkey(), world.model, buffer, &batch.digests);
    let limit = assay_host::compute_budget::limit(1_400_000);
    world.net.send(&[limit.clone(), record.clone()], &[&world.authority]).expect_ok();
    let receipts = batch.digests.iter().map(|digest| verifier::receipt_address(&world.model, digest));
    for address in receipts.chain([world.model]) {
        assert_eq!(world.net.account(&address), by_batch.account(&address));
    }
    assert_eq!(world.receipt(&proofs[2].digest).unwrap().index, 0);
    let before = world.net.account(&world.model);
    world.net.send(&[limit, record], &[&world.authority]).expect_ok();
    assert_eq!(world.net.account(&world.model), before, "the second time changes nothing");
}

#[test]
fn receipts_are_those_of_the_statements_in_their_order() {
    let echo = Echo::shared();
    let mut world = World::active();
    let proofs = proofs(echo, 3);
    let buffer = world.fill_buffer(&one_batch(echo, &proofs));
    let [first, second, third] = digests(&proofs)[..] else { panic!("three proofs") };
    let other = echo.prove(50, [9; 32]).digest;
    let cases: [(&[Scalar], &str); 5] = [
        (&[first, second], "BatchReceipts"),
        (&[], "BatchReceipts"),
        (&[first, second, third, third], "BatchReceipts"),
        (&[second, first, third], "WrongAddress"),
        (&[first, second, other], "WrongAddress"),
    ];
    let payer = world.stranger.pubkey();
    for (receipts, error) in cases {
        let record = record_buffer(payer, world.model, buffer, receipts);
        refused(&world.stranger_sends_limited(record), error);
    }
    // The buffer, and the model, in place of a receipt.
    for account in [buffer, world.model] {
        let mut record = record_buffer(payer, world.model, buffer, &[first, second, third]);
        record.accounts[5].pubkey = account;
        assert!(!world.stranger_sends_limited(record).is_ok());
    }
    assert_eq!(world.state().accepted, 0);
    assert!([first, second, third].iter().all(|digest| world.receipt(digest).is_none()));
}

#[test]
fn accounts_are_what_they_must_be() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, 2));
    let buffer = world.fill_buffer(&batch);
    let record = record_buffer(world.stranger.pubkey(), world.model, buffer, &batch.digests);

    let mut unsigned = record.clone();
    unsigned.accounts[0].is_signer = false;
    refused(&world.authority_sends(unsigned), "MissingRequiredSignature");
    let mut read_only = record.clone();
    read_only.accounts[1].is_writable = false;
    refused(&world.stranger_sends_limited(read_only), "Custom(2000)"); // Anchor's ConstraintMut
    let mut on_model = record.clone();
    on_model.accounts[2].pubkey = world.model;
    assert!(!world.stranger_sends_limited(on_model).is_ok());
    let mut bad = world.net.account(&buffer).unwrap();
    let last = bad.data.len() - 1;
    bad.data[last] ^= 1;
    world.net.set_account(buffer, bad);
    assert!(!world.stranger_sends_limited(record.clone()).is_ok());
    assert_eq!(world.state().accepted, 0);
    let suspend = verifier::suspend(world.authority.pubkey(), world.model);
    world.authority_sends(suspend).expect_ok();
    refused(&world.stranger_sends_limited(record), "ModelSuspended");
}
