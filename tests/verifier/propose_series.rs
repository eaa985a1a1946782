use assay_verifier::SeriesProposed;
use assay_verifier_host::{self as verifier, propose_series};
use solana_signer::Signer;

use crate::series::{followed, model, refuses_attacks, state};
use crate::support::{Echo, emitted, refused};

#[test]
fn followers_keep_their_model_until_the_next_was_applied() {
    let (mut world, series) = followed();
    let (authority, current) = (world.authority.pubkey(), world.model);
    let next = world.another([5; 32]);
    let outcome = world.authority_sends(propose_series(authority, series, next)).expect_ok();
    let proposed = state(&world, &series);
    let applies_from = world.net.now() + proposed.timelock;
    assert_eq!((proposed.pending, proposed.pending_from), (next, applies_from));
    emitted(&outcome, &SeriesProposed { series, model: next, applies_from });
    assert_eq!(model(&world, &series), Ok(current));
}

#[test]
fn a_second_proposal_waits_anew() {
    let (mut world, series) = followed();
    let authority = world.authority.pubkey();
    let [next, last] = [[5; 32], [6; 32]].map(|transcript| world.another(transcript));
    world.authority_sends(propose_series(authority, series, next)).expect_ok();
    world.net.advance(1_000);
    world.authority_sends(propose_series(authority, series, last)).expect_ok();
    let proposed = state(&world, &series);
    let from = world.net.now() + proposed.timelock;
    assert_eq!((proposed.pending, proposed.pending_from), (last, from));
}

#[test]
fn a_model_of_another_schema_or_at_its_end_is_refused() {
    let (mut world, series) = followed();
    let (authority, current) = (world.authority.pubkey(), world.model);
    refused(&world.authority_sends(propose_series(authority, series, current)), "SeriesUnchanged");

    let other = Echo::other().registration(authority);
    world.authority_sends(other.instruction().unwrap()).expect_ok();
    refused(&world.authority_sends(propose_series(authority, series, other.model())), "SeriesDomain");

    let retired = world.another([5; 32]);
    world.authority_sends(verifier::retire(authority, retired)).expect_ok();
    refused(&world.authority_sends(propose_series(authority, series, retired)), "ModelRetired");
    assert!(!world.authority_sends(propose_series(authority, series, series)).error().is_empty());
}

#[test]
fn only_the_authority_proposes() {
    let (mut world, series) = followed();
    let next = world.another([5; 32]);
    let propose = propose_series(world.authority.pubkey(), series, next);
    refuses_attacks(&mut world, &propose, 2);
    let unaffected = state(&world, &series);
    assert_eq!(unaffected.pending_from, 0);
    refused(&world.sends_as_authority(verifier::cancel_series), "InvalidAccountData");
}
