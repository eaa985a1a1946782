use assay_verifier::AccountClosed;
use assay_verifier_host::{self as verifier, NewSeries, apply_series, close_series};
use solana_address::Address;
use solana_signer::Signer;

use crate::series::{followed, new_series, refuses_attacks, state};
use crate::support::{World, emitted, refused};

#[test]
fn a_series_that_can_be_followed_stays() {
    let (mut world, series) = followed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let close = close_series(authority, authority, model, series);
    refused(&world.authority_sends(close.clone()), "ModelInUse");
    world.sends_as_authority(verifier::suspend).expect_ok();
    refused(&world.authority_sends(close.clone()), "ModelInUse");
    world.sends_as_authority(verifier::retire).expect_ok();
    let (before, rent) = (world.lamports(&authority), world.lamports(&series));
    let outcome = world.authority_sends(close).expect_ok();
    emitted(&outcome, &AccountClosed { account: series, payer: authority });
    assert_eq!(world.lamports(&authority), before + rent - 5_000);
    assert_eq!(world.lamports(&series), 0);
}

/// Closing and creating again is no way around the timelock: the next model waits as long as if it had been proposed.
#[test]
fn a_series_that_comes_back_moves_nothing_sooner() {
    let (mut world, series) = followed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let next = world.another([5; 32]);
    world.activate_in_a_day(next);
    world.sends_as_authority(verifier::retire).expect_ok();
    world.authority_sends(close_series(authority, authority, model, series)).expect_ok();
    let again = NewSeries { model: next, ..new_series(&world) };
    assert_eq!(again.address(), series);
    world.authority_sends(again.create()).expect_ok();
    assert_eq!(state(&world, &series).current, Address::default());
    world.net.advance(again.timelock - 1);
    let apply = apply_series(authority, series, next, Address::default());
    refused(&world.authority_sends(apply.clone()), "TimelockRunning");
    world.net.advance(1);
    world.authority_sends(apply).expect_ok();
}

#[test]
fn before_its_first_model_it_is_closed_at_will() {
    let mut world = World::active();
    let new = new_series(&world);
    world.authority_sends(new.create()).expect_ok();
    let (authority, model) = (new.creator, world.model);
    refused(&world.authority_sends(close_series(authority, authority, model, new.address())), "SeriesModel");
    let close = close_series(authority, authority, Address::default(), new.address());
    world.authority_sends(close).expect_ok();
}

#[test]
fn the_rent_goes_to_who_paid_and_the_model_is_the_current_one() {
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let new = NewSeries { payer, ..new_series(&world) };
    let (authority, series, model) = (new.creator, new.address(), world.model);
    world.net.send(&[new.create()], &[&world.authority, &world.stranger]).expect_ok();
    world.net.advance(new.timelock);
    let apply = apply_series(authority, series, model, Address::default());
    world.authority_sends(apply).expect_ok();
    let retired = world.another([5; 32]);
    world.authority_sends(verifier::retire(authority, retired)).expect_ok();
    refused(&world.authority_sends(close_series(authority, payer, retired, series)), "SeriesModel");
    world.sends_as_authority(verifier::retire).expect_ok();
    refused(&world.authority_sends(close_series(authority, authority, model, series)), "NotPayer");
    let before = world.lamports(&payer);
    let rent = world.lamports(&series);
    world.authority_sends(close_series(authority, payer, model, series)).expect_ok();
    assert_eq!(world.lamports(&payer), before + rent);
}

#[test]
fn only_the_authority_closes() {
    let (mut world, series) = followed();
    world.sends_as_authority(verifier::retire).expect_ok();
    let authority = world.authority.pubkey();
    let close = close_series(authority, authority, world.model, series);
    refuses_attacks(&mut world, &close, 3);
}
