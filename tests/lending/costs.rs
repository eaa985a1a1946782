//! What each instruction costs, against the ledger and against what was promised.

use assay_host::compute_budget;
use assay_lending_host::{ALL, MarketKeys, Proven};
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::{self, Cost};
use solana_instruction::Instruction;

use crate::series::Following;
use crate::support::{Model, SOL, TestMarket, USDC};

/// Most compute units of what a proof opens, the proof included, and of any other instruction.
const MAX_PROVEN: u64 = 125_000;
const MAX_PROVEN_COMMITTED: u64 = 155_000;
const MAX_WITH_RECEIPT: u64 = 40_000;
const MAX_OTHER: u64 = 30_000;

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

/// The instructions of admin and guardian.
fn government() -> Vec<(&'static str, Cost)> {
    let mut test = TestMarket::without_market();
    let (admin, successor, guardian) =
        (test.admin.address(), test.stranger.address(), test.guardian.address());
    let keys = test.keys;
    let init_market = cost({
        let create = test.create();
        test.admin_sends(create)
    });
    let propose_params = cost(test.admin_sends(keys.propose_params(admin, test.params)));
    let cancel_proposal = cost(test.admin_sends(keys.cancel_proposal(admin)));
    test.admin_sends(keys.propose_params(admin, test.params)).expect_ok();
    test.pass_timelock();
    let apply = test.apply();
    let apply_params = cost(test.admin_sends(apply));
    let set_pause = cost(test.guardian_sends(keys.set_pause(guardian, 1)));
    test.pass_timelock();
    let lower_pause = cost(test.admin_sends(keys.lower_pause(admin, None, 0)));
    let propose_guardian = cost(test.admin_sends(keys.propose_guardian(admin, guardian)));
    test.pass_timelock();
    let set_guardian = cost(test.admin_sends(keys.set_guardian(admin)));
    let propose_admin = cost(test.admin_sends(keys.propose_admin(admin, successor)));
    test.pass_timelock();
    let accept_admin = cost(test.stranger_sends(keys.accept_admin(successor)));
    let renounce_admin = cost(test.stranger_sends(keys.renounce_admin(successor)));
    vec![
        ("init_market", init_market),
        ("propose_params", propose_params),
        ("cancel_proposal", cancel_proposal),
        ("apply_params", apply_params),
        ("set_pause", set_pause),
        ("lower_pause", lower_pause),
        ("propose_guardian", propose_guardian),
        ("set_guardian", set_guardian),
        ("propose_admin", propose_admin),
        ("accept_admin", accept_admin),
        ("renounce_admin", renounce_admin),
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
    let repay = cost(test.borrower_sends(keys.repay(borrower, position, tokens, ALL)));
    vec![
        ("deposit_collateral (first)", deposit_first),
        ("deposit_collateral", deposit_more),
        ("withdraw_collateral", withdraw_collateral),
        ("borrow", borrow),
        ("repay", repay),
        ("supply", supply),
        ("withdraw_supply", withdraw_supply),
    ]
}

/// What is at the end: reserves, and closing everything.
fn endings() -> Vec<(&'static str, Cost)> {
    let mut test = TestMarket::borrowed(20_000 * SOL, 500_000 * USDC);
    let (admin, lender, borrower) = (test.admin.address(), test.lender.address(), test.borrower.address());
    let (keys, prices, position) = (test.keys, test.prices, test.position_address());
    let snapshot = test.take_snapshot();
    test.advance(31_536_000);
    test.borrower_sends(keys.repay(borrower, position, test.borrower.debt, ALL)).expect_ok();
    let propose_withdrawal = cost(test.admin_sends(keys.propose_withdrawal(admin, USDC)));
    test.pass_timelock();
    let withdraw_reserves = cost(test.admin_sends(keys.withdraw_reserves(admin, test.admin.debt)));
    test.borrower_sends(keys.withdraw_collateral(borrower, test.borrower.collateral, prices, ALL))
        .expect_ok();
    test.lender_sends(keys.withdraw_supply(lender, test.lender.debt, ALL)).expect_ok();
    let close_position = cost(test.borrower_sends(keys.close_position(borrower)));
    let close_deposit = cost(test.lender_sends(keys.close_deposit(lender)));
    let address = MarketKeys::snapshot(&position, snapshot.evidence());
    let close_snapshot = cost(test.stranger_sends(MarketKeys::close_snapshot(address, snapshot.payer)));
    let destinations = [test.admin.collateral, test.admin.debt];
    let close_market = cost(test.admin_sends(keys.close_market(admin, admin, destinations)));
    vec![
        ("propose_withdrawal", propose_withdrawal),
        ("withdraw_reserves", withdraw_reserves),
        ("close_position", close_position),
        ("close_deposit", close_deposit),
        ("close_snapshot", close_snapshot),
        ("close_market", close_market),
    ]
}

/// Sends as the liquidator, with both instructions of the compute budget, as keepers do.
fn proven(test: &mut TestMarket, instruction: Instruction) -> Cost {
    let [limit, price] = [compute_budget::limit(250_000), compute_budget::price(1_000)];
    cost(test.net.send(&[limit, price, instruction], &[&test.liquidator.key]))
}

/// Start and end of a liquidation, as the transaction that holds both meets them.
fn flash() -> Vec<(&'static str, Cost)> {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(80.0, 1.0);
    let liquidation = test.liquidation(ALL);
    let both = [test.keys.liquidate_start(&liquidation), test.keys.liquidate_end(&liquidation)];
    let outcome = test.net.send(&both, &[&test.liquidator.key]).expect_ok();
    let program = format!("Program {} consumed ", assay_lending::ID);
    let consumed = outcome.logs.iter().filter_map(|line| line.strip_prefix(&program));
    let units: Vec<u64> = consumed.map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
    let row = |compute_units| Cost { compute_units, transaction_bytes: outcome.size };
    vec![("liquidate_start", row(units[0])), ("liquidate_end", row(units[1]))]
}

/// The early liquidation under a model whose key has a commitment.
fn by_committed_proof() -> Cost {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.adopt(Model::committed());
    test.set_prices(86.0, 1.0);
    let snapshot = test.take_snapshot();
    let opened = test.proven_by(Model::committed(), &snapshot, &test.liquidator.address());
    let early = test.keys.liquidate_by_proof(&test.liquidation(ALL), &opened);
    proven(&mut test, early)
}

/// The early liquidation in a market that follows a series.
fn by_series() -> Cost {
    let mut following = Following::new();
    let snapshot = following.test.take_snapshot();
    let early = following.early(&following.test.proven(&snapshot), ALL);
    proven(&mut following.test, early)
}

/// Snapshots, what proofs open, liquidations and losses.
fn liquidations() -> Vec<(&'static str, Cost)> {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(86.0, 1.0);
    test.next_minute();
    let (take, evidence) = (test.snapshot_instruction(), test.evidence());
    let snapshot = cost(test.stranger_sends(take.clone()));
    let snapshot_again = cost(test.stranger_sends(take));
    test.advance(1);
    let first = test.snapshot(evidence);
    let flag = test.flag(&first);
    let flag_by_proof = proven(&mut test, flag);
    let with_receipt = Proven { proof: None, ..test.proven(&first) };
    let early = test.keys.liquidate_by_proof(&test.liquidation(100 * USDC), &with_receipt);
    let by_receipt = proven(&mut test, early);
    let second = test.take_snapshot();
    let early = test.early(&second, 100 * USDC);
    let by_proof = proven(&mut test, early);
    test.set_prices(90.0, 1.0);
    let mild = test.take_snapshot();
    let clear = test.clear(&mild);
    let clear_by_proof = proven(&mut test, clear);
    test.set_prices(76.0, 1.0);
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    let liquidate = cost(test.liquidator_sends(plain));
    test.set_prices(40.0, 1.0);
    let (position, prices) = (test.position_address(), test.prices);
    let impair = cost(test.stranger_sends(test.keys.impair(position, prices)));
    test.set_prices(0.005, 1.0);
    let socialize = cost(test.stranger_sends(test.keys.socialize(position, prices)));
    vec![
        ("snapshot", snapshot),
        ("snapshot (taken already)", snapshot_again),
        ("flag_by_proof", flag_by_proof),
        ("liquidate_by_proof (with receipt)", by_receipt),
        ("liquidate_by_proof", by_proof),
        ("liquidate_by_proof (committed)", by_committed_proof()),
        ("liquidate_by_proof (series)", by_series()),
        ("clear_by_proof", clear_by_proof),
        ("liquidate", liquidate),
        ("impair", impair),
        ("socialize", socialize),
    ]
}

#[test]
pub fn every_instruction_costs_what_the_ledger_says() {
    let measured = [government(), users(), liquidations(), flash(), endings()].concat();
    for (name, cost) in &measured {
        let limit = match *name {
            "liquidate_by_proof" | "liquidate_by_proof (series)" | "flag_by_proof" | "clear_by_proof" => {
                MAX_PROVEN
            }
            "liquidate_by_proof (committed)" => MAX_PROVEN_COMMITTED,
            "liquidate_by_proof (with receipt)" => MAX_WITH_RECEIPT,
            _ => MAX_OTHER,
        };
        assert!(cost.compute_units <= limit, "{name}: {cost:?}");
        assert!(cost.transaction_bytes <= MAX_TRANSACTION_SIZE, "{name}: {cost:?}");
    }
    ledger::check("lending", &measured).unwrap_or_else(|differences| panic!("{differences}"));
}
