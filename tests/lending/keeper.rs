//! The keeper over the real programs, with a development key of the committed model: the oracle publishes, time passes, and nobody
//! but the keeper sends anything.

use std::sync::LazyLock;

use assay::{CompileOptions, IntegerFormat, Keys, Model, Prover, SampleFormat, Samples};
use assay_feed_host::{PythFeed, SourceKeys, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_keeper::{Checked, Conclusion, Config, Keeper, Mode};
use assay_lending::state::{MODEL_FOLLOWED, RiskParams, SETUP_DEVELOPMENT, TIMELOCK_SECONDS};
use assay_lending_host::{Liquidations, PriceAccounts, Route, Rules, Vouched, strategy::MODEL_UNUSABLE};
use assay_lending_interface::formats::{FEATURES, Format, SCORE};
use assay_localnet::Wallet;
use assay_verifier_host::{self as verifier, NewSeries, Registration, apply_series, propose_series};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use solana_address::Address;

use crate::support::{SOL, TestMarket, USDC};

const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;
const WEEK: i64 = 7 * 86_400;

/// The committed model under two development keys.
pub static PROVERS: LazyLock<[Prover; 2]> = LazyLock::new(|| {
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        max_error: 0.05,
        input_format: format(FEATURES),
        output_format: format(SCORE),
        ..CompileOptions::default()
    };
    let calibration = include_bytes!("../../models/liquidation-risk/calibration.csv");
    let samples = Samples::read_as(SampleFormat::Csv, calibration).unwrap();
    let onnx = include_bytes!("../../models/liquidation-risk/model.onnx");
    let model = Model::compile(onnx, &samples, &options).unwrap().model;
    [3, 4].map(|seed| {
        let keys = Keys::setup(&model, &mut ChaCha20Rng::from_seed([seed; 32])).unwrap();
        Prover::new(&model, &keys).unwrap()
    })
});

pub const FEEDS: [PythFeed; 2] =
    [PythFeed { shard: 0, id: [0x61; 32] }, PythFeed { shard: 0, id: [0x62; 32] }];

/// A market over sources of the feed program, with a day of hours that the keeper brought, a borrower at 77.5 % of 100 USD, and
/// the keeper: for it an early liquidation pays from half a percent on.
pub struct Kept {
    pub test: TestMarket,
    pub keeper: Keeper<Liquidations, ChaCha20Rng>,
}

impl Kept {
    pub fn new(change: impl FnOnce(&mut TestMarket)) -> Self {
        let mut test = TestMarket::without_market();
        let sources = FEEDS.map(|feed| SourceKeys::of(&feed));
        for (source, feed) in sources.iter().zip(&FEEDS) {
            let create = source.create(test.stranger.address(), feed);
            test.stranger_sends(create).expect_ok();
        }
        test.prices = PriceAccounts { collateral: sources[0].source, debt: sources[1].source };
        test.model = register(&mut test, &PROVERS[0]);
        test.params = RiskParams {
            model: test.model.to_bytes(),
            statement_domain: PROVERS[0].model().domain().to_be_bytes(),
            collateral_source: test.prices.collateral.to_bytes(),
            debt_source: test.prices.debt.to_bytes(),
            supply_cap: 10_000_000 * USDC,
            collateral_cap: 1_000_000 * SOL,
            min_borrow: 10 * USDC,
            accepted_setup_kinds: SETUP_DEVELOPMENT,
            ..RiskParams::TEMPLATE
        };
        change(&mut test);
        let create = test.create();
        test.admin_sends(create).expect_ok();
        let supply = test.keys.supply(test.lender.address(), test.lender.debt, 1_000_000 * USDC);
        test.lender_sends(supply).expect_ok();

        let mut kept = Self { keeper: keeper(&test, &PROVERS[0]), test };
        let first = (kept.test.net.now() / HOUR + 1) * HOUR;
        for hour in 0..25 {
            // Up and down by two percent.
            kept.publish(first + hour * HOUR + 2, if hour % 2 == 0 { 100.0 } else { 98.0 });
            let done = kept.round();
            assert_eq!(done, ["observe", "observe"], "hour {hour}");
        }
        let refresh = sources.map(|source| source.refresh());
        kept.publish(first + 24 * HOUR + 30 * MINUTE, 100.0);
        kept.test.net.send(&refresh, &[&kept.test.stranger.key]).expect_ok();
        kept.test.take_loan(100 * SOL, 7_750 * USDC);
        assert_eq!(kept.round(), Vec::<String>::new(), "a safe position costs nothing");
        kept
    }

    /// What the oracle's accounts hold from now on; each update is the first of its second.
    pub fn publish(&mut self, now: i64, dollars: f64) {
        self.test.net.set_time(now);
        for (feed, dollars) in FEEDS.iter().zip([dollars, 1.0]) {
            let price = (dollars * 1e8) as i64;
            let update = PriceUpdate {
                write_authority: [0; 32],
                verification_level: VerificationLevel::Full,
                feed_id: feed.id,
                price,
                confidence: price.unsigned_abs() / 10_000,
                exponent: -8,
                publish_time: now,
                previous_publish_time: now - 3,
                ema_price: price,
                ema_confidence: price.unsigned_abs() / 10_000,
                posted_slot: 0,
            };
            self.test.net.put(feed.account(), oracle::account(&update));
        }
    }

    /// One look at everything.
    fn look(&mut self) -> Vec<Checked> {
        let key = self.test.liquidator.key.insecure_clone();
        self.keeper.round(&mut Wallet::new(&mut self.test.net, &key)).unwrap()
    }

    /// What one look at everything sent, by name.
    pub fn round(&mut self) -> Vec<String> {
        let checked = self.look();
        let mut sent = Vec::new();
        for (_, report) in checked {
            let report = report.unwrap();
            sent.extend(report.prepared.iter().map(|sent| sent.action.to_owned()));
            if let Conclusion::Settled(last) = report.conclusion {
                sent.push(last.action.to_owned());
            }
        }
        sent
    }

    /// A full minute in which the price falls until the ratio is 84.5 %; the keeper takes a snapshot. Returns the minute.
    fn fall(&mut self) -> i64 {
        let at = (self.test.net.now() / MINUTE + 1) * MINUTE;
        self.publish(at, 91.7);
        assert_eq!(self.round(), ["snapshot"]);
        at
    }
}

fn keeper(test: &TestMarket, prover: &Prover) -> Keeper<Liquidations, ChaCha20Rng> {
    keeper_of(test, prover, Config { mode: Mode::Live, spend_cap: u64::MAX, ..Config::default() })
}

fn keeper_of(test: &TestMarket, prover: &Prover, config: Config) -> Keeper<Liquidations, ChaCha20Rng> {
    let route = Route {
        keys: test.keys,
        prices: test.prices,
        collateral_account: test.liquidator.collateral,
        debt_account: test.liquidator.debt,
    };
    let strategy = Liquidations { route, rules: Rules::ProofAndRule, slippage_bps: 50, least_bonus_bps: 50 };
    Keeper::new(strategy, prover.clone(), config, ChaCha20Rng::from_seed([5; 32])).unwrap()
}

fn register(test: &mut TestMarket, prover: &Prover) -> Address {
    let (key, admin) = (prover.verifying_key().to_interface(), test.admin.address());
    let registration = Registration::development(admin, &key, prover.model().schema());
    test.admin_sends(registration.instruction().unwrap()).expect_ok();
    test.net.advance(registration.timelock);
    test.admin_sends(verifier::activate(admin, registration.model())).expect_ok();
    registration.model()
}

#[test]
fn from_the_fall_of_a_price_to_the_last_lamport_of_rent() {
    let mut kept = Kept::new(|_| {});
    let minute = kept.fall();
    let wallet = kept.test.liquidator.address();
    // A second later the score can be proven. The auction pays a quarter of a percent: the keeper starts its clock.
    kept.publish(minute + 1, 91.7);
    assert_eq!(kept.round(), ["flag_by_proof"]);
    assert_eq!(kept.test.position().flag.since, minute + 1);
    kept.publish(minute + 60, 91.7);
    assert_eq!(kept.round(), Vec::<String>::new(), "the clock runs");
    // 86 of 600 seconds later it pays half a percent, and the same snapshot lives.
    kept.publish(minute + 88, 91.7);
    let before = kept.test.balance(&kept.test.liquidator.debt);
    assert_eq!(kept.round(), ["liquidate_by_proof"]);
    let position = kept.test.position();
    assert_eq!(before - kept.test.balance(&kept.test.liquidator.debt), position.budget.repaid);
    assert!(position.budget.repaid > 1_540 * USDC, "a fifth of the debt: {}", position.budget.repaid);
    assert_ne!(kept.test.market().decision_chain, [0; 32]);
    // The price falls on: the plain rule.
    kept.publish(minute + 100, 86.0);
    assert_eq!(kept.round(), ["liquidate"]);
    // The position is safe by now, and so says its score; the first snapshot has expired.
    kept.publish(minute + 241, 95.0);
    assert_eq!(kept.round(), ["snapshot", "close_snapshot"]);
    kept.publish(minute + 242, 95.0);
    assert_eq!(kept.round(), ["clear_by_proof"]);
    kept.publish(minute + 481, 95.0);
    let held = kept.test.lamports(&wallet);
    assert_eq!(kept.round(), ["close_snapshot"]);
    assert!(kept.test.lamports(&wallet) > held);
    // A week later the receipts close as well.
    kept.publish(minute + 242 + WEEK, 100.0);
    assert_eq!(kept.round(), ["close_receipt", "close_receipt"]);
    let counters = kept.keeper.counters();
    assert_eq!((counters.proofs, counters.failures.len()), (3, 0), "{counters:?}");
    assert_eq!(counters.settled["liquidate_by_proof"], 1);
}

#[test]
fn a_recovery_clears_the_flag() {
    let mut kept = Kept::new(|_| {});
    let minute = kept.fall();
    kept.publish(minute + 1, 91.7);
    assert_eq!(kept.round(), ["flag_by_proof"]);
    // The owner repays most of it.
    let (owner, position) = (kept.test.borrower.address(), kept.test.position_address());
    let repay = kept.test.keys.repay(owner, position, kept.test.borrower.debt, 7_000 * USDC);
    kept.test.borrower_sends(repay).expect_ok();
    kept.publish(minute + 60, 91.7);
    assert_eq!(kept.round(), ["snapshot"]);
    kept.publish(minute + 61, 91.7);
    assert_eq!(kept.round(), ["clear_by_proof"]);
    assert_eq!(kept.test.position().flag.state, 2);
    kept.publish(minute + 62, 91.7);
    assert_eq!(kept.round(), Vec::<String>::new());
}

#[test]
fn a_crash_is_liquidated_and_what_is_lost_is_written_off() {
    let mut kept = Kept::new(|_| {});
    let minute = (kept.test.net.now() / MINUTE + 1) * MINUTE;
    // 20 USD a unit: the collateral pays 1,960.78 USDC, of which this keeper has 1,960. What is left is worth less than a dollar.
    let config = Config { mode: Mode::Live, spend_cap: 1_960 * USDC, ..Config::default() };
    kept.keeper = keeper_of(&kept.test, &PROVERS[0], config);
    kept.publish(minute, 20.0);
    assert_eq!(kept.round(), ["liquidate"]);
    let (impaired, collateral) = (kept.test.market().impaired, kept.test.position().collateral);
    assert!(impaired > 0 && (1..SOL / 20).contains(&collateral), "{impaired} {collateral}");
    assert_eq!(kept.round(), ["socialize"]);
    assert_eq!((kept.test.position().debt_shares, kept.test.market().impaired), (0, 0));
}

#[test]
fn without_funds_it_still_books_the_loss() {
    let mut kept = Kept::new(|_| {});
    let mut account = kept.test.net.account(&kept.test.liquidator.debt).unwrap();
    account.data[64..72].fill(0);
    kept.test.net.set_account(kept.test.liquidator.debt, account);
    let minute = (kept.test.net.now() / MINUTE + 1) * MINUTE;
    kept.publish(minute, 50.0);
    assert_eq!(kept.round(), ["impair"]);
    assert_eq!(kept.round(), Vec::<String>::new());
    kept.publish(minute + 10, 60.0);
    assert_eq!(kept.round(), ["impair"]);
}

#[test]
fn a_keeper_follows_the_series_while_its_model_is_current() {
    let (mut series, mut next) = (Address::default(), Address::default());
    let mut kept = Kept::new(|test| {
        next = register(test, &PROVERS[1]);
        let creator = test.stranger.address();
        let timelock = TIMELOCK_SECONDS as i64;
        let attestor_set = Address::default();
        let domain = test.params.statement_domain;
        let of = NewSeries {
            creator,
            payer: creator,
            name: "risk",
            model: test.model,
            domain,
            attestor_set,
            timelock,
        };
        let create = of.create();
        test.stranger_sends(create).expect_ok();
        test.net.advance(timelock);
        series = of.address();
        let propose = propose_series(creator, series, next);
        let apply = apply_series(creator, series, test.model, attestor_set);
        test.net.send(&[apply, propose], &[&test.stranger.key]).expect_ok();
        test.net.advance(timelock - 24 * HOUR);
        (test.params.model, test.params.model_mode) = (series.to_bytes(), MODEL_FOLLOWED);
        test.vouched = Vouched::Series(test.model);
    });
    let minute = kept.fall();
    kept.publish(minute + 1, 91.7);
    assert_eq!(kept.round(), ["flag_by_proof"]);
    // The switch: this keeper's proofs are of no use any more, and it makes none.
    let apply = apply_series(kept.test.stranger.address(), series, next, Address::default());
    kept.test.stranger_sends(apply).expect_ok();
    kept.publish(minute + 88, 91.7);
    let left = kept.look().into_iter().any(|(_, report)| {
        report.is_ok_and(|report| report.conclusion == Conclusion::LeftAlone(MODEL_UNUSABLE))
    });
    assert!(left && kept.keeper.counters().proofs == 1);
    // Whoever has the next model's key goes on, from the same snapshot and under the same clock.
    kept.keeper = keeper(&kept.test, &PROVERS[1]);
    assert_eq!(kept.round(), ["liquidate_by_proof"]);
    assert_eq!(kept.test.position().flag.since, minute + 1);
}
