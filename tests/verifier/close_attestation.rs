use assay_verifier::{AccountClosed, Model};
use assay_verifier_host::{self as verifier, attestation_address, close_attestation};
use solana_address::Address;
use solana_signer::Signer;

use crate::attest::Committee;
use crate::support::{World, emitted, refused};

/// The first attestor paid. If he could close it, he alone could take back what two had said.
#[test]
fn an_attestation_stays_while_its_model_can_be_used() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let (set, model) = (committee.set, world.model);
    committee.attest(&mut world, 0, model).expect_ok();
    let payer = committee.keys[0].insecure_clone();
    let close = close_attestation(payer.pubkey(), set, model);
    refused(&world.net.send(std::slice::from_ref(&close), &[&payer]), "ModelInUse");
    world.sends_as_authority(verifier::suspend).expect_ok();
    refused(&world.net.send(std::slice::from_ref(&close), &[&payer]), "ModelInUse");

    world.sends_as_authority(verifier::retire).expect_ok();
    let mut after_closing = world.net.clone();
    let attestation = attestation_address(&set, &model);
    let (before, rent) = (world.lamports(&payer.pubkey()), world.lamports(&attestation));
    let outcome = world.net.send(std::slice::from_ref(&close), &[&payer]).expect_ok();
    emitted(&outcome, &AccountClosed { account: attestation, payer: payer.pubkey() });
    assert_eq!(world.lamports(&payer.pubkey()), before + rent - 5_000);

    after_closing.advance(Model::CLOSES_AFTER);
    let authority = world.authority.pubkey();
    let close_model = verifier::close_model(authority, authority, model);
    after_closing.send(&[close_model], &[&world.authority]).expect_ok();
    after_closing.send(&[close], &[&payer]).expect_ok();
}

#[test]
fn only_who_paid_closes_and_only_for_its_model() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let (set, model) = (committee.set, world.model);
    let other = world.another([5; 32]);
    committee.attest(&mut world, 0, model).expect_ok();
    world.authority_sends(verifier::retire(world.authority.pubkey(), other)).expect_ok();
    let payer = committee.keys[0].insecure_clone();

    // Another model, which is retired, and a place where none ever was.
    for elsewhere in [other, Address::new_from_array([8; 32])] {
        let mut close = close_attestation(payer.pubkey(), set, model);
        close.accounts[1].pubkey = elsewhere;
        refused(&world.net.send(&[close], &[&payer]), "WrongAddress");
    }
    world.sends_as_authority(verifier::retire).expect_ok();
    let second = committee.keys[1].insecure_clone();
    refused(&world.net.send(&[close_attestation(second.pubkey(), set, model)], &[&second]), "NotPayer");
    let mut unsigned = close_attestation(payer.pubkey(), set, model);
    unsigned.accounts[0].is_signer = false;
    refused(&world.stranger_sends(unsigned), "MissingRequiredSignature");
    let mut on_set = close_attestation(payer.pubkey(), set, model);
    on_set.accounts[2].pubkey = set;
    refused(&world.net.send(&[on_set], &[&payer]), "InvalidAccountData");
}
