use assay_verifier::{AccountClosed, Model};
use assay_verifier_host::{self as verifier, Registration};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{Echo, World, emitted, refused};

/// Rent of an account without data: what keeps the address taken.
const REST: u64 = 128 * 6_960;

fn retired() -> World {
    let mut world = World::active();
    world.sends_as_authority(verifier::retire).expect_ok();
    world
}

#[test]
fn the_rent_returns_after_thirty_days() {
    let mut world = retired();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let close = verifier::close_model(authority, authority, model);
    world.net.advance(Model::CLOSES_AFTER - 1);
    refused(&world.authority_sends(close.clone()), "TooEarlyToClose");
    world.net.advance(1);
    let (before, rent) = (world.lamports(&authority), world.lamports(&model));
    let outcome = world.authority_sends(close.clone()).expect_ok();
    emitted(&outcome, &AccountClosed { account: model, payer: authority });
    let fee = 5_000;
    assert_eq!(world.lamports(&authority), before + rent - REST - fee);
    let left = world.net.account(&model).unwrap();
    assert_eq!((left.lamports, left.data.len(), left.owner), (REST, 0, verifier::ID));
    refused(&world.authority_sends(close), "AccountDataTooSmall");
}

#[test]
fn it_returns_to_the_payer_not_to_the_authority() {
    let mut world = World::active();
    let (authority, payer) = (world.authority.pubkey(), world.net.fund());
    let registration = Registration { payer: payer.pubkey(), ..Echo::other().registration(authority) };
    let model = registration.model();
    world.net.send(&[registration.instruction().unwrap()], &[&payer, &world.authority]).expect_ok();
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    world.net.advance(Model::CLOSES_AFTER);
    refused(&world.authority_sends(verifier::close_model(authority, authority, model)), "NotPayer");
    let before = world.lamports(&payer.pubkey());
    let rent = world.lamports(&model);
    world.authority_sends(verifier::close_model(authority, payer.pubkey(), model)).expect_ok();
    assert_eq!(world.lamports(&payer.pubkey()), before + rent - REST);
}

/// A consumer pinned the address of a model that was retired because its key is broken, and never looked again. Whoever has
/// the authority brings the same model back at that address: not even when its account is closed.
#[test]
fn a_closed_model_does_not_come_back() {
    let mut world = retired();
    let (authority, model) = (world.authority.pubkey(), world.model);
    world.net.advance(Model::CLOSES_AFTER);
    let close = verifier::close_model(authority, authority, model);
    let register = Echo::shared().registration(authority).instruction().unwrap();
    let mut same_transaction = world.net.clone();
    let both = [close.clone(), register.clone()];
    refused(&same_transaction.send(&both, &[&world.authority]), "ModelExists");

    world.authority_sends(close).expect_ok();
    world.net.airdrop(&model, 1_000_000_000);
    refused(&world.authority_sends(register), "ModelExists");
    let proven = Echo::shared().prove(3, [1; 32]);
    refused(&world.verify(&proven), "AccountDataTooSmall");
    refused(&world.record(&proven), "AccountDataTooSmall");
}

#[test]
fn only_a_retired_model_is_closed() {
    let mut world = World::proposed();
    let authority = world.authority.pubkey();
    let close = verifier::close_model(authority, authority, world.model);
    world.net.advance(Model::CLOSES_AFTER);
    refused(&world.authority_sends(close.clone()), "NotRetired");
    world.sends_as_authority(verifier::suspend).expect_ok();
    refused(&world.authority_sends(close), "NotRetired");
    let mut world = World::active();
    let close = verifier::close_model(authority, authority, world.model);
    world.net.advance(Model::CLOSES_AFTER);
    refused(&world.authority_sends(close), "NotRetired");
}

#[test]
fn only_the_authority_closes_and_only_a_model() {
    let mut world = retired();
    world.net.advance(Model::CLOSES_AFTER);
    let authority = world.authority.pubkey();
    let close = verifier::close_model(authority, authority, world.model);
    let mut by_stranger = close.clone();
    by_stranger.accounts[0].pubkey = world.stranger.pubkey();
    refused(&world.stranger_sends(by_stranger), "NotAuthority");
    let mut unsigned = close.clone();
    unsigned.accounts[0].is_signer = false;
    refused(&world.stranger_sends(unsigned), "MissingRequiredSignature");
    let mut read_only = close.clone();
    read_only.accounts[2].is_writable = false;
    refused(&world.authority_sends(read_only), "Custom(2000)"); // Anchor's ConstraintMut
    let mut foreign = world.net.account(&world.model).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    world.net.set_account(world.model, foreign);
    refused(&world.authority_sends(close), "IllegalOwner");
}
