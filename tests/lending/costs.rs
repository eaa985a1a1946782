//! What each instruction costs, against the ledger and against what was promised.

use assay_client::{
    compute_budget,
    lending::{ALL, Proven},
};
use assay_lending::state::TIMELOCK_SECONDS;
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::{self, Cost};

use crate::support::{Model, SOL, USDC, World};

/// Most compute units of an early liquidation, proof included, and of any other instruction.
const MAX_EARLY: u64 = 125_000;
const MAX_EARLY_COMMITTED: u64 = 155_000;
const MAX_OTHER: u64 = 30_000;

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

/// The admin's instructions.
fn admin() -> Vec<(&'static str, Cost)> {
    let mut world = World::without_market();
    let (admin, successor) = (world.admin.address(), world.stranger.address());
    let keys = world.keys;
    let init_market = cost(world.admin_sends(keys.init_market(admin, world.params)));
    let propose_params = cost(world.admin_sends(keys.propose_params(admin, world.params)));
    let cancel_params = cost(world.admin_sends(keys.cancel_params(admin)));
    world.admin_sends(keys.propose_params(admin, world.params)).expect_ok();
    world.advance(TIMELOCK_SECONDS);
    let apply_params = cost(world.admin_sends(keys.apply_params(admin)));
    let set_pause = cost(world.admin_sends(keys.set_pause(admin, 1)));
    let propose_admin = cost(world.admin_sends(keys.propose_admin(admin, successor)));
    let accept_admin = cost(world.stranger_sends(keys.accept_admin(successor)));
    vec![
        ("init_market", init_market),
        ("propose_params", propose_params),
        ("cancel_params", cancel_params),
        ("apply_params", apply_params),
        ("set_pause", set_pause),
        ("propose_admin", propose_admin),
        ("accept_admin", accept_admin),
    ]
}

/// Suppliers' and borrowers' instructions, each where interest accrues.
fn users() -> Vec<(&'static str, Cost)> {
    let mut world = World::supplied(1_000_000 * USDC);
    let (lender, borrower) = (world.lender.address(), world.borrower.address());
    let (supplied, tokens, collateral) = (world.lender.debt, world.borrower.debt, world.borrower.collateral);
    let (keys, prices, position) = (world.keys, world.prices, world.position_address());
    let deposit_first = cost(world.borrower_sends(keys.deposit_collateral(borrower, collateral, 100 * SOL)));
    world.borrower_sends(keys.borrow(borrower, tokens, prices, 5_000 * USDC)).expect_ok();
    world.advance(3_600);
    let borrow = cost(world.borrower_sends(keys.borrow(borrower, tokens, prices, 1_000 * USDC)));
    world.advance(3_600);
    let deposit_more = cost(world.borrower_sends(keys.deposit_collateral(borrower, collateral, SOL)));
    world.advance(3_600);
    let withdraw_collateral =
        cost(world.borrower_sends(keys.withdraw_collateral(borrower, collateral, prices, SOL)));
    world.advance(3_600);
    let supply = cost(world.lender_sends(keys.supply(lender, supplied, USDC)));
    world.advance(3_600);
    let withdraw_supply = cost(world.lender_sends(keys.withdraw_supply(lender, supplied, 1_000_000_000)));
    world.advance(3_600);
    let observe = cost(world.stranger_sends(keys.observe(prices.collateral)));
    let repay = cost(world.borrower_sends(keys.repay(borrower, position, tokens, ALL)));
    vec![
        ("deposit_collateral (first)", deposit_first),
        ("deposit_collateral", deposit_more),
        ("withdraw_collateral", withdraw_collateral),
        ("borrow", borrow),
        ("repay", repay),
        ("supply", supply),
        ("withdraw_supply", withdraw_supply),
        ("observe", observe),
    ]
}

/// The early liquidation under a model whose key has a commitment.
fn by_committed_proof() -> Cost {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.adopt(Model::committed());
    world.set_prices(86.0, 1.0);
    let snapshot = world.take_snapshot();
    let proof = Model::committed().prove(&snapshot);
    let proven = Proven { proof, ..world.proven(&snapshot) };
    let early = world.keys.liquidate_by_proof(&world.liquidation(ALL), &proven);
    let [limit, price] = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    cost(world.net.send(&[limit, price, early], &[&world.liquidator.key]))
}

/// Snapshot and liquidations.
fn liquidations() -> Vec<(&'static str, Cost)> {
    let mut world = World::borrowed(100 * SOL, 6_900 * USDC);
    world.advance(60);
    world.set_prices(86.0, 1.0);
    let take = world.snapshot_instruction();
    let snapshot = cost(world.stranger_sends(take.clone()));
    world.advance(30);
    let snapshot_again = cost(world.stranger_sends(take));
    world.advance(1);
    // As a keeper sends it, with both instructions of the compute budget.
    let early = world.early(&world.snapshot(), ALL);
    let budget = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let [limit, price] = budget;
    let by_proof = cost(world.net.send(&[limit, price, early], &[&world.liquidator.key]));
    world.advance(1);
    world.set_prices(76.0, 1.0);
    let plain = world.keys.liquidate(&world.liquidation(ALL));
    let liquidate = cost(world.liquidator_sends(plain));
    vec![
        ("snapshot (first)", snapshot),
        ("snapshot", snapshot_again),
        ("liquidate_by_proof", by_proof),
        ("liquidate_by_proof (committed)", by_committed_proof()),
        ("liquidate", liquidate),
    ]
}

#[test]
fn every_instruction_costs_what_the_ledger_says() {
    let measured = [admin(), users(), liquidations()].concat();
    for (name, cost) in &measured {
        let limit = match *name {
            "liquidate_by_proof" => MAX_EARLY,
            "liquidate_by_proof (committed)" => MAX_EARLY_COMMITTED,
            _ => MAX_OTHER,
        };
        assert!(cost.compute_units <= limit, "{name}: {cost:?}");
        assert!(cost.transaction_bytes <= MAX_TRANSACTION_SIZE, "{name}: {cost:?}");
    }
    ledger::check("lending", &measured).unwrap_or_else(|differences| panic!("{differences}"));
}
