use assay_interface::verifier::audit_extend;
use assay_verifier::{AccountClosed, Receipt};
use assay_verifier_host as verifier;
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{Echo, World, emitted, refused};

#[test]
fn the_rent_returns_to_who_paid_it() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, [1; 32]);
    world.record(&proven).expect_ok();
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    let (payer, rent) = (world.stranger.pubkey(), world.lamports(&receipt));
    let close = verifier::close_receipt(payer, receipt);

    world.net.advance(Receipt::LIFETIME - 1);
    refused(&world.stranger_sends(close.clone()), "TooEarlyToClose");
    world.net.advance(1);
    let before = world.lamports(&payer);
    let outcome = world.stranger_sends(close.clone()).expect_ok();
    emitted(&outcome, &AccountClosed { account: receipt, payer });
    let fee = 5_000;
    assert_eq!(world.lamports(&payer), before + rent - fee);
    assert_eq!(world.lamports(&receipt), 0);
    refused(&world.stranger_sends(close), "AccountDataTooSmall");
}

/// What closing gives up: the statement has no receipt, a proof is wanted again, and the audit chain grows a second time.
#[test]
fn a_closed_receipt_stands_for_nothing_and_can_be_written_again() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, [1; 32]);
    world.record(&proven).expect_ok();
    let chain = world.state().audit_chain;
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    world.net.advance(Receipt::LIFETIME);
    world.stranger_sends(verifier::close_receipt(world.stranger.pubkey(), receipt)).expect_ok();

    refused(&world.record_without_proof(&proven), "ReceiptMissing");
    world.record(&proven).expect_ok();
    let again = world.receipt(&proven.digest).unwrap();
    assert_eq!((again.index, again.recorded_at), (1, world.net.now()));
    assert_eq!(world.state().audit_chain, audit_extend(&chain, &again.digest, again.recorded_at));
}

/// Closed and revived within one transaction: what is left of it stands for nothing.
#[test]
fn a_receipt_does_not_outlive_its_closing_within_a_transaction() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, [1; 32]);
    world.record(&proven).expect_ok();
    world.net.advance(Receipt::LIFETIME);
    let payer = world.stranger.pubkey();
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    let close = verifier::close_receipt(payer, receipt);
    let without =
        verifier::record_without_proof(payer, world.model, proven.context, &proven.limbs, &proven.digest);
    refused(&world.net.send(&[close.clone(), without], &[&world.stranger]), "ReceiptMissing");
    let record = world.record_instruction(&proven);
    world.net.send(&[close, record], &[&world.stranger]).expect_ok();
    assert_eq!(world.receipt(&proven.digest).unwrap().index, 1);
}

#[test]
fn only_who_paid_closes_and_only_a_receipt() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, [1; 32]);
    world.record(&proven).expect_ok();
    world.net.advance(Receipt::LIFETIME);
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    let close = verifier::close_receipt(world.stranger.pubkey(), receipt);

    let by_other = verifier::close_receipt(world.authority.pubkey(), receipt);
    refused(&world.authority_sends(by_other), "NotPayer");
    let mut unsigned = close.clone();
    unsigned.accounts[0].is_signer = false;
    refused(&world.authority_sends(unsigned), "MissingRequiredSignature");
    let mut read_only = close.clone();
    read_only.accounts[1].is_writable = false;
    refused(&world.stranger_sends(read_only), "Custom(2000)"); // Anchor's ConstraintMut
    let on_model = verifier::close_receipt(world.stranger.pubkey(), world.model);
    refused(&world.stranger_sends(on_model), "InvalidAccountData");

    let mut foreign = world.net.account(&receipt).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    world.net.set_account(receipt, foreign);
    refused(&world.stranger_sends(close), "IllegalOwner");
}
