//! `close_observation`: after the question, to who paid.

use solana_signer::Signer;

use crate::support::{UNIT, WINDOW, World, refused, with_account};

#[test]
fn the_rent_goes_back_once_the_question_is_closed() {
    let mut world = World::proposed(300);
    world.net.advance(WINDOW);
    world.settle().expect_ok();
    let payer = world.prover.address();
    let close = world.keys.close_observation(payer);
    let key = world.challenger.key.insecure_clone();
    refused(&world.net.send(std::slice::from_ref(&close), &[&key]), "StillHeld");
    world.redeem(1, 100 * UNIT).expect_ok();
    let end = world.keys.close(&world.question(), world.creator.collateral);
    world.net.send(&[end], &[&key]).expect_ok();
    let thief = with_account(close.clone(), 0, key.pubkey());
    refused(&world.net.send(&[thief], &[&key]), "WrongReceiver");
    let other = with_account(close.clone(), 2, world.keys.mint);
    refused(&world.net.send(&[other], &[&key]), "WrongObservation");
    let (before, rent) = (world.lamports(&payer), world.lamports(&world.keys.observation));
    world.net.send(&[close], &[&key]).expect_ok();
    assert_eq!(world.lamports(&payer), before + rent);
    assert!(world.net.account(&world.keys.observation).is_none());
}
