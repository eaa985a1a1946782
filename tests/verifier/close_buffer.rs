use assay_verifier::AccountClosed;
use assay_verifier_host::buffer::{close_buffer, verify_buffer, write_buffer};
use solana_address::Address;
use solana_signer::Signer;

use crate::batch::{one_batch, proofs};
use crate::buffer::NONCE;
use crate::support::{Echo, World, emitted, refused};

#[test]
fn the_rent_returns_to_who_paid_it_at_any_time() {
    let echo = Echo::shared();
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let batch = one_batch(echo, &proofs(echo, 5));
    let buffer = world.fill_buffer(&batch);
    let (before, rent) = (world.lamports(&payer), world.lamports(&buffer));
    let close = close_buffer(payer, NONCE);
    let outcome = world.stranger_sends(close.clone()).expect_ok();
    emitted(&outcome, &AccountClosed { account: buffer, payer });
    let fee = 5_000;
    assert_eq!(world.lamports(&payer), before + rent - fee);
    assert_eq!(world.lamports(&buffer), 0);
    refused(&world.stranger_sends(close), "AccountDataTooSmall");
    let verify = verify_buffer(world.model, buffer);
    assert!(!world.stranger_sends_limited(verify).is_ok());
}

#[test]
fn the_same_nonce_serves_again_and_nothing_is_left_of_what_was() {
    let echo = Echo::shared();
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    world.fill_buffer(&one_batch(echo, &proofs(echo, 5)));
    world.stranger_sends(close_buffer(payer, NONCE)).expect_ok();
    let shorter = one_batch(echo, &proofs(echo, 2));
    let buffer = world.fill_buffer(&shorter);
    assert_eq!(world.buffered(), shorter.bytes);
    let verify = verify_buffer(world.model, buffer);
    world.stranger_sends_limited(verify).expect_ok();

    // Closed and written again within one transaction: zeros, where nothing was written.
    let again = [close_buffer(payer, NONCE), write_buffer(payer, NONCE, 100, &[1])];
    world.net.send(&again, &[&world.stranger]).expect_ok();
    assert_eq!(world.buffered(), [vec![0; 100], vec![1]].concat());
}

#[test]
fn only_who_paid_closes_and_only_a_buffer() {
    let echo = Echo::shared();
    let mut world = World::active();
    let buffer = world.fill_buffer(&one_batch(echo, &proofs(echo, 2)));
    let close = close_buffer(world.stranger.pubkey(), NONCE);

    let mut by_other = close.clone();
    by_other.accounts[0].pubkey = world.authority.pubkey();
    refused(&world.authority_sends(by_other), "NotPayer");
    let mut unsigned = close.clone();
    unsigned.accounts[0].is_signer = false;
    refused(&world.authority_sends(unsigned), "MissingRequiredSignature");
    let mut read_only = close.clone();
    read_only.accounts[1].is_writable = false;
    refused(&world.stranger_sends(read_only), "Custom(2000)"); // Anchor's ConstraintMut
    let mut on_model = close.clone();
    on_model.accounts[1].pubkey = world.model;
    refused(&world.stranger_sends(on_model), "InvalidAccountData");

    let mut foreign = world.net.account(&buffer).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    world.net.set_account(buffer, foreign);
    refused(&world.stranger_sends(close), "IllegalOwner");
}
