//! `withdraw_reserves`: after the wait, to their owner, and not what a known loss needs.

use assay_credit::state::TIMELOCK_SECONDS;

use crate::support::{DAY, GRACE, TERM, UNIT, World, refused, with_account};

fn proposed(world: &mut World) -> solana_instruction::Instruction {
    let propose = world.keys.propose_withdrawal(world.admin.address(), 1_000 * UNIT);
    world.admin_sends(propose).expect_ok();
    world.net.advance(TIMELOCK_SECONDS as i64);
    world.keys.withdraw_reserves(world.admin.address(), world.admin.tokens)
}

#[test]
fn as_much_as_is_free_goes_to_the_owner() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(50 * DAY);
    world.repay(u64::MAX).expect_ok();
    let reserves = world.pool().reserves;
    let withdraw = proposed(&mut world);
    let before = world.net.token_balance(&world.admin.tokens);
    world.admin_sends(withdraw.clone()).expect_ok();
    assert_eq!(world.net.token_balance(&world.admin.tokens), before + reserves);
    assert_eq!((world.pool().reserves, world.pool().cash), (0, world.vault()));
    refused(&world.admin_sends(withdraw), "NothingPending");
}

#[test]
fn not_what_a_default_needs() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(TERM + GRACE);
    world.mark_default().expect_ok();
    assert!(world.pool().reserves > 0);
    let withdraw = proposed(&mut world);
    refused(&world.admin_sends(withdraw), "ZeroAmount");
}

#[test]
fn not_early_not_by_others_and_to_nobody_else() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(50 * DAY);
    world.repay(u64::MAX).expect_ok();
    let propose = world.keys.propose_withdrawal(world.admin.address(), 1);
    world.admin_sends(propose).expect_ok();
    let withdraw = world.keys.withdraw_reserves(world.admin.address(), world.admin.tokens);
    refused(&world.admin_sends(withdraw.clone()), "TimelockRunning");
    world.net.advance(TIMELOCK_SECONDS as i64);
    let stolen = with_account(withdraw.clone(), 4, world.stranger.tokens);
    refused(&world.admin_sends(stolen), "WrongReceiver");
    let by_other = with_account(withdraw, 0, world.stranger.address());
    refused(&world.stranger_sends(by_other), "WrongAuthority");
}
