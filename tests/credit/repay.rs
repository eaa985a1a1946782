//! `repay`: anyone, at every pause level, at most the debt.

use assay_credit_host::ALL;

use crate::support::{DAY, UNIT, World, refused, with_account};

#[test]
fn a_whole_debt_ends_with_its_due_date() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(20 * DAY);
    let before = world.net.token_balance(&world.borrower.tokens);
    world.repay(400 * UNIT).expect_ok();
    world.repay(ALL).expect_ok();
    let paid = before - world.net.token_balance(&world.borrower.tokens);
    let interest = 1_000 * UNIT * 8 * 20 / 100 / 365;
    assert!(paid.abs_diff(1_000 * UNIT + interest) <= 2, "{paid}");
    let (line, pool) = (world.line(), world.pool());
    assert_eq!((line.debt_shares, line.due, pool.books[3].shares), (0, 0, 0));
    assert_eq!(pool.reserves, interest / 10);
    refused(&world.repay(1), "NoDebt");
}

#[test]
fn for_anyone_and_at_every_level() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.pause(2).expect_ok();
    let repay =
        world.keys.repay(world.stranger.address(), world.line_address(), world.stranger.tokens, 600 * UNIT);
    world.stranger_sends(repay).expect_ok();
    assert_eq!(world.debt(), 400 * UNIT);
}

#[test]
fn a_defaulted_debt_is_the_suppliers_before_it_is_booked_and_the_reserves_after() {
    let mut world = World::defaulted(3, 1_000 * UNIT);
    let (owed, priced) = (world.debt(), world.pool().redeemable().unwrap());
    world.repay(100 * UNIT).expect_ok();
    assert_eq!((world.debt(), world.pool().redeemable()), (owed - 100 * UNIT, Ok(priced + 100 * UNIT)));
    world.net.advance(30 * DAY);
    world.write_off().expect_ok();
    let (priced, reserves) = (world.pool().redeemable(), world.pool().reserves);
    world.repay(100 * UNIT).expect_ok();
    assert_eq!((world.pool().redeemable(), world.pool().reserves), (priced, reserves + 100 * UNIT));
    world.repay(ALL).expect_ok();
    assert_eq!((world.debt(), world.pool().written_off), (0, 0));
    assert_eq!(world.line().cleared_at, world.net.now());
}

#[test]
fn not_more_than_is_owed_not_nothing_and_not_out_of_others_accounts() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    refused(&world.repay(1_000 * UNIT + 1), "InsufficientBalance");
    refused(&world.repay(0), "ZeroAmount");
    let repay = world.keys.repay(world.stranger.address(), world.line_address(), world.borrower.tokens, UNIT);
    assert!(!world.stranger_sends(repay).is_ok());
    let repay = world.keys.repay(world.borrower.address(), world.line_address(), world.borrower.tokens, UNIT);
    refused(&world.borrower_sends(with_account(repay, 4, world.stranger.tokens)), "WrongVault");
}
