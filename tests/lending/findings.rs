//! What an auditor did to the first version of this program, each as an attack on this one with the refusal that it meets.
//! The parts of each finding's whole kind are tested beside the instructions; parameters' combinations in
//! `programs/lending/tests`.

use assay_lending::state::{RiskParams, TIMELOCK_SECONDS};
use assay_lending_host::{ALL, MarketKeys};
use assay_verifier_host as verifier;
use solana_address::Address;

use crate::impair::insolvent;
use crate::liquidate_by_proof::risky;
use crate::support::{Model, SOL, TestMarket, USDC, refused, with_account};

/// The admin proposes a dear price, has the market halted, applies when two days have passed, and borrows all there is.
#[test]
fn a_halt_does_not_outlast_the_timelock() {
    let mut test = TestMarket::supplied(1_000_000 * USDC);
    let (owner, admin) = (test.borrower.address(), test.admin.address());
    let deposit = test.keys.deposit_collateral(owner, test.borrower.collateral, 12 * SOL);
    test.borrower_sends(deposit).expect_ok();
    let dear = RiskParams { collateral_source: [0xde; 32], ..test.params };
    let propose = test.keys.propose_params(admin, dear);
    test.admin_sends(propose).expect_ok();
    let halt = test.keys.set_pause(test.guardian.address(), 2);
    test.guardian_sends(halt).expect_ok();
    let leave = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, ALL);
    refused(&test.lender_sends(leave.clone()), "Paused");
    test.pass_timelock();
    let apply = test.apply();
    refused(&test.admin_sends(apply.clone()), "TimelockRunning");
    // The halt is over: whoever read the proposal has two days to go.
    test.lender_sends(leave).expect_ok();
    test.advance(TIMELOCK_SECONDS as i64);
    test.admin_sends(apply).expect_ok();
    let lower = test.keys.lower_pause(admin, None, 0);
    test.admin_sends(lower).expect_ok();
    let borrow = test.keys.borrow(owner, test.borrower.debt, test.prices, 1_000_000 * USDC);
    refused(&test.borrower_sends(borrow), "InsufficientLiquidity");
}

/// A low of half a minute ago liquidates nobody: a source only goes forward, and no account but the pinned one is read.
#[test]
fn the_caller_does_not_choose_the_price() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.set_prices(80.0, 1.0); // 86.3 %: the low
    let low = test.net.account(&test.prices.collateral).unwrap();
    test.advance(20);
    test.set_prices(90.0, 1.0); // 76.7 %
    let kept = Address::new_from_array([0x77; 32]);
    test.net.set_account(kept, low);
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    refused(&test.liquidator_sends(plain.clone()), "NotLiquidatable");
    refused(&test.liquidator_sends(with_account(plain, 9, kept)), "WrongSource");
    // Nor do two prices of different moments.
    test.damage_sources(|[collateral, _]| collateral.header.publish_time -= 16);
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    refused(&test.liquidator_sends(plain), "PricesApart");
}

/// A borrower's accomplice takes the snapshot and uses it up, for one base unit, in one transaction.
#[test]
fn one_base_unit_does_not_use_up_a_snapshot() {
    let (mut test, snapshot) = risky();
    let unit = test.early(&snapshot, 1);
    refused(&test.liquidator_sends(unit), "RepaymentTooSmall");
    // Snapshot and liquidation together: the snapshot must be of an earlier second.
    test.next_minute();
    let (take, evidence) = (test.snapshot_instruction(), test.evidence());
    test.stranger_sends(take).expect_ok();
    let at_once = test.early(&test.snapshot(evidence), ALL);
    refused(&test.liquidator_sends(at_once.clone()), "SnapshotTooYoung");
    // The least repayment leaves the rest of the window to an honest keeper, with the same snapshot.
    test.advance(1);
    let debt = test.position().debt(&test.market()).unwrap();
    let least = test.early(&snapshot, debt / 100 + 1_000);
    test.liquidator_sends(least).expect_ok();
    test.liquidator_sends(at_once).expect_ok();
    assert!(test.position().budget.repaid.abs_diff(debt / 5) <= 2_000);
}

/// The borrower takes the minute's snapshot in a state that looks safe, and then borrows: the state after has its own.
#[test]
fn a_snapshot_is_no_lock() {
    let mut test = TestMarket::borrowed(100 * SOL, 6_900 * USDC);
    test.next_minute();
    let (owner, position, tokens) = (test.borrower.address(), test.position_address(), test.borrower.debt);
    let (keys, prices, before) = (test.keys, test.prices, test.evidence());
    let dance = [
        keys.repay(owner, position, tokens, 3_000 * USDC),
        keys.take_snapshot(owner, position, before, prices),
        keys.borrow(owner, tokens, prices, 3_000 * USDC),
    ];
    test.net.send(&dance, &[&test.borrower.key]).expect_ok();
    let after = test.evidence();
    assert_eq!((after.epoch, after.revision), (before.epoch, before.revision + 1));
    let take = test.snapshot_instruction();
    test.stranger_sends(take).expect_ok();
    assert!(test.snapshot(after).ltv_bps > 6_800 && test.snapshot(before).ltv_bps < 4_000);
}

/// The score of a position that is no more: its owner has lowered the ratio since.
#[test]
fn a_score_of_a_riskier_position_opens_nothing() {
    let (mut test, snapshot) = risky();
    let early = test.early(&snapshot, ALL);
    let (owner, position) = (test.borrower.address(), test.position_address());
    // 80.2 % at the snapshot; 79.4 % is above the floor of 75 % and below the tolerance.
    let repay = test.keys.repay(owner, position, test.borrower.debt, 70 * USDC);
    test.borrower_sends(repay).expect_ok();
    refused(&test.liquidator_sends(early.clone()), "PositionRecovered");
    // Within the tolerance it does.
    test.set_prices(85.5, 1.0);
    test.liquidator_sends(early).expect_ok();
}

/// "Ceremony" is the word of whoever registered the key: it opens no market without the attestors that the market names.
#[test]
fn a_ceremony_that_nobody_attested_is_refused() {
    let mut test = TestMarket::without_market();
    let ceremony = test.register_ceremony(Model::shared());
    let attested = RiskParams {
        model: ceremony.to_bytes(),
        accepted_setup_kinds: assay_lending::state::SETUP_CEREMONY,
        attestors: [7; 32],
        ..test.params
    };
    let create = test.create_of(&test.keys, test.admin.address(), attested);
    refused(&test.admin_sends(create), "NotAttested");
    let unnamed = RiskParams { attestors: [0; 32], ..attested };
    let create = test.create_of(&test.keys, test.admin.address(), unnamed);
    refused(&test.admin_sends(create), "AttestorsMissing");
}

/// An uncertain price stops what adds risk, and nothing that takes it away.
#[test]
fn an_uncertain_price_stops_no_liquidation() {
    let mut test = insolvent();
    test.damage_sources(|[collateral, _]| {
        collateral.header.confidence = collateral.header.price;
        collateral.header.status = 1;
    });
    let borrow = test.keys.borrow(test.borrower.address(), test.borrower.debt, test.prices, USDC);
    refused(&test.borrower_sends(borrow), "PriceDegraded");
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    test.liquidator_sends(plain).expect_ok();
    // And it does not make a fresh loan liquidatable.
    let mut test = TestMarket::borrowed(100 * SOL, 6_980 * USDC);
    test.damage_sources(|sources| {
        for source in sources {
            source.header.confidence = source.header.price;
        }
    });
    let plain = test.keys.liquidate(&test.liquidation(ALL));
    refused(&test.liquidator_sends(plain), "NotLiquidatable");
}

/// A liquidator leaves the last unit of collateral: the loss is known at once, and whoever leaves first does not escape it.
#[test]
fn bad_debt_does_not_wait_for_the_last_unit() {
    let mut test = insolvent();
    let (second, tokens) = (test.stranger.address(), test.stranger.debt);
    let supply = test.keys.supply(second, tokens, 1_000_000 * USDC);
    test.stranger_sends(supply).expect_ok();
    let almost = test.keys.liquidate(&test.liquidation(490_196_068_432));
    test.liquidator_sends(almost).expect_ok();
    assert!(test.position().collateral > 0 && test.market().impaired > 100_000 * USDC);
    let before = [test.balance(&test.lender.debt), test.balance(&tokens)];
    let first = test.keys.withdraw_supply(test.lender.address(), test.lender.debt, ALL);
    test.lender_sends(first).expect_ok();
    let socialize = test.keys.socialize(test.position_address(), test.prices);
    test.lender_sends(socialize).expect_ok();
    let last = test.keys.withdraw_supply(second, tokens, ALL);
    test.stranger_sends(last).expect_ok();
    let got = [test.balance(&test.lender.debt) - before[0], test.balance(&tokens) - before[1]];
    // Equal deposits but for a day's interest: the first did not leave its half of the loss to the last.
    assert!(got[0].abs_diff(got[1]) < 500 * USDC, "{got:?}");
    assert!(got[1] < 950_000 * USDC, "both bear it: {got:?}");
}

/// Parameters that are harmless one by one.
#[test]
fn bounds_hold_together() {
    let mut test = TestMarket::new();
    let admin = test.admin.address();
    let cases = [
        // A loan that is liquidatable early in the second in which it is taken.
        (RiskParams { max_ltv_bps: 7_400, ..test.params }, "InvalidThresholds"),
        // A bonus for waiting for the plain rule, and one that exceeds it.
        (RiskParams { early_bonus_min_bps: 150, early_bonus_max_bps: 100, ..test.params }, "InvalidBonus"),
        (RiskParams { early_bonus_max_bps: 300, ..test.params }, "InvalidBonus"),
        // A snapshot that reaches over two budgets.
        (RiskParams { early_window: 600, snapshot_expiry: 601, ..test.params }, "InvalidSnapshotTimes"),
        // Nearly the whole debt as "dust".
        (RiskParams { min_borrow: test.params.supply_cap, ..test.params }, "InvalidCaps"),
    ];
    for (params, error) in cases {
        let propose = test.keys.propose_params(admin, params);
        refused(&test.admin_sends(propose), error);
    }
}

/// A stranger records the keeper's statement first, to make the keeper's transaction fail.
#[test]
fn nobody_blocks_a_decision_by_recording_it_first() {
    let (mut test, snapshot) = risky();
    let proven = test.proven(&snapshot);
    let prover = test.liquidator.address();
    let context = assay_lending_host::source::snapshot_context(&snapshot, &proven.snapshot, &prover);
    let limbs = assay_lending_interface::limbs(&snapshot.features, proven.score).unwrap();
    let proof = proven.proof.unwrap();
    let stranger = test.stranger.address();
    let first = verifier::record(stranger, test.model, &proof, context, &limbs, &proven.digest);
    test.stranger_sends(first).expect_ok();
    let chain = test.market().decision_chain;
    let early = test.early(&snapshot, ALL);
    test.liquidator_sends(early).expect_ok();
    assert_ne!(test.market().decision_chain, chain, "the decision is the market's own");
    // Everything that was paid for comes back: `close_market`. Reserves go to their owner: `withdraw_reserves`.
    let address = MarketKeys::snapshot(&snapshot.position, snapshot.evidence());
    refused(&test.stranger_sends(MarketKeys::close_snapshot(address, snapshot.payer)), "SnapshotAlive");
}
