//! The runtime of the demonstration: people with keys from a seed, a model that nobody can stop, five sources, a feed.

use std::collections::BTreeMap;

use assay::{CompileOptions, IntegerFormat, Keys, Model, Prover, SampleFormat, Samples};
use assay_feed::state::{Feed, FeedParams, Offices, Round};
use assay_feed_host::{
    IDENTITY,
    feeds::{FeedKeys, Terms},
    instructions::{PythFeed, SourceKeys},
    oracle,
    strategy::Rounds,
};
use assay_feed_interface::{
    Interval,
    formats::{FEATURES, Format, SCORES},
    pyth::{PriceUpdate, VerificationLevel},
};
use assay_host::{Executed, Identity};
use assay_interface::sha256;
use assay_keeper::{Conclusion, Config, Keeper, Mode, Report, Sent};
use assay_localnet::{Localnet, Refusal, Wallet};
use assay_verifier_host::{MIN_TIMELOCK, Registration, activate, renounce_authority};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use super::path::{LAGS, SOURCES, Said};
use crate::error::DemoError;
use crate::scenario::{Options, TransactionFigures};

/// The filter and the inputs by which the compiler chooses scales and widths.
const MODEL: &[u8] = include_bytes!("../../../../models/anomaly-filter/model.onnx");
const CALIBRATION: &[u8] = include_bytes!("../../../../models/anomaly-filter/calibration.csv");

const PROGRAMS: [Identity; 2] = [assay_verifier_host::IDENTITY, IDENTITY];

/// The first minute: a full hour.
pub const START: i64 = 1_764_000_000;

/// The feed's parameters. The threshold is the model's (`models/anomaly-filter/REPORT.md`).
pub const PARAMS: FeedParams = FeedParams {
    threshold: 220,
    max_step_bps: 3,
    max_distance_bps: 150,
    max_confidence_bps: 200,
    patience: 15,
    proof_window: 50,
    quorum: 3,
    sources: SOURCES as u8,
    setups: 1,
    flags: 0,
};

/// Somebody.
pub struct Party(pub Keypair);

impl Party {
    /// The address.
    pub fn address(&self) -> Address {
        self.0.pubkey()
    }
}

impl Clone for Party {
    fn clone(&self) -> Self {
        Self(self.0.insecure_clone())
    }
}

/// The runtime and who is in it.
#[derive(Clone)]
pub struct World {
    /// The runtime.
    pub net: Localnet,
    /// The feed.
    pub keys: FeedKeys,
    /// Its model.
    pub model: Address,
    /// Its sources.
    pub sources: [SourceKeys; SOURCES],
    /// Makes the feed, and starts it.
    pub authority: Party,
    /// Stops it.
    pub guardian: Party,
    /// Opens, proves, publishes.
    pub keeper: Party,
    /// Wants another price.
    pub thief: Party,
    ledger: BTreeMap<&'static str, Vec<Executed>>,
}

/// The filter and its key.
///
/// # Errors
/// The model does not compile.
pub fn prover(seed: u64) -> Result<Prover, DemoError> {
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        input_format: format(FEATURES),
        output_format: format(SCORES),
        max_error: 0.3,
        ..CompileOptions::default()
    };
    let samples = Samples::read_as(SampleFormat::Csv, CALIBRATION)?;
    let model = Model::compile(MODEL, &samples, &options)?.model;
    let seed = sha256(&[b"assay:demo:feed:v1\0key", &seed.to_le_bytes()]);
    let keys = Keys::setup(&model, &mut ChaCha20Rng::from_seed(seed))?;
    Ok(Prover::new(&model, &keys)?)
}

/// A keeper of a feed with this prover.
///
/// # Errors
/// The model is none for feeds.
pub fn keeper(feed: Address, prover: Prover, seed: u64) -> Result<Keeper<Rounds, ChaCha20Rng>, DemoError> {
    // Public inputs: nothing to hide.
    let rng = ChaCha20Rng::from_seed(sha256(&[b"assay:demo:feed:v1\0keeper", &seed.to_le_bytes()]));
    let config = Config { mode: Mode::Live, ..Config::default() };
    Ok(Keeper::new(Rounds { feed }, prover, config, rng)?)
}

impl World {
    /// Programs deployed, model registered, active and renounced, sources and feed created; the clock stands at [`START`].
    ///
    /// # Errors
    /// A program is missing, or a transaction was refused.
    pub fn new(options: &Options, prover: &Prover) -> Result<Self, DemoError> {
        let directory = options.programs.clone().unwrap_or_else(assay_localnet::deploy_directory);
        let mut net = Localnet::from_directory(&directory, &PROGRAMS)?;
        net.set_time(START - MIN_TIMELOCK);
        let mut party = |label: &str| {
            let seed = sha256(&[b"assay:demo:feed:v1\0", label.as_bytes(), &options.seed.to_le_bytes()]);
            let key = Keypair::new_from_array(seed);
            net.airdrop(&key.pubkey(), 10_000_000_000);
            Party(key)
        };
        let [authority, guardian, keeper, thief] =
            ["authority", "guardian", "keeper", "thief"].map(&mut party);
        let mut byte = 0x60;
        let feeds = [(); SOURCES].map(|()| {
            byte += 1;
            PythFeed { shard: 0, id: [byte; 32] }
        });
        let sources = feeds.map(|feed| SourceKeys::of(&feed));
        let key = prover.verifying_key().to_interface();
        let registration = Registration::development(authority.address(), &key, prover.model().schema());
        let keys = FeedKeys::derive(&authority.address(), 1);
        let (model, ledger) = (registration.model(), BTreeMap::new());
        let mut world = Self { net, keys, model, sources, authority, guardian, keeper, thief, ledger };
        let creator = world.authority.clone();
        world.send("register", &creator, &[registration.instruction()?])?;
        world.net.advance(MIN_TIMELOCK);
        let renounce = renounce_authority(creator.address(), model);
        world.send("renounce_authority", &creator, &[activate(creator.address(), model), renounce])?;
        for (source, feed) in sources.iter().zip(&feeds) {
            world.send("create_source", &creator, &[source.create(creator.address(), feed)])?;
        }
        let create = world.create(PARAMS, &world.addresses());
        world.send("create_feed", &creator, &[create])?;
        Ok(world)
    }

    /// `create_feed` of the authority's.
    pub fn create(&self, params: FeedParams, sources: &[Address]) -> Instruction {
        let offices = Offices { authority: self.authority.address(), guardian: self.guardian.address() };
        let terms = Terms { nonce: 1, feed_id: [0x50; 32], offices, model: self.model, attested: None };
        FeedKeys::create(self.authority.address(), &terms, params, sources)
    }

    /// The sources' addresses.
    pub fn addresses(&self) -> [Address; SOURCES] {
        self.sources.map(|source| source.source)
    }

    /// Brings what some sources say of the minute `at`, each when it can be there. The clock stands at `at` + 4 afterwards.
    ///
    /// # Errors
    /// The feed program refused.
    pub fn bring(&mut self, at: i64, said: &[Option<Said>; SOURCES]) -> Result<(), DemoError> {
        self.net.set_time(at + 4);
        let keeper = self.keeper.clone();
        for ((source, said), lag) in self.sources.into_iter().zip(said).zip(LAGS) {
            let Some(Said { price, confidence }) = *said else { continue };
            let feed_id = self.net_source(&source)?;
            let update = PriceUpdate {
                write_authority: [0; 32],
                verification_level: VerificationLevel::Full,
                feed_id,
                price,
                confidence,
                exponent: -8,
                publish_time: at + lag,
                previous_publish_time: at - 1,
                ema_price: price,
                ema_confidence: confidence,
                posted_slot: 0,
            };
            let posted = Address::new_from_array(sha256(&[b"posted", &feed_id]));
            self.net.put(posted, oracle::account(&update));
            self.send("observe", &keeper, &[source.observe(Interval::Minute, at, posted)])?;
        }
        Ok(())
    }

    fn net_source(&self, source: &SourceKeys) -> Result<[u8; 32], DemoError> {
        let account = self.net.account(&source.source).ok_or(DemoError::Missing(source.source))?;
        let source = assay_feed_interface::Source::decode(&account.data);
        source.map(|source| source.feed_id).map_err(|_| DemoError::Scenario("a source is one"))
    }

    /// Lets the keeper look at the feed once.
    ///
    /// # Errors
    /// It could not do its work.
    pub fn keep(&mut self, keeper: &mut Keeper<Rounds, ChaCha20Rng>) -> Result<Report, DemoError> {
        let (key, feed) = (self.keeper.clone(), self.keys.feed);
        let report = keeper.check(&mut Wallet::new(&mut self.net, &key.0), &feed)?;
        let settled = match &report.conclusion {
            Conclusion::Settled(sent) => Some(sent),
            Conclusion::LeftAlone(_) | Conclusion::Would(_) => None,
        };
        for Sent { action, executed, .. } in report.prepared.iter().chain(settled) {
            self.ledger.entry(action).or_default().push(executed.clone());
        }
        Ok(report)
    }

    /// The feed's account.
    ///
    /// # Errors
    /// There is none.
    pub fn feed(&self) -> Result<Feed, DemoError> {
        self.net.read(&self.keys.feed)?.ok_or(DemoError::Missing(self.keys.feed))
    }

    /// The round of a minute.
    ///
    /// # Errors
    /// There is none.
    pub fn round(&self, at: i64) -> Result<Round, DemoError> {
        let address = self.keys.round(minute(at)?);
        self.net.read(&address)?.ok_or(DemoError::Missing(address))
    }

    /// Sends a transaction of the scenario's; it must go through.
    ///
    /// # Errors
    /// It was refused.
    pub fn send(
        &mut self,
        action: &'static str,
        signer: &Party,
        instructions: &[Instruction],
    ) -> Result<(), DemoError> {
        let executed = self.attempt(signer, instructions).map_err(DemoError::refused(action))?;
        self.ledger.entry(action).or_default().push(executed);
        Ok(())
    }

    /// Sends a transaction that may be refused.
    ///
    /// # Errors
    /// It was.
    pub fn attempt(&mut self, signer: &Party, instructions: &[Instruction]) -> Result<Executed, Refusal> {
        self.net.send(instructions, &[&signer.0]).executed()
    }

    /// What the transactions cost, by kind.
    pub fn figures(&self) -> Vec<TransactionFigures> {
        let figures = |(&name, sent): (&&'static str, &Vec<Executed>)| {
            let units = || sent.iter().map(|executed| executed.compute_units);
            Some(TransactionFigures {
                name,
                count: sent.len(),
                compute_units_min: units().min()?,
                compute_units_max: units().max()?,
                size: sent.iter().map(|executed| executed.size).max()?,
            })
        };
        self.ledger.iter().filter_map(figures).collect()
    }
}

/// Which minute a time is.
///
/// # Errors
/// It is none.
pub fn minute(at: i64) -> Result<u32, DemoError> {
    Interval::Minute.index(at).ok_or(DemoError::Scenario("a round's time is a full minute"))
}
