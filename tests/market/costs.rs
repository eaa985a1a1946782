//! What each instruction costs, against the ledger and against what was promised.

use assay_host::compute_budget;
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_market::state::Place;
use assay_market_host::Choice;
use assay_tests::ledger::{self, Cost};

use crate::support::{SOURCES, T, UNIT, WINDOW, World, terms};

/// Most compute units of a resolution, proof included, and of any other instruction.
const MAX_RESOLVE: u64 = 115_000;
const MAX_OTHER: u64 = 60_000;

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

#[test]
pub fn every_instruction_costs_what_the_ledger_says() {
    let mut world = World::empty();
    let create = world.create();
    let create = cost(world.net.send(&[create], &[&world.creator.key]));
    let add = world.keys.add_outcome(world.creator.address(), 0);
    let add_outcome = cost(world.net.send(&[add], &[&world.creator.key]));
    let add = world.keys.add_outcome(world.creator.address(), 1);
    world.net.send(&[add], &[&world.creator.key]).expect_ok();
    for index in 0..2 {
        world.holder.outcomes[usize::from(index)] =
            world.net.create_token_account(&world.keys.outcome(index), &world.holder.address());
    }
    let split = cost(world.split(100 * UNIT));
    let merge = cost(world.merge(UNIT));
    world.net.set_time(terms().close_at);
    let partial = cost(world.observe());
    world.net.set_time(T + 700);
    world.fill(20);
    let observe = cost(world.observe());
    // Every live transaction of this size states its limit.
    let limited = |world: &mut World, place| {
        let (resolve, _) = world.proof(place, world.prover.address());
        cost(world.net.send(&[compute_budget::limit(200_000), resolve], &[&world.prover.key]))
    };
    let mut undecided = {
        let mut silent = World::new();
        silent.net.set_time(terms().observe_by + 1);
        silent
    };
    let void = cost(undecided.void());
    let resolve = limited(&mut world, Place::First);
    let dispute = cost(world.dispute());
    let second = limited(&mut world, Place::Second);
    let mut undisputed = world.net.clone();
    undisputed.advance(WINDOW);
    let question = world.question();
    let settle = cost(undisputed.send(&[world.keys.settle(&question)], &[&world.prover.key]));
    world.dispute().expect_ok();
    let decide = world.keys.council(&world.question(), Choice::Second);
    let council = cost(world.net.send(&[decide], &[&world.council.key]));
    let redeem = cost(world.redeem(0, 99 * UNIT));
    world.redeem(1, 99 * UNIT).expect_ok();
    let close = world.keys.close(&world.question(), world.creator.collateral);
    let close = cost(world.net.send(&[close], &[&world.creator.key]));
    let close_observation = world.keys.close_observation(world.prover.address());
    let close_observation = cost(world.net.send(&[close_observation], &[&world.creator.key]));

    let measured = [
        ("create", create),
        ("add_outcome", add_outcome),
        ("split", split),
        ("merge", merge),
        ("observe", observe),
        ("observe (partial)", partial),
        ("resolve_by_proof", resolve),
        ("resolve_by_proof (second)", second),
        ("dispute", dispute),
        ("settle", settle),
        ("council", council),
        ("void", void),
        ("redeem", redeem),
        ("close", close),
        ("close_observation", close_observation),
    ];
    for (name, cost) in measured {
        let most = if name.starts_with("resolve") { MAX_RESOLVE } else { MAX_OTHER };
        assert!(
            cost.compute_units <= most && cost.transaction_bytes <= MAX_TRANSACTION_SIZE,
            "{name} {cost:?}"
        );
    }
    assert_eq!(SOURCES.len(), 2);
    if let Err(differences) = ledger::check("market", &measured) {
        panic!("{differences}");
    }
}
