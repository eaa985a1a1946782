use assay_interface::verifier::AccountError;
use assay_verifier::SeriesCreated;
use assay_verifier_host::{self as verifier, MAX_TIMELOCK, MIN_TIMELOCK, NewSeries};
use solana_address::Address;
use solana_signer::Signer;

use crate::series::{model, new_series, state};
use crate::support::{Echo, World, emitted, refused};

#[test]
fn its_first_model_waits_like_every_other() {
    let mut world = World::active();
    let new = new_series(&world);
    let outcome = world.authority_sends(new.create()).expect_ok();
    let series = new.address();
    emitted(
        &outcome,
        &SeriesCreated {
            series,
            authority: new.creator,
            model: world.model,
            domain: new.domain,
            attestor_set: new.attestor_set,
            timelock: new.timelock,
        },
    );
    let created = state(&world, &series);
    assert_eq!((created.current, created.pending), (Address::default(), world.model));
    assert_eq!((created.timelock, created.pending_from), (new.timelock, world.net.now() + new.timelock));
    assert_eq!((created.creator, created.authority, created.payer), (new.creator, new.creator, new.payer));
    assert_eq!((created.domain, created.name().unwrap()), (new.domain, new.name.as_bytes()));
    assert_eq!(model(&world, &series), Err(AccountError::NoModel));
    let apply = verifier::apply_series(new.creator, series, world.model, Address::default());
    refused(&world.authority_sends(apply), "TimelockRunning");
}

/// What followers were promised stands in the address.
#[test]
fn another_promise_is_another_series() {
    let world = World::active();
    let new = new_series(&world);
    let addresses = [
        new,
        NewSeries { creator: Address::default(), ..new },
        NewSeries { name: "liquidation-riskx", ..new },
        NewSeries { domain: [1; 32], ..new },
        NewSeries { attestor_set: Address::new_from_array([1; 32]), ..new },
        NewSeries { timelock: new.timelock + 1, ..new },
    ]
    .map(|new| new.address());
    for (i, a) in addresses.iter().enumerate() {
        assert!(addresses.iter().skip(i + 1).all(|b| a != b));
    }
}

#[test]
fn names_and_timelocks_have_limits() {
    let mut world = World::active();
    let new = new_series(&world);
    for timelock in [i64::MIN, 0, MIN_TIMELOCK - 1, MAX_TIMELOCK + 1, i64::MAX] {
        refused(&world.authority_sends(NewSeries { timelock, ..new }.create()), "TimelockRange");
    }
    let too_long = "n".repeat(33);
    for name in ["", &too_long] {
        refused(&world.authority_sends(NewSeries { name, ..new }.create()), "SeriesName");
    }
    let mut no_text = new.create();
    let at = no_text.data.windows(4).position(|bytes| bytes == b"risk").unwrap();
    no_text.data[at] = 0xff;
    refused(&world.authority_sends(no_text), "SeriesName");
    let longest = "n".repeat(32);
    world.authority_sends(NewSeries { name: &longest, ..new }.create()).expect_ok();
}

#[test]
fn a_series_is_created_once_by_its_creator_at_its_address() {
    let mut world = World::active();
    let new = new_series(&world);
    let stranger = world.stranger.pubkey();
    let mut of_stranger = NewSeries { creator: stranger, payer: stranger, ..new }.create();
    of_stranger.accounts[3].pubkey = new.address();
    refused(&world.stranger_sends(of_stranger), "WrongAddress");
    let mut unsigned = NewSeries { payer: stranger, ..new }.create();
    unsigned.accounts[0].is_signer = false;
    refused(&world.stranger_sends(unsigned), "MissingRequiredSignature");
    // The domain is the model's, whatever the client derived the address from.
    let lie = NewSeries { domain: Echo::other().schema.domain().to_be_bytes(), ..new };
    refused(&world.authority_sends(lie.create()), "WrongAddress");
    world.authority_sends(new.create()).expect_ok();
    refused(&world.authority_sends(new.create()), "SeriesExists");
}
