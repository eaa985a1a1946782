use assay_verifier::SeriesProposed;
use assay_verifier_host::{apply_series, cancel_series, propose_series};
use solana_address::Address;
use solana_signer::Signer;

use crate::series::{followed, model, refuses_attacks, state};
use crate::support::{emitted, refused};

#[test]
fn a_withdrawn_proposal_is_not_applied() {
    let (mut world, series) = followed();
    let (authority, current) = (world.authority.pubkey(), world.model);
    let next = world.another([5; 32]);
    world.activate_in_a_day(next);
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    let from = state(&world, &series).pending_from;
    let outcome = world.authority_sends(cancel_series(authority, series)).expect_ok();
    emitted(&outcome, &SeriesProposed { series, model: Address::default(), applies_from: 0 });
    world.net.set_time(from);
    refused(&world.authority_sends(apply_series(authority, series, next, Address::default())), "SeriesModel");
    assert_eq!(model(&world, &series), Ok(current));
    refused(&world.authority_sends(cancel_series(authority, series)), "NothingPending");
}

#[test]
fn only_the_authority_cancels() {
    let (mut world, series) = followed();
    let next = world.another([5; 32]);
    let authority = world.authority.pubkey();
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    refuses_attacks(&mut world, &cancel_series(authority, series), 1);
}
