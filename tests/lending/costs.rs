//! What each instruction costs, against the ledger and against what was promised.

use assay_host::compute_budget;
use assay_lending::state::TIMELOCK_SECONDS;
use assay_lending_host::{ALL, Proven};
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::{self, Cost};

use crate::support::{Model, SOL, TestMarket, USDC};

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
    let mut test = TestMarket::without_market();
    let (admin, successor) = (test.admin.address(), test.stranger.address());
    let keys = test.keys;
    let init_market = cost(test.admin_sends(keys.init_market(admin, test.params)));
    let propose_params = cost(test.admin_sends(keys.propose_params(admin, test.params)));
    let cancel_params = cost(test.admin_sends(keys.cancel_params(admin)));
    test.admin_sends(keys.propose_params(admin, test.params)).expect_ok();
    test.advance(TIMELOCK_SECONDS);
    let apply_params = cost(test.admin_sends(keys.apply_params(admin)));
    let set_pause = cost(test.admin_sends(keys.set_pause(admin, 1)));
    let propose_admin = cost(test.admin_sends(keys.propose_admin(admin, successor)));
    let accept_admin = cost(test.stranger_sends(keys.accept_admin(successor)));
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
    let mut test = TestMarket::supplied(1_000_000 * USDC);
    let (lender, borrower) = (test.lender.address(), test.borrower.address());
    let (supplied, tokens, collateral) = (test.lender.debt, test.borrower.debt, test.borrower.collateral);
    let (keys, prices, position) = (test.keys, test.prices, test.position_address());
    let deposit_first = cost(test.borrower_sends(keys.deposit_collateral(borrower, collateral, 100 * SOL)));
    test.borrower_sends(keys.borrow(borrower, tokens, prices, 5_000 * USDC)).expect_ok();
    test.advance(3_600);
    let borrow = cost(test.borrower_sends(keys.borrow(borrower, tokens, prices, 1_000 * USDC)));
    test.advance(3_600);
    let deposit_more = cost(test.borrower_sends(keys.deposit_collateral(borrower, collateral, SOL)));
    test.advance(3_600);
    let withdraw_collateral =
        cost(test.borrower_sends(keys.withdraw_collateral(borrower, collateral, prices, SOL)));
    test.advance(3_600);
    let supply = cost(test.lender_sends(keys.supply(lender, supplied, USDC)));
    test.advance(3_600);
    let withdraw_supply = cost(test.lender_sends(keys.withdraw_supply(lender, supplied, 1_000_000_000)));
    test.advance(3_600);
    let observe = cost(test.stranger_sends(keys.observe(prices.collateral)));
    let repay = cost(test.borrower_sends(keys.repay(borrower, position, tokens, ALL)));
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
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.adopt(Model::committed());
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let proof = Model::committed().prove(&snapshot);
    let proven = Proven { proof, ..test.proven(&snapshot) };
    let early = test.keys.liquidate_by_proof(&test.liquidation(ALL), &proven);
    let [limit, price] = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    cost(test.net.send(&[limit, price, early], &[&test.liquidator.key]))
}

/// Snapshot and liquidations.
fn liquidations() -> Vec<(&'static str, Cost)> {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.advance(60);
    test.set_prices(86.0, 1.0);
    let take = test.snapshot_instruction();
    let snapshot = cost(test.stranger_sends(take.clone()));
    test.advance(30);
    let snapshot_again = cost(test.stranger_sends(take));
    test.advance(1);
    // As a keeper sends it, with both instructions of the compute budget.
    let early = test.early(&test.snapshot(), ALL);
    let budget = [compute_budget::limit(200_000), compute_budget::price(1_000)];
    let [limit, price] = budget;
    let by_proof = cost(test.net.send(&[limit, price, early], &[&test.liquidator.key]));
    test.advance(1);
    test.set_prices(76.0, 1.0);
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    let liquidate = cost(test.liquidator_sends(plain));
    vec![
        ("snapshot (first)", snapshot),
        ("snapshot", snapshot_again),
        ("liquidate_by_proof", by_proof),
        ("liquidate_by_proof (committed)", by_committed_proof()),
        ("liquidate", liquidate),
    ]
}

#[test]
pub fn every_instruction_costs_what_the_ledger_says() {
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
