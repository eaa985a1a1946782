//! `write_off`: 30 days after the default; the price of a withdrawal does not move.

use crate::support::{DAY, UNIT, World, refused};

#[test]
fn the_reserves_bear_it_first_and_the_line_owes_it_still() {
    let mut world = World::defaulted(3, 1_000 * UNIT);
    let (owed, before) = (world.debt(), world.pool());
    assert!(before.reserves > 0);
    world.net.advance(30 * DAY - 1);
    refused(&world.write_off(), "WriteOffTooSoon");
    world.net.advance(1);
    world.write_off().expect_ok();
    let (line, pool) = (world.line(), world.pool());
    assert_eq!((line.status, line.owed, world.debt()), (3, owed, owed));
    assert_eq!((pool.defaulted, pool.written_off, pool.reserves), (0, owed, 0));
    assert_eq!(pool.redeemable(), before.redeemable());
    refused(&world.write_off(), "NotDefaulted");
}

#[test]
fn neither_a_line_that_stands_nor_one_that_paid() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(365 * DAY);
    refused(&world.write_off(), "NotDefaulted");
    let mut world = World::defaulted(3, 1_000 * UNIT);
    world.repay(u64::MAX).expect_ok();
    world.net.advance(30 * DAY);
    refused(&world.write_off(), "NoDebt");
}

#[test]
fn what_was_lost_stays_under_the_cap() {
    let mut world = World::defaulted(3, 1_000 * UNIT);
    world.net.advance(30 * DAY);
    world.write_off().expect_ok();
    assert_eq!(world.pool().owed(), Ok(world.debt()));
}
