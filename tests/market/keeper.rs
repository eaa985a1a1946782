//! The keeper over the real programs, with a development key of the committed resolver: the oracle publishes, time passes, and
//! nobody but the keeper sends anything about the question.

use std::sync::LazyLock;

use assay::{CompileOptions, IntegerFormat, Keys, Model, Prover, SampleFormat, Samples};
use assay_feed_host::{PythFeed, SourceKeys, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_host::strategy::Strategy as _;
use assay_host::{Account, Action, Chain, ChainError, Executed, SendError, Watch};
use assay_keeper::{Conclusion, Config, Keeper, Mode};
use assay_localnet::Wallet;
use assay_market_host::{LEAST_STAKE, Models, Questions, Status};
use assay_market_interface::formats::{FEATURES, Format, VOLATILITY};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use solana_address::Address;

use crate::support::{Actor, T, UNIT, WINDOW, World};

const HOUR: i64 = 3_600;
const WEEK: i64 = 7 * 86_400;
const FEEDS: [PythFeed; 2] = [PythFeed { shard: 0, id: [0x61; 32] }, PythFeed { shard: 0, id: [0x62; 32] }];

static PROVER: LazyLock<Prover> = LazyLock::new(|| {
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        input_format: format(FEATURES),
        output_format: format(VOLATILITY),
        ..CompileOptions::default()
    };
    let calibration = include_bytes!("../../models/market-resolver/calibration.csv");
    let samples = Samples::read_as(SampleFormat::Csv, calibration).unwrap();
    let onnx = include_bytes!("../../models/market-resolver/model.onnx");
    let model = Model::compile(onnx, &samples, &options).unwrap().model;
    let keys = Keys::setup(&model, &mut ChaCha20Rng::from_seed([3; 32])).unwrap();
    Prover::new(&model, &keys).unwrap()
});

/// A question of the creator's over sources of the feed program, in which the holder has sets; and a keeper.
struct Kept {
    world: World,
    keeper: Keeper<Questions, ChaCha20Rng>,
}

impl Kept {
    /// Whose wallet is the keeper's, and what terms change.
    fn new(wallet: fn(&World) -> &Actor, change: impl FnOnce(&mut World)) -> Self {
        let mut world = World::empty();
        let creator = world.creator.address();
        let key = PROVER.verifying_key().to_interface();
        let registration = Registration::development(creator, &key, PROVER.model().schema());
        let (register, model) = (registration.instruction().unwrap(), registration.model());
        world.net.send(&[register], &[&world.creator.key]).expect_ok();
        world.net.advance(MIN_TIMELOCK);
        let immutable = [verifier::activate(creator, model), verifier::renounce_authority(creator, model)];
        world.net.send(&immutable, &[&world.creator.key]).expect_ok();
        let sources = FEEDS.map(|feed| SourceKeys::of(&feed));
        for (source, feed) in sources.iter().zip(&FEEDS) {
            world.net.send(&[source.create(creator, feed)], &[&world.creator.key]).expect_ok();
        }
        // A day later than the support's window, which the registration has overtaken.
        world.terms.ends_at += 2 * 86_400;
        world.terms.close_at += 2 * 86_400;
        world.terms.observe_by += 2 * 86_400;
        world.terms.resolve_by += 2 * 86_400;
        change(&mut world);
        let models = Models { first: model, second: None, attested: None };
        let addresses = sources.map(|source| source.source);
        let create = world.keys.create(creator, world.council.address(), &models, &addresses, world.terms);
        world.net.send(&[create], &[&world.creator.key]).expect_ok();
        world.add_outcomes();
        world.split(100 * UNIT).expect_ok();

        let strategy = Questions { collateral_account: wallet(&world).collateral, least_bounty: LEAST_STAKE };
        let config = Config { mode: Mode::Live, spend_cap: 0, ..Config::default() };
        let keeper = Keeper::new(strategy, PROVER.clone(), config, ChaCha20Rng::from_seed([5; 32])).unwrap();
        Self { world, keeper }
    }

    fn publish(&mut self, now: i64, dollars: f64) {
        self.world.net.set_time(now);
        for feed in FEEDS {
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
            self.world.net.put(feed.account(), oracle::account(&update));
        }
    }

    /// What one look at everything sent, by name.
    fn round(&mut self, wallet: fn(&World) -> &Actor) -> Vec<String> {
        let key = wallet(&self.world).key.insecure_clone();
        let mut sent = Vec::new();
        for (_, report) in self.keeper.round(&mut Wallet::new(&mut self.world.net, &key)).unwrap() {
            let report = report.unwrap();
            sent.extend(report.prepared.iter().map(|sent| sent.action.to_owned()));
            if let Conclusion::Settled(last) = report.conclusion {
                sent.push(last.action.to_owned());
            }
        }
        sent
    }

    fn gone(&self, address: &Address) -> bool {
        self.world.net.account(address).is_none()
    }
}

fn creator(world: &World) -> &Actor {
    &world.creator
}

fn prover(world: &World) -> &Actor {
    &world.prover
}

#[test]
fn from_the_close_of_trading_to_the_last_lamport_of_rent() {
    let mut kept = Kept::new(creator, |_| {});
    let terms = kept.world.terms;
    kept.publish(terms.close_at - 10, 100.0);
    assert_eq!(kept.round(creator), Vec::<String>::new(), "trading");
    // 25 hours, up and down by one percent: 4.9 % a day.
    for hour in 0..25 {
        let at = terms.ends_at - (24 - hour) * HOUR;
        kept.publish(at + 2, if hour % 2 == 0 { 100.0 } else { 101.0 });
        let sent = kept.round(creator);
        match hour {
            0..24 => assert_eq!(sent, ["observe", "observe"], "hour {hour}"),
            _ => assert_eq!(sent, ["observe", "observe", "observe", "resolve_by_proof"]),
        }
    }
    let question = kept.world.question();
    assert_eq!(question.status(), Ok(Status::Proposed));
    assert!((4 * 1_024..6 * 1_024).contains(&question.outputs[0]), "{} / 1024 %", question.outputs[0]);
    assert_eq!(question.buckets[0], 2);
    let settles_at = kept.world.net.now() + WINDOW;
    kept.world.net.set_time(settles_at - 1);
    assert_eq!(kept.round(creator), Vec::<String>::new(), "it may be disputed");
    kept.world.net.set_time(settles_at);
    assert_eq!(kept.round(creator), ["settle"]);
    // The holder has tokens that pay: nothing is closed before they are redeemed.
    assert_eq!(kept.round(creator), Vec::<String>::new());
    kept.world.redeem(1, 100 * UNIT).expect_ok();
    let keys = kept.world.keys;
    assert_eq!(kept.round(creator), ["close", "close_observation"]);
    assert!([keys.question, keys.vault, keys.observation].iter().all(|address| kept.gone(address)));
    kept.world.net.advance(WEEK);
    assert_eq!(kept.round(creator), ["close_receipt"]);
    let counters = kept.keeper.counters();
    assert_eq!((counters.proofs, counters.failures.len()), (1, 0), "{counters:?}");
}

#[test]
fn a_question_without_prices_is_void_and_its_creator_gets_the_rent() {
    let mut kept = Kept::new(creator, |_| {});
    let observe_by = kept.world.terms.observe_by;
    kept.world.net.set_time(observe_by);
    assert_eq!(kept.round(creator), Vec::<String>::new());
    kept.world.net.set_time(observe_by + 1);
    assert_eq!(kept.round(creator), ["void"]);
    for outcome in [0, 1] {
        kept.world.redeem(outcome, 100 * UNIT).expect_ok();
    }
    assert_eq!(kept.round(creator), ["close"]);
}

/// Somebody else's question is worked on for its bounties only; what costs nothing but the fee is done for all.
#[test]
fn a_keeper_works_for_bounties_and_ends_what_nobody_pays_for() {
    let mut kept = Kept::new(prover, |world| {
        (world.terms.observe_bounty, world.terms.resolve_bounty) = (0, 0);
    });
    let terms = kept.world.terms;
    for hour in 0..25 {
        kept.publish(terms.ends_at - (24 - hour) * HOUR + 2, 100.0);
        assert_eq!(kept.round(prover), Vec::<String>::new(), "whoever makes a question chooses its sources");
    }
    assert_eq!(kept.world.question().status(), Ok(Status::Open));
    kept.world.net.set_time(terms.observe_by + 1);
    assert_eq!(kept.round(prover), ["void"]);
    assert_eq!(kept.round(prover), Vec::<String>::new(), "the rent is the creator's");
}

/// The rings hold 32 hours: what would be lost is copied before the rest is there.
#[test]
fn prices_are_copied_before_the_rings_go_on() {
    let mut kept = Kept::new(prover, |_| {});
    let terms = kept.world.terms;
    let first = terms.ends_at - 24 * HOUR;
    kept.publish(first + 2, 100.0);
    assert_eq!(kept.round(prover), ["observe", "observe"]);
    kept.publish(first + 24 * HOUR, 100.0);
    assert_eq!(kept.round(prover), ["observe", "observe"], "others are missing, and nothing is lost yet");
    kept.world.net.set_time(first + 24 * HOUR + 1);
    assert_eq!(kept.round(prover), ["observe"]);
    assert_eq!(kept.world.observation().prices[1][0], 100_0000_0000);
    assert_eq!(kept.world.question().status(), Ok(Status::Open));
    assert!(T < terms.ends_at);
}

/// A chain on which everything costs this much.
struct Costly<'a>(Wallet<'a>, u64);

impl Chain for Costly<'_> {
    fn wallet(&self) -> Address {
        self.0.wallet()
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        self.0.account(address)
    }

    fn addresses(&self, watch: &Watch) -> Result<Vec<Address>, ChainError> {
        self.0.addresses(watch)
    }

    fn unix_time(&self) -> Result<i64, ChainError> {
        self.0.unix_time()
    }

    fn may_pay(&self, gain: Option<u64>) -> bool {
        gain.is_none_or(|gain| gain >= self.1)
    }

    fn simulate(&mut self, action: &Action) -> Result<Option<Executed>, SendError> {
        self.0.simulate(action)
    }

    fn send(&mut self, action: &Action) -> Result<Executed, SendError> {
        self.0.send(action)
    }
}

/// Half of a bounty goes into the question's sources, a transaction for each hour of each: 25 hours of two. Somebody else's are kept where that
/// pays for each transaction, one's own in any case, and nobody's once the rings have gone on.
#[test]
fn sources_are_kept_for_their_share_of_the_bounty() {
    let mut kept = Kept::new(creator, |_| {});
    let terms = kept.world.terms;
    let share = terms.observe_bounty / 2 / 50;
    assert!(share > 0 && u64::from(terms.hours()) * u64::from(terms.sources) == 50);
    let begins = terms.ends_at - 24 * HOUR;
    let ends = terms.observe_by.min(terms.ends_at + 32 * HOUR);
    type Who = fn(&World) -> &Actor;
    let (ours, theirs): (Who, Who) = (creator, prover);
    for (who, now, cost, are_kept) in [
        (theirs, terms.ends_at, share, true),
        (theirs, terms.ends_at, share + 1, false),
        (ours, terms.ends_at, share + 1, true),
        (theirs, begins - HOUR, share, false),
        (theirs, ends, share, true),
        (theirs, ends + 1, share, false),
    ] {
        kept.world.net.set_time(now);
        let key = who(&kept.world).key.insecure_clone();
        let chain = Costly(Wallet::new(&mut kept.world.net, &key), cost);
        let targets = kept.keeper.strategy().targets(&chain).unwrap();
        let sources = FEEDS.map(|feed| SourceKeys::of(&feed).source);
        assert_eq!(sources.map(|source| targets.contains(&source)), [are_kept; 2], "{now} {cost}");
    }
}
