//! `withdraw_supply`: at a price without defaulted debt, as far as there is cash.

use assay_credit_host::ALL;

use crate::support::{DAY, UNIT, World, refused, with_account};

#[test]
fn everything_comes_back_but_for_rounding() {
    let mut world = World::supplied(1_000);
    let before = world.net.token_balance(&world.supplier.tokens);
    world.withdraw(ALL).expect_ok();
    let back = world.net.token_balance(&world.supplier.tokens) - before;
    assert!((1_000 * UNIT - 1..=1_000 * UNIT).contains(&back), "{back}");
    assert_eq!(world.pool().supply_shares, 0);
}

#[test]
fn who_leaves_first_after_a_default_leaves_no_loss_behind() {
    let mut world = World::defaulted(3, 2_000 * UNIT);
    let pool = world.pool();
    let (redeemable, shares) = (pool.redeemable().unwrap(), world.deposit().shares);
    let before = world.net.token_balance(&world.supplier.tokens);
    world.withdraw(shares / 2).expect_ok();
    let half = world.net.token_balance(&world.supplier.tokens) - before;
    assert!(half.abs_diff(redeemable / 2) <= 1, "{half} of {redeemable}");
    // Booked in between: the price is the same for whoever stayed.
    world.net.advance(30 * DAY);
    world.write_off().expect_ok();
    world.withdraw(ALL).expect_ok();
    let all = world.net.token_balance(&world.supplier.tokens) - before;
    assert!(all.abs_diff(redeemable) <= 2, "{all} of {redeemable}");
}

#[test]
fn not_more_than_there_is_and_not_what_is_lent() {
    let mut world = World::supplied(1_000);
    let shares = world.deposit().shares;
    refused(&world.withdraw(shares + 1_000_000), "InsufficientBalance");
    refused(&world.withdraw(0), "ZeroAmount");
    let mut world = World::drawn(3, 2_000 * UNIT);
    refused(&world.withdraw(ALL), "InsufficientLiquidity");
    world.withdraw(world.deposit().shares / 2).expect_ok();
}

#[test]
fn open_in_reduce_only_and_closed_by_a_halt_for_a_day() {
    let mut world = World::supplied(1_000);
    world.pause(1).expect_ok();
    world.withdraw(1_000_000).expect_ok();
    world.pause(2).expect_ok();
    refused(&world.withdraw(1_000_000), "Paused");
    world.net.advance(DAY);
    world.withdraw(1_000_000).expect_ok();
}

#[test]
fn only_the_owner_and_only_from_the_vault() {
    let mut world = World::supplied(1_000);
    let withdraw = world.keys.withdraw_supply(world.supplier.address(), world.supplier.tokens, 1_000_000);
    let stolen = with_account(withdraw.clone(), 0, world.stranger.address());
    refused(&world.stranger_sends(stolen), "WrongAuthority");
    let other = with_account(withdraw, 4, world.stranger.tokens);
    refused(&world.supplier_sends(other), "WrongVault");
}
