use assay_verifier::AccountClosed;
use assay_verifier_host::{self as verifier, Attestors, attestation_address};
use solana_address::Address;
use solana_signer::Signer;

use crate::attest::Committee;
use crate::support::{World, emitted, refused};

/// Whoever paid for the set a market trusts closes it, and creates another at its address: it can only be the same.
#[test]
fn a_set_comes_back_as_it_was() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let (set, model, payer) = (committee.set, world.model, world.stranger.pubkey());
    committee.attest(&mut world, 0, model).expect_ok();
    committee.attest(&mut world, 1, model).expect_ok();
    let (before, rent) = (world.lamports(&payer), world.lamports(&set));
    let outcome = world.stranger_sends(verifier::close_attestor_set(payer, set)).expect_ok();
    emitted(&outcome, &AccountClosed { account: set, payer });
    assert_eq!(world.lamports(&payer), before + rent - 5_000);
    assert!(committee.holds(&world, &model).is_err());

    let members: Vec<Address> = committee.keys.iter().map(Signer::pubkey).collect();
    for (threshold, members) in [(1, &members[..]), (2, &members[..2])] {
        let mut other = Attestors::new(threshold, members).create(payer);
        other.accounts[1].pubkey = set;
        refused(&world.stranger_sends(other), "WrongAddress");
    }
    let anyone = world.authority.pubkey();
    world.authority_sends(Attestors::new(2, &members).create(anyone)).expect_ok();
    assert_eq!(committee.holds(&world, &model), Ok(()));
}

#[test]
fn only_who_paid_closes_and_only_a_set() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let payer = world.stranger.pubkey();
    let by_other = verifier::close_attestor_set(world.authority.pubkey(), committee.set);
    refused(&world.authority_sends(by_other), "NotPayer");
    let mut unsigned = verifier::close_attestor_set(payer, committee.set);
    unsigned.accounts[0].is_signer = false;
    refused(&world.authority_sends(unsigned), "MissingRequiredSignature");
    let model = world.model;
    committee.attest(&mut world, 0, model).expect_ok();
    let attestation = attestation_address(&committee.set, &world.model);
    let on_attestation = verifier::close_attestor_set(payer, attestation);
    refused(&world.stranger_sends(on_attestation), "AccountDataTooSmall");
    let on_model = verifier::close_attestor_set(payer, world.model);
    refused(&world.stranger_sends(on_model), "InvalidAccountData");
}
