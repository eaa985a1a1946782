//! A series in a world, for the tests of its instructions.

use assay_interface::verifier::AccountError;
use assay_verifier::Series;
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, NewSeries};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::support::{Echo, World, refused};

/// What a series of the world's authority is created with: its active model, no set, two days.
pub fn new_series(world: &World) -> NewSeries<'static> {
    let authority = world.authority.pubkey();
    NewSeries {
        creator: authority,
        payer: authority,
        name: "liquidation-risk",
        model: world.model,
        domain: Echo::shared().schema.domain().to_be_bytes(),
        attestor_set: Address::default(),
        timelock: 2 * MIN_TIMELOCK,
    }
}

/// A world with a series whose current model is the world's.
pub fn followed() -> (World, Address) {
    let mut world = World::active();
    let new = new_series(&world);
    world.authority_sends(new.create()).expect_ok();
    world.net.advance(new.timelock);
    let apply = verifier::apply_series(new.creator, new.address(), world.model, Address::default());
    world.authority_sends(apply).expect_ok();
    (world, new.address())
}

pub fn state(world: &World, series: &Address) -> Series {
    world.net.read(series).unwrap().unwrap()
}

/// The model that a follower finds.
pub fn model(world: &World, series: &Address) -> Result<Address, AccountError> {
    let data = world.net.account(series).unwrap().data;
    let facts = assay_interface::verifier::Series::read(&data)?;
    facts.model().map(|model| Address::new_from_array(*model))
}

/// What every instruction of a series' authority refuses: its authority stands first, the series at `place`.
#[track_caller]
pub fn refuses_attacks(world: &mut World, instruction: &Instruction, place: usize) {
    let series = instruction.accounts[place].pubkey;
    let before = world.net.account(&series).unwrap();
    let mut by_stranger = instruction.clone();
    by_stranger.accounts[0].pubkey = world.stranger.pubkey();
    refused(&world.stranger_sends(by_stranger), "NotSeriesAuthority");
    let mut unsigned = instruction.clone();
    unsigned.accounts[0].is_signer = false;
    refused(&world.stranger_sends(unsigned), "MissingRequiredSignature");
    let mut read_only = instruction.clone();
    read_only.accounts[place].is_writable = false;
    refused(&world.authority_sends(read_only), "Custom(2000)"); // Anchor's ConstraintMut
    let mut on_model = instruction.clone();
    on_model.accounts[place].pubkey = world.model;
    assert!(!world.authority_sends(on_model).error().is_empty());

    let mut foreign = before.clone();
    foreign.owner = Address::new_from_array([7; 32]);
    let address = Address::new_from_array([8; 32]);
    world.net.set_account(address, foreign);
    let mut on_foreign = instruction.clone();
    on_foreign.accounts[place].pubkey = address;
    refused(&world.authority_sends(on_foreign), "IllegalOwner");
    assert_eq!(world.net.account(&series), Some(before));
}
