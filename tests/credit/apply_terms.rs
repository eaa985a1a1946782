//! `apply_terms`: after two days of the exit clock; an hour where it only tightens.

use assay_credit::state::{TIGHTENING_SECONDS, TIMELOCK_SECONDS, WINDOW_SECONDS};
use assay_localnet::Outcome;

use crate::support::{DAY, UNIT, World, refused, with_account};

const LOCK: i64 = TIMELOCK_SECONDS as i64;

fn propose(world: &mut World, change: impl FnOnce(&mut assay_credit_host::Terms)) {
    let mut next = world.terms;
    change(&mut next);
    let propose = world.keys.propose_terms(world.admin.address(), next);
    world.admin_sends(propose).expect_ok();
}

fn apply(world: &mut World) -> Outcome {
    let apply = world.keys.apply_terms(world.admin.address(), &world.taken_up());
    world.admin_sends(apply)
}

#[test]
fn after_two_days_in_which_suppliers_could_leave() {
    let mut world = World::supplied(1_000);
    refused(&apply(&mut world), "NothingPending");
    propose(&mut world, |terms| terms.debt_cap *= 2);
    world.net.advance(LOCK - 1);
    refused(&apply(&mut world), "TimelockRunning");
    world.net.advance(1);
    apply(&mut world).expect_ok();
    assert_eq!(world.pool().terms.debt_cap, 2 * world.terms.debt_cap);
    refused(&apply(&mut world), "NothingPending");
}

#[test]
fn a_halt_does_not_count() {
    let mut world = World::supplied(1_000);
    propose(&mut world, |terms| terms.debt_cap *= 2);
    world.pause(2).expect_ok();
    world.net.advance(LOCK);
    refused(&apply(&mut world), "TimelockRunning");
    world.net.advance(DAY);
    apply(&mut world).expect_ok();
}

#[test]
fn a_pool_whose_cash_is_lent_keeps_its_terms() {
    let mut world = World::drawn(3, 2_000 * UNIT);
    let shares = world.deposit().shares;
    world.withdraw(shares * 8 / 10 - shares / 500).expect_ok();
    assert!(world.pool().cash < 100 * UNIT);
    propose(&mut world, |terms| terms.term += 1);
    world.net.advance(10 * DAY);
    refused(&apply(&mut world), "TimelockRunning");
    // It can still be made safer.
    propose(&mut world, |terms| terms.tiers[1].limit = 0);
    world.net.advance(TIGHTENING_SECONDS as i64 - 1);
    refused(&apply(&mut world), "TimelockRunning");
    world.net.advance(1);
    apply(&mut world).expect_ok();
}

#[test]
fn a_proposal_expires() {
    let mut world = World::supplied(1_000);
    propose(&mut world, |terms| terms.debt_cap *= 2);
    world.net.advance(LOCK + WINDOW_SECONDS as i64 + 1);
    refused(&apply(&mut world), "ProposalExpired");
}

#[test]
fn interest_so_far_is_at_the_old_rates() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    propose(&mut world, |terms| terms.tiers[3].rate_bps = 0);
    world.net.advance(LOCK);
    apply(&mut world).expect_ok();
    let owed = world.debt();
    assert!(owed.abs_diff(1_000 * UNIT + 1_000 * UNIT * 8 * 2 / 100 / 365) <= 1, "{owed}");
    world.net.advance(30 * DAY);
    world.repay(1).expect_ok();
    assert!((owed - 1..=owed).contains(&world.debt()), "nothing more, whatever rounds up");
}

#[test]
fn with_the_issuer_and_the_model_of_the_terms_by_the_admin() {
    let mut world = World::supplied(1_000);
    propose(&mut world, |terms| terms.debt_cap *= 2);
    world.net.advance(LOCK);
    let apply = world.keys.apply_terms(world.admin.address(), &world.taken_up());
    refused(&world.admin_sends(with_account(apply.clone(), 3, world.keys.mint)), "WrongModel");
    let by_guardian = with_account(apply, 0, world.guardian.address());
    refused(&world.guardian_sends(by_guardian), "WrongAuthority");
}
