//! `mark_default`: anyone, from the second on in which due date and grace are over; priced as lost at once.

use crate::support::{GRACE, TERM, UNIT, World, refused};

#[test]
fn after_due_and_grace_and_once() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(TERM + GRACE - 1);
    refused(&world.mark_default(), "NotOverdue");
    world.net.advance(1);
    world.mark_default().expect_ok();
    let (line, pool) = (world.line(), world.pool());
    assert_eq!((line.status, line.defaults, line.debt_shares), (2, 1, 0));
    assert_eq!((line.defaulted_at, pool.defaulted), (world.net.now(), line.owed));
    assert!(line.owed > 1_000 * UNIT);
    assert_eq!(pool.redeemable(), Ok(pool.cash));
    refused(&world.mark_default(), "LineDefaulted");
    refused(&world.draw(UNIT), "LineDefaulted");
}

#[test]
fn at_every_pause_level() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(TERM + GRACE);
    world.pause(2).expect_ok();
    world.mark_default().expect_ok();
}

#[test]
fn nobody_who_owes_nothing() {
    let mut world = World::opened(3);
    world.net.advance(TERM + GRACE);
    refused(&world.mark_default(), "NoDebt");
}

#[test]
fn renewing_moves_no_due_date() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    let person = world.next_epoch(3);
    world.renew(&person).expect_ok();
    let due = world.line().due;
    world.net.set_time(due + GRACE);
    world.mark_default().expect_ok();
}
