//! The runtime of the demonstration: people with keys from a seed, models that nobody can stop, sources of the feed program.

use std::collections::BTreeMap;

use assay::{CompileOptions, IntegerFormat, Keys, Model, Prover, SampleFormat, Samples};
use assay_feed_host::{Interval, PythFeed, SourceKeys, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_host::{Executed, Identity};
use assay_interface::sha256;
use assay_localnet::{Localnet, Refusal};
use assay_market_host::IDENTITY;
use assay_market_interface::formats::{FEATURES, Format, VOLATILITY};
use assay_verifier_host::{MIN_TIMELOCK, Registration, activate, renounce_authority};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use super::windows::Window;
use crate::error::DemoError;
use crate::scenario::{Options, TransactionFigures};

/// The resolver and the inputs by which the compiler chooses scales and widths.
const MODEL: &[u8] = include_bytes!("../../../../models/market-resolver/model.onnx");
const CALIBRATION: &[u8] = include_bytes!("../../../../models/market-resolver/calibration.csv");

const PROGRAMS: [Identity; 3] = [assay_verifier_host::IDENTITY, assay_feed_host::IDENTITY, IDENTITY];

/// Sources, each of a feed of its own and on a level of its own, basis points from the candles.
const LEVELS: [i64; 3] = [0, 4, -3];

/// Base units of the collateral that each party starts with.
const FUNDS: u64 = 1_000_000_000;

/// Somebody.
pub struct Party {
    /// Signs.
    pub key: Keypair,
    /// Holds collateral.
    pub collateral: Address,
}

impl Party {
    /// The address.
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

impl Clone for Party {
    fn clone(&self) -> Self {
        Self { key: self.key.insecure_clone(), collateral: self.collateral }
    }
}

/// The runtime and who is in it.
#[derive(Clone)]
pub struct World {
    /// The runtime.
    pub net: Localnet,
    /// Mint of the collateral.
    pub mint: Address,
    /// The two models.
    pub models: [Address; 2],
    /// The sources.
    pub sources: [SourceKeys; 3],
    /// Makes the questions.
    pub creator: Party,
    /// Buys sets.
    pub holder: Party,
    /// Observes and proves.
    pub prover: Party,
    /// Disputes.
    pub challenger: Party,
    /// Decides where models disagree.
    pub council: Party,
    ledger: BTreeMap<&'static str, Vec<Executed>>,
}

/// The resolver under two keys.
///
/// # Errors
/// The model does not compile.
pub fn provers(seed: u64) -> Result<[Prover; 2], DemoError> {
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        input_format: format(FEATURES),
        output_format: format(VOLATILITY),
        ..CompileOptions::default()
    };
    let samples = Samples::read_as(SampleFormat::Csv, CALIBRATION)?;
    let model = Model::compile(MODEL, &samples, &options)?.model;
    let prover = |label: &str| {
        let seed = sha256(&[b"assay:demo:market:v1\0", label.as_bytes(), &seed.to_le_bytes()]);
        let keys = Keys::setup(&model, &mut ChaCha20Rng::from_seed(seed))?;
        Ok::<_, DemoError>(Prover::new(&model, &keys)?)
    };
    Ok([prover("first")?, prover("second")?])
}

impl World {
    /// Programs deployed, models registered, active and renounced, sources created; the clock stands two days before `first`.
    ///
    /// # Errors
    /// A program is missing, or a transaction was refused.
    pub fn new(options: &Options, provers: &[Prover; 2], first: i64) -> Result<Self, DemoError> {
        let directory = options.programs.clone().unwrap_or_else(assay_localnet::deploy_directory);
        let mut net = Localnet::from_directory(&directory, &PROGRAMS)?;
        net.set_time(first - 2 * 86_400 - MIN_TIMELOCK);
        let mint = net.create_mint(6);
        let mut party = |label: &str| {
            let seed = sha256(&[b"assay:demo:market:v1\0", label.as_bytes(), &options.seed.to_le_bytes()]);
            let key = Keypair::new_from_array(seed);
            net.airdrop(&key.pubkey(), 10_000_000_000);
            let collateral = net.create_token_account(&mint, &key.pubkey());
            net.mint_to(&mint, &collateral, FUNDS);
            Party { key, collateral }
        };
        let [creator, holder, prover, challenger, council] =
            ["creator", "holder", "prover", "challenger", "council"].map(&mut party);
        let feed = |byte: u8| PythFeed { shard: 0, id: [byte; 32] };
        let feeds = [feed(0x51), feed(0x52), feed(0x53)];
        let sources = feeds.map(|feed| SourceKeys::of(&feed));
        let models = [Address::default(); 2];
        let ledger = BTreeMap::new();
        let mut world =
            Self { net, mint, models, sources, creator, holder, prover, challenger, council, ledger };
        for (place, prover) in provers.iter().enumerate() {
            let registrar = world.creator.clone();
            let key = prover.verifying_key().to_interface();
            let registration = Registration::development(registrar.address(), &key, prover.model().schema());
            world.send("register", &registrar, &[registration.instruction()?])?;
            if let Some(model) = world.models.get_mut(place) {
                *model = registration.model();
            }
        }
        world.net.advance(MIN_TIMELOCK);
        let registrar = world.creator.clone();
        for model in world.models {
            let renounce = renounce_authority(registrar.address(), model);
            world.send(
                "renounce_authority",
                &registrar,
                &[activate(registrar.address(), model), renounce],
            )?;
        }
        for (source, feed) in sources.iter().zip(&feeds) {
            world.send("create_source", &registrar, &[source.create(registrar.address(), feed)])?;
        }
        Ok(world)
    }

    /// Brings the hours of a window into the sources, one by one, each when its first update can be there.
    ///
    /// # Errors
    /// The feed program refused.
    pub fn bring_hours(&mut self, window: &Window) -> Result<(), DemoError> {
        let keeper = self.prover.clone();
        for (close, at) in window.closes.iter().zip((window.starts_at()..).step_by(3_600)) {
            self.net.set_time(at + 5);
            for (source, level) in self.sources.into_iter().zip(LEVELS) {
                let close = i64::try_from(*close).map_err(|_| DemoError::Candles)?;
                let feed_id = self.feed_id(&source)?;
                let update = PriceUpdate {
                    write_authority: [0; 32],
                    verification_level: VerificationLevel::Full,
                    feed_id,
                    price: close + close / 10_000 * level,
                    confidence: close.unsigned_abs() / 2_000,
                    exponent: -8,
                    publish_time: at + 2,
                    previous_publish_time: at - 1,
                    ema_price: close,
                    ema_confidence: close.unsigned_abs() / 2_000,
                    posted_slot: 0,
                };
                let posted = Address::new_from_array(sha256(&[b"posted", &feed_id]));
                self.net.put(posted, oracle::account(&update));
                self.send("observe (feed)", &keeper, &[source.observe(Interval::Hour, at, posted)])?;
            }
        }
        Ok(())
    }

    fn feed_id(&self, source: &SourceKeys) -> Result<[u8; 32], DemoError> {
        let account = self.net.account(&source.source).ok_or(DemoError::Missing(source.source))?;
        let source = assay_feed_host::Source::decode(&account.data);
        source.map(|source| source.feed_id).map_err(|_| DemoError::Scenario("a source is one"))
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
        self.net.send(instructions, &[&signer.key]).executed()
    }

    /// What the transactions since the last call cost, by kind.
    pub fn take_figures(&mut self) -> Vec<TransactionFigures> {
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
        std::mem::take(&mut self.ledger).iter().filter_map(figures).collect()
    }
}
