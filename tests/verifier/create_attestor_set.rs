use assay_interface::verifier::{AttestorSet as SetFacts, attestor_set_id};
use assay_verifier::{AttestorSet, AttestorSetArgs, AttestorSetCreated, accounts, instruction};
use assay_verifier_host::{self as verifier, Attestors};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::support::{World, emitted, refused};

fn member(byte: u8) -> Address {
    Address::new_from_array([byte; 32])
}

/// `create_attestor_set` with these members as they are, at the address of the set that they would be.
fn raw(payer: Address, threshold: u8, members: &[Address]) -> Instruction {
    let attestors: Vec<[u8; 32]> = members.iter().map(Address::to_bytes).collect();
    let id = attestor_set_id(threshold, &attestors);
    let (set, _) = Address::find_program_address(&[b"attestors", &id], &verifier::ID);
    let accounts = accounts::CreateAttestorSet { payer, set, system_program: Address::default() };
    let args = AttestorSetArgs { attestors: attestors.into(), threshold };
    instruction::CreateAttestorSet { args }.to_instruction(accounts)
}

#[test]
fn a_set_says_who_and_how_many() {
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let set = Attestors::new(2, &[member(3), member(1), member(2)]);
    let outcome = world.stranger_sends(set.create(payer)).expect_ok();
    emitted(&outcome, &AttestorSetCreated { set: set.address(), count: 3, threshold: 2 });
    let state: AttestorSet = world.net.read(&set.address()).unwrap().unwrap();
    assert_eq!(state.members().unwrap(), [member(1), member(2), member(3)]);
    assert_eq!((state.payer, state.threshold, state.reserved), (payer, 2, [0; 28]));
    let account = world.net.account(&set.address()).unwrap();
    let facts = SetFacts::read(&account.data).unwrap();
    assert_eq!((facts.attestors, facts.threshold), (&[[1; 32], [2; 32], [3; 32]][..], 2));
}

#[test]
fn another_threshold_or_member_is_another_set() {
    let addresses = [
        Attestors::new(1, &[member(1), member(2)]),
        Attestors::new(2, &[member(1), member(2)]),
        Attestors::new(1, &[member(1), member(3)]),
        Attestors::new(1, &[member(1)]),
    ]
    .map(|set| set.address());
    for (i, a) in addresses.iter().enumerate() {
        assert!(addresses.iter().skip(i + 1).all(|b| a != b));
    }
}

#[test]
fn a_set_is_one_list_that_can_agree() {
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let nine: Vec<Address> = (1..10).map(member).collect();
    for (threshold, members) in [
        (0, &nine[..1]),
        (2, &nine[..1]),
        (255, &nine[..8]),
        (1, &[][..]),
        (0, &[][..]),
        (1, &nine[..]),
        (1, &[member(2), member(1)][..]),
        (2, &[member(1), member(1)][..]),
        (1, &[member(0)][..]),
        (1, &[member(0), member(1)][..]),
    ] {
        refused(&world.stranger_sends(raw(payer, threshold, members)), "AttestorSetMalformed");
    }
    world.stranger_sends(raw(payer, 8, &nine[..8])).expect_ok();
    world.stranger_sends(raw(payer, 1, &nine[..1])).expect_ok();
}

#[test]
fn a_set_is_created_once_and_at_its_address() {
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let set = Attestors::new(1, &[member(1)]);
    let mut elsewhere = set.create(payer);
    elsewhere.accounts[1].pubkey = Attestors::new(1, &[member(2)]).address();
    refused(&world.stranger_sends(elsewhere), "WrongAddress");
    world.net.airdrop(&set.address(), 1);
    world.stranger_sends(set.create(payer)).expect_ok();
    refused(&world.stranger_sends(set.create(payer)), "AttestorSetExists");
    let mut unsigned = Attestors::new(1, &[member(2)]).create(payer);
    unsigned.accounts[0].is_signer = false;
    refused(&world.authority_sends(unsigned), "MissingRequiredSignature");
}
