//! `close`: when nobody holds a token that pays; everything goes to who paid for it.

use solana_signer::Signer;

use crate::support::{UNIT, WINDOW, World, refused, with_account};

fn settled() -> World {
    let mut world = World::proposed(300);
    world.net.advance(WINDOW);
    world.settle().expect_ok();
    world
}

fn close(world: &mut World) -> assay_localnet::Outcome {
    let close = world.keys.close(&world.question(), world.creator.collateral);
    world.net.send(&[close], &[&world.prover.key])
}

#[test]
fn lamports_and_dust_go_to_who_paid() {
    let mut world = settled();
    world.redeem(1, 100 * UNIT).expect_ok();
    let (question, vault) = (world.lamports(&world.keys.question), world.lamports(&world.keys.vault));
    let before = world.lamports(&world.creator.address());
    close(&mut world).expect_ok();
    assert_eq!(world.lamports(&world.creator.address()), before + question + vault);
    assert!(world.net.account(&world.keys.question).is_none());
    assert!(world.net.account(&world.keys.vault).is_none());
    // The same question cannot come back with tokens already out: its mints are there.
    world.net.set_time(crate::support::terms().close_at - 10);
    let create = world.create();
    world.net.send(&[create], &[&world.creator.key]).expect_ok();
    let add = world.keys.add_outcome(world.creator.address(), 0);
    assert!(!world.net.send(&[add], &[&world.creator.key]).is_ok());
}

#[test]
fn not_while_somebody_holds_what_pays() {
    let mut world = settled();
    refused(&close(&mut world), "StillHeld");
    world.redeem(1, 100 * UNIT - 1).expect_ok();
    refused(&close(&mut world), "StillHeld");
}

#[test]
fn not_before_the_payout_and_to_nobody_else() {
    for mut world in [World::new(), World::proposed(300)] {
        refused(&close(&mut world), "WrongState");
    }
    let mut world = settled();
    world.redeem(1, 100 * UNIT).expect_ok();
    let close = world.keys.close(&world.question(), world.creator.collateral);
    let key = world.prover.key.insecure_clone();
    let thief = with_account(close.clone(), 0, key.pubkey());
    refused(&world.net.send(&[thief], &[&key]), "WrongReceiver");
    let own = with_account(close.clone(), 4, world.prover.collateral);
    assert!(!world.net.send(&[own], &[&key]).is_ok());
    let mut fewer = close;
    fewer.accounts.pop();
    refused(&world.net.send(&[fewer], &[&key]), "WrongOutcomeMint");
}
