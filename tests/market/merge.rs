//! `merge`: full sets become their collateral, at every time.

use crate::support::{UNIT, World, refused, with_account};

#[test]
fn full_sets_become_their_collateral_in_every_state() {
    for mut world in [World::traded(100 * UNIT), World::closed(50), World::observed(50), World::proposed(50)]
    {
        let before = world.net.token_balance(&world.holder.collateral);
        world.merge(40 * UNIT).expect_ok();
        assert_eq!(world.net.token_balance(&world.holder.collateral), before + 40 * UNIT);
        assert_eq!(world.question().held, 60 * UNIT);
        assert_eq!(world.net.token_balance(&world.keys.vault), 60 * UNIT);
    }
}

#[test]
fn after_the_payout_too_and_then_the_rest_is_redeemed() {
    let mut world = World::proposed(50);
    world.net.advance(crate::support::WINDOW);
    world.settle().expect_ok();
    world.merge(10 * UNIT).expect_ok();
    world.redeem(1, 90 * UNIT).expect_ok();
    let held = world.question().held;
    assert_eq!(world.net.token_balance(&world.keys.vault), held);
}

#[test]
fn what_one_does_not_hold_is_not_merged() {
    let mut world = World::traded(UNIT);
    refused(&world.merge(0), "ZeroAmount");
    refused(&world.merge(UNIT + 1), "InvariantViolated");
    // One outcome given away: no full set is left.
    let key = world.holder.key.insecure_clone();
    let merge =
        world.keys.merge(world.holder.address(), world.holder.collateral, &world.holder.outcomes, UNIT);
    let strangers = world.prover.outcomes[1];
    assert!(!world.net.send(&[with_account(merge.clone(), 9, strangers)], &[&key]).is_ok());
    let mut turned = merge.clone();
    turned.accounts[6..].rotate_left(2);
    refused(&world.net.send(&[turned], &[&key]), "WrongOutcomeMint");
    let mut one = merge;
    one.accounts.truncate(8);
    refused(&world.net.send(&[one], &[&key]), "WrongOutcomeMint");
    assert_eq!(world.question().held, UNIT);
}
