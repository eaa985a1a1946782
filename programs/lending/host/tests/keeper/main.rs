//! The keeper against a chain made of a map: what it reads, what it sends, what it refuses to do.

mod order;
mod support;

use assay::{CompileOptions, Model, Samples};
use assay_host::{
    Chain,
    strategy::{Action, Answer, Decision, Reason, Strategy, StrategyError, View},
};
use assay_interface::schema::ModelSchema;
use assay_keeper::{Conclusion, Config, KeeperError};
use assay_lending_host::{
    Evidence, ID, Liquidations, Market, Position, Rules, Snapshot, source,
    strategy::{
        BONUS_LOW, BUDGET_SPENT, LOW_SCORE, MODEL_UNUSABLE, NO_DEBT, NO_FEATURES, NO_FUNDS, NO_MINUTE,
        RULE_ONLY, SAFE, SNAPSHOT_YOUNG, only_score,
    },
};
use solana_address::Address;

use crate::support::*;

/// The market's account as the chain has it.
fn market_of(chain: &FixedChain) -> Market {
    bytemuck::pod_read_unaligned(&chain.accounts.get(&keys().market).unwrap().data[8..])
}

#[test]
fn a_healthy_position_is_left_alone_without_a_score() {
    for (debt, reason) in [(0, NO_DEBT), (3_000, SAFE), (7_999, SAFE)] {
        let mut chain = chain_with(debt);
        let mut keeper = keeper(live());
        let report = keeper.check(&mut chain, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::LeftAlone(reason));
        assert_eq!((report.expected, chain.sent.len(), keeper.counters().evaluations), (None, 0, 0));
    }
}

#[test]
fn over_the_threshold_the_plain_rule_needs_no_proof() {
    let mut chain = chain_with(8_600);
    let mut keeper = keeper(live());
    let report = keeper.check(&mut chain, &position_address()).unwrap();
    let Conclusion::Settled(sent) = report.conclusion else { panic!("{report:?}") };
    assert_eq!((sent.action, sent.executed.compute_units), ("liquidate", 900));
    assert_eq!(chain.names(), ["liquidate"]);
    assert_eq!((keeper.counters().proofs, keeper.counters().settled["liquidate"]), (0, 1));
    // It names what it repays: for a half of the debt, `ALL` would pay the whole of it once the price had fallen a little more.
    let is_all = |data: &[u8]| data.windows(8).any(|bytes| bytes == [0xff; 8]);
    assert!(!chain.sent[0].iter().any(|instruction| is_all(&instruction.data)));
    // The compute limit comes first: the simulation's units, a tenth more, and its own.
    assert_eq!(chain.sent[0][0].data, [&[2u8][..], &1_250u32.to_le_bytes()].concat());
}

#[test]
fn a_high_score_is_proven_for_the_snapshot_and_liquidated() {
    let mut chain = chain_with(8_450);
    chain.next_snapshot = Some(snapshot_of(&mut chain));
    let context = source::snapshot_context(
        chain.next_snapshot.as_ref().unwrap(),
        &snapshot_address(chain.next_snapshot.as_ref().unwrap()),
        &Address::new_from_array([9; 32]),
    );
    let mut keeper = keeper(live());
    let report = keeper.check(&mut chain, &position_address()).unwrap();
    let proof = report.proof.unwrap();
    assert_eq!(report.prepared.len(), 1);
    assert_eq!(chain.names(), ["snapshot", "liquidate_by_proof"]);
    assert_eq!(proof.answer.question.context, context, "it is the wallet's own proof");
    assert_eq!(Some(proof.answer.outputs), report.expected, "the reference and the circuit agree");
    let counters = keeper.counters();
    assert_eq!((counters.prepared, counters.proofs, counters.settled["liquidate_by_proof"]), (1, 1, 1));
    assert_eq!((counters.latency.count(), counters.failures.len()), (1, 0));
}

#[test]
fn a_living_snapshot_is_used_again() {
    let mut chain = chain_with(8_450);
    let snapshot = snapshot_of(&mut chain);
    chain.put(snapshot_address(&snapshot), &snapshot);
    let mut keeper = keeper(live());
    keeper.check(&mut chain, &position_address()).unwrap();
    assert_eq!(chain.names(), ["liquidate_by_proof"]);
    assert_eq!(keeper.counters().prepared, 0);
}

#[test]
fn a_snapshot_is_used_in_its_life_and_in_a_later_second() {
    // Taken in this second: the next look uses it.
    let mut chain = chain_with(8_450);
    let young = Snapshot { taken_at: NOW, ..snapshot_of(&mut chain) };
    chain.put(snapshot_address(&young), &young);
    let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::LeftAlone(SNAPSHOT_YOUNG));
    // Expired, of a position that was riskier, or older than what cleared the flag: another is taken, or none can be.
    let mut expired = chain_with(8_450);
    let snapshot = Snapshot { expires_at: NOW - 1, ..snapshot_of(&mut expired) };
    expired.put(snapshot_address(&snapshot), &snapshot);
    let mut riskier = chain_with(8_450);
    let snapshot = Snapshot { ltv_bps: 8_501, ..snapshot_of(&mut riskier) };
    riskier.put(snapshot_address(&snapshot), &snapshot);
    let mut cleared = chain_with(8_450);
    let snapshot = snapshot_of(&mut cleared);
    cleared.put(snapshot_address(&snapshot), &snapshot);
    let mut position = position(8_450_000_000);
    position.flag.accept(Evidence { epoch: EPOCH - 1, revision: 0 }, NOW - 50).unwrap();
    position.flag.clear(Evidence { epoch: EPOCH, revision: 0 }, NOW - 1).unwrap();
    cleared.put(position_address(), &position);
    for mut chain in [expired, riskier, cleared] {
        let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
        assert!(matches!(report.conclusion, Conclusion::LeftAlone(LOW_SCORE)), "{:?}", report.conclusion);
        assert!(chain.sent.is_empty());
    }
}

#[test]
fn a_spent_budget_is_not_exceeded() {
    let mut chain = chain_with(8_450);
    // A fifth was repaid, and the collateral for it seized: the ratio is what it was.
    let mut position = Position { collateral: 80_000_000_000, ..position(6_760_000_000) };
    position.budget = position.budget.renewed(8_450_000_000, 900, NOW - 60);
    position.budget.spend(1_690_000_000).unwrap();
    chain.put(position_address(), &position);
    let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::LeftAlone(BUDGET_SPENT));
}

#[test]
fn nothing_is_sent_for_a_model_that_the_market_refuses() {
    for status in [0, 2, 3] {
        let mut chain = chain_with(8_450);
        chain.accounts.insert(Address::new_from_array(params().model), model_account(status));
        let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::LeftAlone(MODEL_UNUSABLE), "status {status}");
        assert!(chain.sent.is_empty());
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    for (debt, action) in [(8_450, "snapshot"), (8_600, "liquidate")] {
        let mut chain = chain_with(debt);
        let mut keeper = keeper(Config::default());
        let report = keeper.check(&mut chain, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::Would(action));
        assert!(chain.sent.is_empty());
    }
}

#[test]
fn without_funds_nothing_is_sent() {
    let empty = |chain: &mut FixedChain| {
        if let Some(account) = chain.accounts.get_mut(&route().debt_account) {
            account.data[64..72].fill(0);
        }
    };
    for debt in [8_450, 8_600] {
        let mut capped = chain_with(debt);
        let config = Config { spend_cap: 0, ..live() };
        let report = keeper(config).check(&mut capped, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::LeftAlone(NO_FUNDS));
        let mut poor = chain_with(debt);
        empty(&mut poor);
        let report = keeper(live()).check(&mut poor, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::LeftAlone(NO_FUNDS));
        assert!(capped.sent.is_empty() && poor.sent.is_empty());
    }
}

#[test]
fn a_cap_below_the_limit_is_what_is_repaid() {
    let mut chain = chain_with(8_600);
    keeper(Config { spend_cap: 1_000_000_000, ..live() }).check(&mut chain, &position_address()).unwrap();
    let repay = &chain.sent[0][1].data[8..16];
    assert_eq!(repay, 1_000_000_000u64.to_le_bytes());
}

#[test]
fn under_the_plain_rule_only_no_score_is_computed() {
    let mut chain = chain_with(8_450);
    let mut keeper = keeper_of(strategy(Rules::RuleOnly), live());
    let report = keeper.check(&mut chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::LeftAlone(RULE_ONLY));
    assert_eq!((report.expected, keeper.counters().evaluations), (None, 0));
}

#[test]
fn without_a_final_minute_or_a_day_of_hours_there_is_no_score() {
    for (change, reason) in [(0, NO_MINUTE), (1, NO_FEATURES)] {
        let mut chain = chain_with(8_450);
        let mut collateral = source_of(PRICE);
        if change == 0 {
            collateral.minutes = bytemuck::Zeroable::zeroed();
        } else {
            collateral.hours[0] = bytemuck::Zeroable::zeroed();
            collateral.hours[7] = bytemuck::Zeroable::zeroed();
            collateral.hours[15] = bytemuck::Zeroable::zeroed();
        }
        chain.accounts.insert(route().prices.collateral, source::account(&collateral));
        let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::LeftAlone(reason));
    }
}

#[test]
fn a_refusal_in_simulation_is_counted_by_its_number_and_not_sent() {
    let mut chain = chain_with(8_600);
    chain.refuse = Some(7_070);
    let mut keeper = keeper(live());
    let error = keeper.check(&mut chain, &position_address()).unwrap_err();
    assert!(matches!(error, KeeperError::Send { action: "liquidate", .. }), "{error}");
    assert!(chain.sent.is_empty());
    assert_eq!(keeper.counters().failures.get("liquidate: 7070"), Some(&1));
}

#[test]
fn each_wrong_account_has_its_error() {
    type Damage = fn(&mut FixedChain);
    let cases: &[(Damage, &str)] = &[
        (|chain| drop(chain.accounts.remove(&keys().market)), "missing market"),
        (|chain| drop(chain.accounts.remove(&route().prices.debt)), "missing price source"),
        (|chain| drop(chain.accounts.remove(&route().debt_account)), "missing token account"),
        (|chain| chain.put(keys().market, &position(1)), "foreign market"),
        (
            |chain| chain.accounts.get_mut(&position_address()).unwrap().owner = Address::default(),
            "foreign position",
        ),
        (
            |chain| chain.accounts.get_mut(&route().prices.collateral).unwrap().owner = ID,
            "foreign price source",
        ),
        (
            |chain| chain.accounts.get_mut(&route().debt_account).unwrap().data.truncate(71),
            "foreign token account",
        ),
        (|chain| chain.put(position_address(), &Position { market: ID, ..position(1) }), "other market"),
        (
            |chain| {
                let mut stale = source_of(PRICE);
                stale.header.publish_time = NOW - 61;
                chain.accounts.insert(route().prices.collateral, source::account(&stale));
            },
            "price",
        ),
        (
            |chain| {
                let mut market: Market = Market { params: params(), ..market_of(chain) };
                market.params.collateral_source = [9; 32];
                chain.put(keys().market, &market);
            },
            "other price source",
        ),
    ];
    for (index, (damage, reason)) in cases.iter().enumerate() {
        let mut chain = chain_with(8_600);
        damage(&mut chain);
        let mut keeper = keeper(live());
        let error = keeper.check(&mut chain, &position_address()).unwrap_err();
        assert_eq!(error.reason(), *reason, "case {index}: {error}");
        assert_eq!(keeper.counters().failures.get(*reason), Some(&1));
        assert!(chain.sent.is_empty(), "case {index}");
    }
}

#[test]
fn a_market_of_another_model_is_not_scored() {
    let mut chain = chain_with(8_450);
    let mut market = market_of(&chain);
    market.params.statement_domain = [7; 32];
    chain.put(keys().market, &market);
    let error = keeper(live()).check(&mut chain, &position_address()).unwrap_err();
    assert_eq!(error.reason(), "other model", "{error}");
}

/// A strategy that always wants to prepare something more.
struct Restless(Liquidations);

impl Strategy for Restless {
    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        self.0.targets(chain)
    }

    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        self.0.accepts(schema)
    }

    fn decide(&self, _: &View<'_>, _: &Address) -> Result<Decision, StrategyError> {
        let instruction = self.0.route.keys.impair(position_address(), self.0.route.prices);
        Ok(Decision::Prepare(Action::of("impair", instruction)))
    }

    fn act(&self, _: &View<'_>, _: &Address, _: &Answer) -> Result<Decision, StrategyError> {
        Ok(Decision::Leave(Reason("never proven")))
    }
}

#[test]
fn a_strategy_that_settles_nothing_is_stopped() {
    let mut chain = chain_with(8_450);
    let mut keeper = keeper_of(Restless(strategy(Rules::ProofAndRule)), live());
    let error = keeper.check(&mut chain, &position_address()).unwrap_err();
    assert!(matches!(error, KeeperError::Unsettled(address) if address == position_address()), "{error}");
    assert!((1..10).contains(&chain.sent.len()), "{}", chain.sent.len());
}

#[test]
fn a_round_looks_at_sources_positions_and_what_is_the_wallets_own() {
    let mut chain = chain_with(3_000);
    let second = keys().position(&Address::new_from_array([41; 32]));
    chain.put(second, &position(0));
    let elsewhere = Address::new_from_array([42; 32]);
    chain.put(elsewhere, &Position { market: ID, ..position(0) });
    // Snapshots: the wallet's own that expired, one that lives, and somebody else's.
    let mine = Snapshot { expires_at: NOW - 1, ..snapshot_of(&mut chain_with(8_450)) };
    let [expired, alive, foreign] = [43, 44, 45].map(|byte| Address::new_from_array([byte; 32]));
    chain.put(expired, &mine);
    chain.put(alive, &Snapshot { expires_at: NOW, ..mine });
    chain.put(foreign, &Snapshot { payer: ID, ..mine });
    let mut keeper = keeper(live());
    let found: Vec<_> = keeper.round(&mut chain).unwrap();
    let conclusion = |address: Address| {
        let looked_at = found.iter().find(|(target, _)| *target == address)?;
        Some(match &looked_at.1.as_ref().unwrap().conclusion {
            Conclusion::LeftAlone(Reason(reason)) => *reason,
            Conclusion::Settled(sent) => sent.action,
            Conclusion::Would(action) => panic!("{action}"),
        })
    };
    let prices = route().prices;
    let expected = [
        (prices.collateral, Some("kept")),
        (prices.debt, Some("kept")),
        (position_address(), Some("safe")),
        (second, Some("no debt")),
        (expired, Some("close_snapshot")),
        (alive, Some("not due")),
        (elsewhere, None),
        (foreign, None),
    ];
    for (address, name) in expected {
        assert_eq!(conclusion(address), name, "{address}");
    }
    assert_eq!((found.len(), chain.sent.len()), (6, 1));
}

/// A keeper for which an early liquidation pays from half a percent on.
fn patient() -> assay_keeper::Keeper<Liquidations, rand_chacha::ChaCha20Rng> {
    keeper_of(Liquidations { least_bonus_bps: 50, ..strategy(Rules::ProofAndRule) }, live())
}

#[test]
fn what_does_not_pay_yet_is_flagged_waited_for_and_liquidated() {
    let mut chain = chain_with(8_450);
    let snapshot = snapshot_of(&mut chain);
    chain.put(snapshot_address(&snapshot), &snapshot);
    patient().check(&mut chain, &position_address()).unwrap();
    assert_eq!(chain.names(), ["flag_by_proof"]);
    // The auction pays 25 basis points in its first second, and 50 after 86 of 600 seconds.
    for (age, reason, names) in [(60, Some(BONUS_LOW), 0), (86, None, 1)] {
        let mut chain = chain_with(8_450);
        chain.put(snapshot_address(&snapshot), &snapshot);
        let mut flagged = position(8_450_000_000);
        flagged.flag.accept(snapshot.evidence(), NOW - age).unwrap();
        chain.put(position_address(), &flagged);
        let report = patient().check(&mut chain, &position_address()).unwrap();
        let left = match report.conclusion {
            Conclusion::LeftAlone(reason) => Some(reason),
            Conclusion::Settled(_) | Conclusion::Would(_) => None,
        };
        assert_eq!(left, reason, "{age}");
        assert_eq!(chain.names(), ["liquidate_by_proof"][..names], "{age}");
    }
}

#[test]
fn a_flag_that_is_about_to_lapse_is_renewed() {
    let mut chain = chain_with(8_450);
    let snapshot = snapshot_of(&mut chain);
    chain.put(snapshot_address(&snapshot), &snapshot);
    let mut market = market_of(&chain);
    market.params.bonus_ramp = 7_200;
    chain.put(keys().market, &market);
    let mut flagged = position(8_450_000_000);
    flagged.flag.accept(Evidence { epoch: EPOCH - 31, revision: 0 }, NOW - 300).unwrap();
    chain.put(position_address(), &flagged);
    patient().check(&mut chain, &position_address()).unwrap();
    assert_eq!(chain.names(), ["flag_by_proof"]);
}

#[test]
fn a_flag_over_a_low_score_is_cleared_also_below_the_floor() {
    for debt in [8_450, 7_900] {
        let mut chain = chain_with(debt);
        let mut market = market_of(&chain);
        market.params.score_threshold = i16::MAX;
        chain.put(keys().market, &market);
        let mut flagged = position(debt * 1_000_000);
        flagged.flag.accept(Evidence { epoch: EPOCH - 2, revision: 0 }, NOW - 100).unwrap();
        chain.put(position_address(), &flagged);
        chain.next_snapshot = Some(snapshot_of(&mut chain_with(8_450)));
        keeper(live()).check(&mut chain, &position_address()).unwrap();
        assert_eq!(chain.names(), ["snapshot", "clear_by_proof"], "{debt}");
    }
}

#[test]
fn losses_are_booked_without_funds_and_dust_is_written_off() {
    let mut chain = chain_with(11_000);
    if let Some(account) = chain.accounts.get_mut(&route().debt_account) {
        account.data[64..72].fill(0);
    }
    keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(chain.names(), ["impair"]);
    // 10,000 USD pay 9,803.92 at a bonus of 2 %: once that is booked there is nothing to do.
    let booked = Position { impaired: 1_195_000_000, ..position(11_000_000_000) };
    chain.put(position_address(), &booked);
    let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::LeftAlone(NO_FUNDS));
    let mut chain = chain_with(11_000);
    chain.put(position_address(), &Position { collateral: 9_000_000, ..position(11_000_000_000) });
    keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(chain.names(), ["socialize"]);
}

#[test]
fn a_followed_series_names_the_model_and_another_key_is_left_to_others() {
    let series = [51; 32];
    let follow = |chain: &mut FixedChain| {
        let mut market = market_of(chain);
        (market.params.model, market.params.model_mode) = (series, 1);
        chain.put(keys().market, &market);
    };
    let mut chain = chain_with(8_450);
    follow(&mut chain);
    chain.accounts.insert(Address::new_from_array(series), series_account(params().model));
    let snapshot = snapshot_of(&mut chain);
    chain.put(snapshot_address(&snapshot), &snapshot);
    keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(chain.names(), ["liquidate_by_proof"]);
    let metas = &chain.sent[0][1].accounts;
    assert_eq!([metas[13].pubkey, metas[14].pubkey], [params().model, series].map(Address::new_from_array));
    // The series has moved on, was closed, or has no model yet.
    let mut other = model_account(1);
    other.data[assay_interface::verifier::model_account::KEY_HASH].fill(7);
    let next = Address::new_from_array([52; 32]);
    for account in [Some(series_account(next.to_bytes())), Some(series_account([0; 32])), None] {
        let mut chain = chain_with(8_450);
        follow(&mut chain);
        chain.accounts.insert(next, other.clone());
        chain.accounts.extend(account.map(|account| (Address::new_from_array(series), account)));
        let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
        assert_eq!(report.conclusion, Conclusion::LeftAlone(MODEL_UNUSABLE));
        assert!(chain.sent.is_empty());
    }
}

#[test]
fn a_low_score_is_left_alone() {
    let mut chain = chain_with(8_450);
    let mut market = market_of(&chain);
    market.params.score_threshold = i16::MAX;
    chain.put(keys().market, &market);
    let report = keeper(live()).check(&mut chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::LeftAlone(LOW_SCORE));
    assert!(only_score(&report.expected.unwrap()).is_ok() && chain.sent.is_empty());
}

#[test]
fn a_model_with_other_tensors_is_refused_at_once() {
    let samples =
        Samples::read(include_bytes!("../../../../../models/suite/two-branch/calibration.json")).unwrap();
    let onnx = include_bytes!("../../../../../models/suite/two-branch/model.onnx");
    let model =
        Model::compile(onnx, &samples, &CompileOptions { max_error: 0.5, ..CompileOptions::default() });
    let error = strategy(Rules::ProofAndRule).accepts(model.unwrap().model.schema()).unwrap_err();
    assert_eq!(error.reason, "other model", "{error}");
}

/// A domain narrower than the format is no part of a schema: positions outside of it could never be liquidated.
#[test]
fn a_model_of_a_narrower_domain_is_refused_at_once() {
    let (onnx, samples, mut options) = sources();
    options.domains.insert("volatility_24h".into(), (-4.0, 3.5));
    let model = Model::compile(onnx, &samples, &options).unwrap().model;
    assert!(strategy(Rules::ProofAndRule).accepts(model.schema()).is_ok());
    let error = assay_keeper::check_model(&strategy(Rules::ProofAndRule), &model).unwrap_err();
    assert!(error.to_string().contains("'volatility_24h' from -4 to 3.5 only"), "{error}");
    assert_eq!(error.reason(), "narrow domain");
}
