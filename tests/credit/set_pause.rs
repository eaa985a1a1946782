//! `set_pause`: the guardian raises the level, at once, and can do nothing else.

use assay_credit::state::{HALT_COOLDOWN_SECONDS, HALT_SECONDS};

use crate::support::{UNIT, World, refused};

#[test]
fn each_level_closes_what_it_says() {
    for level in 0..3u8 {
        let mut world = World::drawn(3, 100 * UNIT);
        if level > 0 {
            world.pause(level).expect_ok();
        }
        let outcomes = [
            (world.supply(UNIT), level < 1),
            (world.draw(UNIT), level < 1),
            (world.withdraw(1_000_000), level < 2),
            (world.repay(UNIT), true),
        ];
        for (outcome, open) in outcomes {
            if open {
                outcome.expect_ok();
            } else {
                refused(&outcome, "Paused");
            }
        }
    }
}

#[test]
fn a_halt_ends_by_itself_and_is_not_prolonged() {
    let mut world = World::supplied(10);
    world.pause(2).expect_ok();
    refused(&world.pause(2), "NotARaise");
    world.net.advance(HALT_SECONDS);
    world.withdraw(1_000_000).expect_ok();
    refused(&world.supply(UNIT), "Paused");
    refused(&world.pause(2), "HaltTooSoon");
    world.net.advance(HALT_COOLDOWN_SECONDS);
    world.pause(2).expect_ok();
}

#[test]
fn only_the_guardian_and_only_levels() {
    let mut world = World::new();
    let pause = world.keys.set_pause(world.admin.address(), 1);
    refused(&world.admin_sends(pause), "WrongAuthority");
    refused(&world.pause(3), "UnknownPauseLevel");
    refused(&world.pause(0), "NotARaise");
}
