use assay_verifier::SeriesRenounced;
use assay_verifier_host::{
    self as verifier, apply_series, cancel_series, close_series, propose_series, renounce_series,
};
use solana_address::Address;
use solana_signer::Signer;

use crate::series::{followed, model, new_series, refuses_attacks, state};
use crate::support::{World, emitted, refused};

#[test]
fn its_model_stays_for_good() {
    let (mut world, series) = followed();
    let (authority, current) = (world.authority.pubkey(), world.model);
    let next = world.another([5; 32]);
    world.activate_in_a_day(next);
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    let outcome = world.authority_sends(renounce_series(authority, series)).expect_ok();
    emitted(&outcome, &SeriesRenounced { series, model: current });
    let renounced = state(&world, &series);
    assert_eq!((renounced.authority, renounced.pending_from), (Address::default(), 0));

    world.net.advance(renounced.timelock);
    for instruction in [
        propose_series(authority, series, next),
        cancel_series(authority, series),
        renounce_series(authority, series),
    ] {
        refused(&world.authority_sends(instruction), "NotSeriesAuthority");
    }
    refused(
        &world.authority_sends(apply_series(authority, series, current, Address::default())),
        "NotSeriesAuthority",
    );
    // Nor is it closed, and created again with another model: also when its model is at its end.
    world.sends_as_authority(verifier::retire).expect_ok();
    refused(
        &world.authority_sends(close_series(authority, authority, current, series)),
        "NotSeriesAuthority",
    );
    refused(&world.authority_sends(new_series(&world).create()), "SeriesExists");
    assert_eq!(model(&world, &series), Ok(current));
}

#[test]
fn a_series_without_a_model_is_not_renounced() {
    let mut world = World::active();
    let new = new_series(&world);
    world.authority_sends(new.create()).expect_ok();
    refused(&world.authority_sends(renounce_series(new.creator, new.address())), "SeriesEmpty");
}

#[test]
fn only_the_authority_renounces() {
    let (mut world, series) = followed();
    let renounce = renounce_series(world.authority.pubkey(), series);
    refuses_attacks(&mut world, &renounce, 1);
}
