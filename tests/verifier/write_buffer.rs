use assay_interface::pda;
use assay_verifier_host::buffer::{CHUNK, buffer_address, write_buffer};
use assay_verifier_host::{self as verifier, Buffer, ID};
use solana_address::Address;
use solana_signer::Signer;

use crate::batch::{one_batch, proofs};
use crate::buffer::NONCE;
use crate::support::{Echo, World, refused};

#[test]
fn a_batch_arrives_piece_by_piece() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, 5));
    assert!(batch.bytes.len() > CHUNK);
    let buffer = world.fill_buffer(&batch);
    assert_eq!(world.buffered(), batch.bytes);
    let data = world.net.account(&buffer).unwrap().data;
    let header: Buffer = assay_host::account::decode(&ID, &data[..Buffer::START]).unwrap();
    assert_eq!((header.payer, header.nonce, header.version), (world.stranger.pubkey(), NONCE, 1));
    let (payer, nonce) = (world.stranger.pubkey(), NONCE.to_le_bytes());
    let seeds = [pda::verifier::BUFFER, payer.as_array(), &nonce];
    assert_eq!(Address::find_program_address(&seeds, &ID), (buffer, header.bump));
}

/// The rent is that of the length, paid as it grows.
#[test]
fn the_payer_pays_for_what_it_writes() {
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    for (offset, length) in [(0, 10), (0, 10), (5, 5), (10, 500), (2_000, 1), (0, 1)] {
        let before = (world.lamports(&payer), world.lamports(&world.buffer()));
        world.stranger_sends(write_buffer(payer, NONCE, offset, &vec![7; length])).expect_ok();
        let grown = world.lamports(&world.buffer()) - before.1;
        let fee = 5_000;
        assert_eq!(world.lamports(&payer), before.0 - grown - fee);
    }
    let bytes = world.buffered();
    assert_eq!(bytes.len(), 2_001);
    assert!(bytes[..510].iter().all(|byte| *byte == 7));
    assert!(bytes[510..2_000].iter().all(|byte| *byte == 0), "what was never written is zero");
    assert_eq!(bytes[2_000], 7);
}

#[test]
fn a_buffer_grows_by_so_much_at_once_and_to_the_longest_batch() {
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let mut write = |offset: usize, bytes: &[u8]| {
        world.stranger_sends(write_buffer(payer, NONCE, u32::try_from(offset).unwrap(), bytes))
    };
    let first = Buffer::MAX_GROWTH - Buffer::START;
    refused(&write(first, &[1]), "BufferGrowth");
    write(first, &[]).expect_ok();
    refused(&write(first + Buffer::MAX_GROWTH, &[1]), "BufferGrowth");
    let mut length = first;
    while length < Buffer::MAX_LEN {
        length = Buffer::MAX_LEN.min(length + Buffer::MAX_GROWTH);
        write(length - 1, &[1]).expect_ok();
    }
    refused(&write(Buffer::MAX_LEN, &[1]), "BufferLength");
    refused(&write(Buffer::MAX_LEN - 1, &[1, 2]), "BufferLength");
    refused(&write(u32::MAX as usize, &[1]), "BufferLength");
    write(Buffer::MAX_LEN, &[]).expect_ok();
}

#[test]
fn only_its_payer_writes_into_a_buffer() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, 2));
    let buffer = world.fill_buffer(&batch);
    let payer = world.stranger.pubkey();
    let write = write_buffer(payer, NONCE, 0, &[1; 8]);

    let mut by_other = write.clone();
    by_other.accounts[0].pubkey = world.authority.pubkey();
    refused(&world.authority_sends(by_other), "NotPayer");
    let mut unsigned = write.clone();
    unsigned.accounts[0].is_signer = false;
    refused(&world.authority_sends(unsigned), "MissingRequiredSignature");
    let mut of_another_nonce = write_buffer(payer, NONCE + 1, 0, &[1; 8]);
    of_another_nonce.accounts[1].pubkey = buffer;
    refused(&world.stranger_sends(of_another_nonce), "WrongAddress");
    let mut elsewhere = write.clone();
    elsewhere.accounts[1].pubkey = buffer_address(&payer, NONCE + 1);
    refused(&world.stranger_sends(elsewhere), "WrongAddress");
    let mut read_only = write.clone();
    read_only.accounts[1].is_writable = false;
    assert!(!world.stranger_sends(read_only).is_ok());
    assert_eq!(world.buffered(), batch.bytes);
}

#[test]
fn nothing_else_is_written() {
    let echo = Echo::shared();
    let mut world = World::active();
    let proven = echo.prove(3, [1; 32]);
    world.record(&proven).expect_ok();
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    let foreign = Address::new_from_array([8; 32]);
    let mut account = world.net.account(&receipt).unwrap();
    account.owner = Address::new_from_array([7; 32]);
    world.net.set_account(foreign, account);
    for other in [world.model, receipt, foreign] {
        let before = world.net.account(&other);
        let mut write = write_buffer(world.stranger.pubkey(), NONCE, 0, &[1; 8]);
        write.accounts[1].pubkey = other;
        refused(&world.stranger_sends(write), "NotABuffer");
        assert_eq!(world.net.account(&other), before);
    }
}

/// Whoever sends lamports to the address of a buffer to come stops nobody.
#[test]
fn an_address_with_lamports_becomes_a_buffer() {
    let mut world = World::active();
    let buffer = world.buffer();
    world.net.airdrop(&buffer, 1_000_000);
    world.stranger_sends(write_buffer(world.stranger.pubkey(), NONCE, 0, &[1; 600])).expect_ok();
    assert_eq!(world.buffered(), [1; 600]);
}
