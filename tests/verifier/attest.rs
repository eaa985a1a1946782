use assay_interface::verifier::{AccountError, attested};
use assay_localnet::Outcome;
use assay_verifier::{Attestation, ModelAttested};
use assay_verifier_host::{self as verifier, Attestors, attest, attestation_address};
use solana_account::Account;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{World, emitted, fixed_key, refused};

/// A set of two out of three, and its members' keys in the order of the set.
pub struct Committee {
    pub keys: Vec<Keypair>,
    pub set: Address,
}

impl Committee {
    pub fn two_of_three(world: &mut World) -> Self {
        let mut keys: Vec<Keypair> = (21..24).map(fixed_key).collect();
        keys.sort_by_key(|key| key.pubkey().to_bytes());
        let members: Vec<Address> = keys.iter().map(Keypair::pubkey).collect();
        for member in &members {
            world.net.airdrop(member, 1_000_000_000);
        }
        let set = Attestors::new(2, &members);
        world.stranger_sends(set.create(world.stranger.pubkey())).expect_ok();
        Self { keys, set: set.address() }
    }

    /// The member of this place attests, and pays.
    pub fn attest(&self, world: &mut World, member: usize, model: Address) -> Outcome {
        let key = &self.keys[member];
        world.net.send(&[attest(key.pubkey(), key.pubkey(), self.set, model)], &[key])
    }

    /// What a consumer finds.
    pub fn holds(&self, world: &World, model: &Address) -> Result<(), AccountError> {
        let data = |address| world.net.account(&address).map_or(vec![], |account| account.data);
        let attestation = data(attestation_address(&self.set, model));
        attested(self.set.as_array(), &data(self.set), &attestation, model.as_array())
    }
}

#[test]
fn a_model_is_attested_when_enough_members_did() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let (set, model) = (committee.set, world.model);
    assert_eq!(committee.holds(&world, &model), Err(AccountError::Kind));
    let outcome = committee.attest(&mut world, 2, model).expect_ok();
    let attestor = committee.keys[2].pubkey();
    emitted(&outcome, &ModelAttested { set, model, attestor });
    let too_few = Err(AccountError::BelowThreshold { given: 1, threshold: 2 });
    assert_eq!(committee.holds(&world, &model), too_few);

    // Twice is once.
    world.net.advance(5);
    committee.attest(&mut world, 2, model).expect_ok();
    assert_eq!(committee.holds(&world, &model), too_few);
    let attested_at = world.net.now() - 5;
    let state = |world: &World| -> Attestation {
        world.net.read(&attestation_address(&set, &model)).unwrap().unwrap()
    };
    assert_eq!((state(&world).bitmap, state(&world).attested_at), (0b100, attested_at));

    committee.attest(&mut world, 0, model).expect_ok();
    assert_eq!(committee.holds(&world, &model), Ok(()));
    let attestation = state(&world);
    assert_eq!((attestation.set, attestation.model, attestation.payer), (set, model, attestor));
    assert_eq!((attestation.bitmap, attestation.attested_at), (0b101, world.net.now()));
}

#[test]
fn only_members_attest_and_only_for_themselves() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let (model, stranger) = (world.model, world.stranger.pubkey());
    refused(&world.stranger_sends(attest(stranger, stranger, committee.set, model)), "NotAnAttestor");
    let mut unsigned = attest(committee.keys[0].pubkey(), stranger, committee.set, model);
    unsigned.accounts[0].is_signer = false;
    refused(&world.stranger_sends(unsigned), "MissingRequiredSignature");
    let mut zero = attest(Address::default(), stranger, committee.set, model);
    zero.accounts[0].is_signer = false;
    refused(&world.stranger_sends(zero), "MissingRequiredSignature");
}

/// A set of the thief's own attests; the attestation of one model, or of one set, is shown for another.
#[test]
fn an_attestation_is_of_one_set_and_one_model() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let (model, thief) = (world.model, world.stranger.pubkey());
    let own = Attestors::new(1, &[thief]);
    world.stranger_sends(own.create(thief)).expect_ok();
    let elsewhere = attestation_address(&committee.set, &model);
    let mut at_committees = attest(thief, thief, own.address(), model);
    at_committees.accounts[4].pubkey = elsewhere;
    refused(&world.stranger_sends(at_committees.clone()), "WrongAddress");
    committee.attest(&mut world, 0, model).expect_ok();
    refused(&world.stranger_sends(at_committees), "WrongAddress");

    world.stranger_sends(attest(thief, thief, own.address(), model)).expect_ok();
    let data = |address: Address| world.net.account(&address).unwrap().data;
    let set = committee.set.as_array();
    let foreign = data(attestation_address(&own.address(), &model));
    let read = attested(set, &data(committee.set), &foreign, model.as_array());
    assert_eq!(read, Err(AccountError::OtherSet));
    let own_data = data(attestation_address(&own.address(), &model));
    let read = attested(own.address().as_array(), &data(own.address()), &own_data, &[5; 32]);
    assert_eq!(read, Err(AccountError::OtherModel));
    let read = attested(set, &data(model), &foreign, model.as_array());
    assert_eq!(read, Err(AccountError::Kind));
    let read = attested(set, &data(committee.set), &data(committee.set), model.as_array());
    assert_eq!(read, Err(AccountError::Kind));
}

#[test]
fn accounts_are_what_they_must_be() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let key = committee.keys[0].insecure_clone();
    let honest = attest(key.pubkey(), key.pubkey(), committee.set, world.model);
    for (place, name) in [(2, "set"), (3, "model")] {
        let mut on_other_kind = honest.clone();
        on_other_kind.accounts[place].pubkey = if place == 2 { world.model } else { committee.set };
        let outcome = world.net.send(&[on_other_kind], &[&key]);
        assert!(["InvalidAccountData", "AccountDataTooSmall"].contains(&outcome.error()), "{name}");
        let address = Address::new_from_array([8; 32]);
        let foreign = world.net.account(&honest.accounts[place].pubkey).unwrap();
        world.net.set_account(address, Account { owner: Address::new_from_array([7; 32]), ..foreign });
        let mut on_foreign = honest.clone();
        on_foreign.accounts[place].pubkey = address;
        refused(&world.net.send(&[on_foreign], &[&key]), "IllegalOwner");
    }
    let another = Attestors::new(1, &[key.pubkey()]);
    world.stranger_sends(another.create(world.stranger.pubkey())).expect_ok();
    let mut on_set = honest.clone();
    on_set.accounts[4].pubkey = another.address();
    refused(&world.net.send(&[on_set], &[&key]), "NotAnAttestation");
}

#[test]
fn a_retired_model_is_not_attested() {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let model = world.model;
    world.sends_as_authority(verifier::retire).expect_ok();
    refused(&committee.attest(&mut world, 0, model), "ModelRetired");
}
