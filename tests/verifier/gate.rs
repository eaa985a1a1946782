//! `verify` by CPI, through the smallest program that acts on a proof.

use assay_gate::{Gate, accounts, instruction};
use assay_localnet::{Localnet, Outcome};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{Echo, Proven, World, fixed_key, refused};

/// A gate in the runtime of `world`.
pub fn create_gate(world: &mut World, seed: u8, model: Address, accepts_development: u8) -> Address {
    world.net.deploy(assay_gate::ID, "assay_gate").unwrap();
    let key = fixed_key(seed);
    let create = instruction::Create { model, accepts_development }.to_instruction(accounts::Create {
        payer: world.authority.pubkey(),
        gate: key.pubkey(),
        system_program: Address::default(),
    });
    world.net.send(&[create], &[&world.authority, &key]).expect_ok();
    key.pubkey()
}

pub fn open(visitor: Address, gate: Address, model: Address, proven: &Proven) -> Instruction {
    let limbs = proven.limbs.iter().map(|limb| limb.to_be_bytes()).collect();
    instruction::Open { proof: proven.proof.as_bytes().to_vec(), limbs }.to_instruction(accounts::Open {
        visitor,
        gate,
        model,
        verifier: assay_verifier::ID,
    })
}

fn send(net: &mut Localnet, instruction: Instruction, signer: &Keypair) -> Outcome {
    net.send(&[instruction], &[signer])
}

#[test]
fn a_proof_opens_the_gate_for_whom_it_was_made() {
    let mut world = World::active();
    let model = world.model;
    let (first, second) = (create_gate(&mut world, 5, model, 1), create_gate(&mut world, 6, model, 1));
    let visitor = world.stranger.pubkey();
    let proven = Echo::shared().prove(3, assay_gate::context(&first, &visitor));

    send(&mut world.net, open(visitor, first, model, &proven), &world.stranger).expect_ok();
    assert_eq!(world.net.read::<Gate>(&first).unwrap().unwrap().opened, 1);

    let elsewhere = open(visitor, second, model, &proven);
    refused(&send(&mut world.net, elsewhere, &world.stranger), "ProofInvalid");
    let authority = world.authority.insecure_clone();
    let for_another = open(authority.pubkey(), first, model, &proven);
    refused(&send(&mut world.net, for_another, &authority), "ProofInvalid");
}

#[test]
fn a_proof_with_a_commitment_opens_the_gate_of_its_model() {
    let mut world = World::active_with(Echo::committed());
    let model = world.model;
    let gate = create_gate(&mut world, 5, model, 1);
    let visitor = world.stranger.pubkey();
    let context = assay_gate::context(&gate, &visitor);
    let plain = Echo::shared().prove(3, context);
    refused(&send(&mut world.net, open(visitor, gate, model, &plain), &world.stranger), "ProofForm");
    let other = Echo::committed().prove(3, [9; 32]);
    refused(&send(&mut world.net, open(visitor, gate, model, &other), &world.stranger), "ProofInvalid");
    let proven = Echo::committed().prove(3, context);
    send(&mut world.net, open(visitor, gate, model, &proven), &world.stranger).expect_ok();
}

#[test]
fn a_gate_may_refuse_development_keys() {
    let mut world = World::active();
    let model = world.model;
    let gate = create_gate(&mut world, 5, model, 0);
    let visitor = world.stranger.pubkey();
    let proven = Echo::shared().prove(3, assay_gate::context(&gate, &visitor));
    refused(&send(&mut world.net, open(visitor, gate, model, &proven), &world.stranger), "Custom(8001)");
}

#[test]
fn a_gate_trusts_its_model_only() {
    let mut world = World::active();
    let model = world.model;
    let gate = create_gate(&mut world, 5, model, 1);
    let visitor = world.stranger.pubkey();
    // The visitor registers a model of his own, whose proofs he can make.
    let registration = Echo::other().registration(visitor);
    let own = registration.model();
    let activate = assay_client::verifier::activate(visitor, own);
    world.net.send(&[registration.instruction().unwrap(), activate], &[&world.stranger]).expect_ok();
    let proven = Echo::other().prove(3, assay_gate::context(&gate, &visitor));
    refused(&send(&mut world.net, open(visitor, gate, own, &proven), &world.stranger), "Custom(8000)");
}

#[test]
fn the_verifier_cannot_be_replaced() {
    let mut world = World::active();
    let model = world.model;
    let gate = create_gate(&mut world, 5, model, 1);
    let visitor = world.stranger.pubkey();
    let proven = Echo::shared().prove(3, assay_gate::context(&gate, &visitor));
    let mut call = open(visitor, gate, model, &proven);
    call.accounts[3].pubkey = assay_gate::ID;
    refused(&send(&mut world.net, call, &world.stranger), "Custom(2012)"); // Anchor's ConstraintAddress
}
