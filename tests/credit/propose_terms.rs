//! `propose_terms`: the admin's, checked at once.

use crate::support::{World, refused};

#[test]
fn a_proposal_waits_and_changes_nothing() {
    let mut world = World::supplied(10);
    let mut next = world.terms;
    next.debt_cap *= 2;
    let propose = world.keys.propose_terms(world.admin.address(), next);
    world.admin_sends(propose).expect_ok();
    let pool = world.pool();
    assert_eq!((pool.terms, pool.proposal.terms, pool.proposal.kind), (world.terms, next, 1));
}

#[test]
fn terms_that_fail_their_checks_are_no_proposal() {
    let mut world = World::new();
    let mut next = world.terms;
    next.tiers[0].limit = u64::MAX;
    let propose = world.keys.propose_terms(world.admin.address(), next);
    refused(&world.admin_sends(propose), "InvalidTiers");
}

#[test]
fn only_the_admin() {
    let mut world = World::new();
    let propose = world.keys.propose_terms(world.guardian.address(), world.terms);
    refused(&world.guardian_sends(propose), "WrongAuthority");
}
