//! `close_pool`: when nobody has anything in it and nobody owes it anything.

use assay_credit_host::ALL;

use crate::support::{DAY, UNIT, World, refused, with_account};

#[test]
fn rent_to_the_creator_and_what_is_left_to_the_reserves_owner() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    let admin = world.admin.address();
    let close = world.keys.close_pool(admin, admin, world.admin.tokens);
    refused(&world.admin_sends(close.clone()), "AccountInUse");
    world.net.advance(30 * DAY);
    world.repay(ALL).expect_ok();
    refused(&world.admin_sends(close.clone()), "AccountInUse");
    world.withdraw(ALL).expect_ok();
    let (left, tokens) = (world.vault(), world.net.token_balance(&world.admin.tokens));
    let rent = world.lamports(&world.keys.pool) + world.lamports(&world.keys.vault);
    let before = world.lamports(&admin);
    world.admin_sends(close).expect_ok();
    assert_eq!(world.net.token_balance(&world.admin.tokens), tokens + left);
    assert_eq!(world.lamports(&admin), before + rent - 5_000);
    assert!(world.net.account(&world.keys.pool).is_none() && world.net.account(&world.keys.vault).is_none());
    // The line stays: the pool comes back with everybody who had one.
    assert_eq!(world.line().tier, 3);
}

#[test]
fn not_with_a_loss_that_nobody_paid_back() {
    let mut world = World::defaulted(3, 1_000 * UNIT);
    let admin = world.admin.address();
    let close = world.keys.close_pool(admin, admin, world.admin.tokens);
    world.withdraw(ALL).expect_ok();
    refused(&world.admin_sends(close.clone()), "AccountInUse");
    world.net.advance(30 * DAY);
    world.write_off().expect_ok();
    refused(&world.admin_sends(close.clone()), "AccountInUse");
    world.repay(ALL).expect_ok();
    world.admin_sends(close).expect_ok();
}

#[test]
fn by_nobody_else_and_to_nobody_else() {
    let mut world = World::new();
    let admin = world.admin.address();
    let close = world.keys.close_pool(admin, admin, world.admin.tokens);
    let by_other = with_account(close.clone(), 0, world.stranger.address());
    refused(&world.stranger_sends(by_other), "WrongAuthority");
    let rent = with_account(close.clone(), 2, world.stranger.address());
    refused(&world.admin_sends(rent), "WrongReceiver");
    refused(&world.admin_sends(with_account(close, 5, world.stranger.tokens)), "WrongReceiver");
}
