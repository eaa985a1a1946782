//! `create_source`: one source for each account of the push oracle, and for no other.

use assay_feed_host::{PythFeed, SourceKeys};
use assay_feed_interface::{Kind, PriceV1, SpotError};
use bytemuck::Zeroable;
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{SOL, T, World, refused, update, with_account};

#[test]
fn anyone_creates_the_source_of_an_oracles_account() {
    let world = World::new();
    let source = world.source();
    let header =
        PriceV1 { version: 1, kind: Kind::Pyth as u8, bump: source.header.bump, ..PriceV1::zeroed() };
    assert_eq!(source.header, header);
    assert_eq!((source.feed_id, source.pinned), (SOL.id, world.keys.pinned.to_bytes()));
    assert_eq!(source.payer, world.payer.pubkey().to_bytes());
    assert_eq!(source.spot(T, 30), Err(SpotError::Empty));
    assert!(source.minutes.iter().all(|minute| minute.price == 0));
    assert!(source.hours.iter().all(|hour| hour.price == 0));
}

#[test]
fn shards_have_sources_of_their_own() {
    let mut world = World::new();
    let other = PythFeed { shard: 1, ..SOL };
    let keys = SourceKeys::of(&other);
    assert_ne!(keys, world.keys);
    let create = keys.create(world.payer.pubkey(), &other);
    world.send(create).expect_ok();
}

#[test]
fn only_the_oracles_own_account_is_pinned() {
    let mut world = World::empty();
    let payer = world.payer.pubkey();
    // Another shard's, another feed's, the attacker's: each with the source's address that belongs to it.
    for other in [PythFeed { shard: 256, ..SOL }, PythFeed { id: [0xc1; 32], ..SOL }] {
        let keys = SourceKeys::of(&other);
        refused(&world.send(keys.create(payer, &SOL)), "WrongPinnedAccount");
    }
    let own = Address::new_from_array([9; 32]);
    let seeds: [&[u8]; 3] = [b"source", &[0], own.as_ref()];
    let source = Address::find_program_address(&seeds, &assay_feed_host::ID).0;
    let keys = SourceKeys { source, pinned: own };
    refused(&world.send(keys.create(payer, &SOL)), "WrongPinnedAccount");
}

#[test]
fn the_address_is_the_pinned_accounts() {
    let mut world = World::empty();
    let create = world.keys.create(world.payer.pubkey(), &SOL);
    let other = SourceKeys::of(&PythFeed { shard: 7, ..SOL }).source;
    for wrong in [other, Address::new_from_array([3; 32])] {
        refused(&world.send(with_account(create.clone(), 1, wrong)), "InvalidSeeds");
    }
    // The address that a source of another kind has.
    let seeds: [&[u8]; 3] = [b"source", &[1], world.keys.pinned.as_ref()];
    let feeds = Address::find_program_address(&seeds, &assay_feed_host::ID).0;
    refused(&world.send(with_account(create, 1, feeds)), "InvalidSeeds");
}

#[test]
fn a_source_is_created_once() {
    let mut world = World::new();
    world.refresh(&update(100.0, T)).expect_ok();
    let before = world.source();
    let create = world.keys.create(world.payer.pubkey(), &SOL);
    let outcome = world.send(create);
    assert!(!outcome.is_ok());
    assert_eq!(world.source(), before);
}

#[test]
fn lamports_at_the_address_do_not_keep_the_source_away() {
    for lamports in [1, 890_880, 1_000_000_000] {
        let mut world = World::empty();
        world.net.set_account(world.keys.source, Account { lamports, ..Account::default() });
        let create = world.keys.create(world.payer.pubkey(), &SOL);
        world.send(create).expect_ok();
        assert_eq!(world.source().feed_id, SOL.id);
    }
}

#[test]
fn the_payer_signs_and_the_system_program_is_the_system_program() {
    let mut world = World::empty();
    let stranger = world.net.fund();
    let mut create = world.keys.create(world.payer.pubkey(), &SOL);
    create.accounts[0].is_signer = false;
    let outcome = world.net.send(&[create], &[&stranger]);
    refused(&outcome, "MissingRequiredSignature");
    let create = world.keys.create(world.payer.pubkey(), &SOL);
    let outcome = world.send(with_account(create, 3, assay_feed_host::ID));
    refused(&outcome, "IncorrectProgramId");
}
