//! A question with its people, models and sources, in a runtime of its own.

use std::sync::LazyLock;

use assay_circuits::Ranges;
use assay_feed_interface::{Hour, PriceV1, Source, source};
use assay_host::Account;
use assay_interface::groth16::Transcript;
use assay_localnet::{Localnet, Outcome};
use assay_market::state::Place;
use assay_market_host::{
    LEAST_STAKE, Models, Observation, Question, QuestionKeys, Row, Status, Terms, statement,
};
use assay_market_interface::features::COUNT;
use assay_market_interface::formats::{FEATURES, VOLATILITY};
use assay_tests::pass_through::{PassThrough, tensor};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use bytemuck::Zeroable;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// The end of the window, a full hour.
pub const T: i64 = 1_764_000_000;
/// Seconds of a window for disputes.
pub const WINDOW: i64 = 7_200;
/// Base units of one unit of collateral.
pub const UNIT: u64 = 1_000_000;
/// Where the sources lie.
pub const SOURCES: [Address; 2] = [Address::new_from_array([0x51; 32]), Address::new_from_array([0x52; 32])];

/// Two models with the resolver's shapes: each gives its first feature. Circuits, keys and proofs are real.
static FIRST: LazyLock<PassThrough> = LazyLock::new(|| build("resolver", 1));
static SECOND: LazyLock<PassThrough> = LazyLock::new(|| build("second resolver", 2));

fn build(name: &str, seed: u64) -> PassThrough {
    let input = tensor("features", COUNT as u32, FEATURES.bits, FEATURES.scale);
    let output = tensor("volatility", 1, VOLATILITY.bits, FEATURES.scale);
    PassThrough::build(name, input, output, Ranges::Bits, seed)
}

fn model(place: Place) -> &'static PassThrough {
    match place {
        Place::First => &FIRST,
        Place::Second => &SECOND,
    }
}

/// Somebody with collateral, and with a token account for each outcome once there are mints.
pub struct Actor {
    pub key: Keypair,
    pub collateral: Address,
    pub outcomes: [Address; 2],
}

impl Actor {
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// A runtime with a question in it.
pub struct World {
    pub net: Localnet,
    pub keys: QuestionKeys,
    pub models: [Address; 2],
    pub terms: Terms,
    pub creator: Actor,
    pub holder: Actor,
    pub prover: Actor,
    pub challenger: Actor,
    pub council: Actor,
}

pub fn row(shares: [u16; 2]) -> Row {
    let [first, second] = shares;
    [first, second, 0, 0, 0, 0, 0, 0]
}

/// "Was it more than 3 % a day?", with a bucket between.
pub fn terms() -> Terms {
    Terms {
        ends_at: T,
        close_at: T - 25 * 3_600,
        observe_by: T + 20_000,
        resolve_by: T + 40_000,
        bond: 2 * LEAST_STAKE,
        observe_bounty: LEAST_STAKE,
        resolve_bounty: 3 * LEAST_STAKE,
        window: WINDOW as u32,
        patience: 7_200,
        rows: [
            row([10_000, 0]),
            row([3_333, 6_667]),
            row([0, 10_000]),
            [0; 8],
            [0; 8],
            [0; 8],
            [0; 8],
            [0; 8],
        ],
        fallback: row([5_000, 5_000]),
        thresholds: [500, 3_000, 0, 0, 0, 0, 0],
        outcomes: 2,
        buckets: 3,
        returns: 24,
        sources: 2,
        setups: 1,
        flags: 0,
        padding: [0; 4],
    }
}

impl World {
    /// Models registered and renounced, sources there, no question. The clock stands before trading closes.
    pub fn empty() -> Self {
        let mut net = Localnet::new(&assay_programs::identities()).unwrap();
        let start = terms().close_at - 10_000;
        net.set_time(start - MIN_TIMELOCK);
        let mint = Address::new_from_array([0x53; 32]);
        let made = net.create_mint(6);
        let account = net.account(&made).unwrap();
        net.set_account(mint, account);
        let actors = [1, 2, 3, 4, 5].map(|seed| {
            let key = Keypair::new_from_array([seed; 32]);
            net.airdrop(&key.pubkey(), 100_000_000_000);
            let collateral = net.create_token_account(&mint, &key.pubkey());
            net.mint_to(&mint, &collateral, 1_000 * UNIT);
            Actor { key, collateral, outcomes: [Address::default(); 2] }
        });
        let [creator, holder, prover, challenger, council] = actors;
        let models =
            [Place::First, Place::Second].map(|place| register(&mut net, &creator.key, model(place)));
        net.advance(MIN_TIMELOCK);
        for address in models {
            let activate = verifier::activate(creator.address(), address);
            let renounce = verifier::renounce_authority(creator.address(), address);
            net.send(&[activate, renounce], &[&creator.key]).expect_ok();
        }
        let keys = QuestionKeys::derive(&creator.address(), 7, mint);
        let terms = terms();
        let mut world = Self { net, keys, models, terms, creator, holder, prover, challenger, council };
        for source in SOURCES {
            world.put_source(source, &empty_source());
        }
        world
    }

    /// The question exists, with its outcomes, and nobody has a set.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same, with other terms.
    pub fn with(change: impl FnOnce(&mut World)) -> Self {
        let mut world = Self::empty();
        change(&mut world);
        let create = world.create();
        world.net.send(&[create], &[&world.creator.key]).expect_ok();
        world.add_outcomes();
        world
    }

    /// The holder has sets.
    pub fn traded(amount: u64) -> Self {
        let mut world = Self::new();
        world.split(amount).expect_ok();
        world
    }

    /// Trading is over and all prices are there: flat ones, but for hour-to-hour jumps of `bps`.
    pub fn closed(bps: u64) -> Self {
        let mut world = Self::traded(100 * UNIT);
        world.net.set_time(T + 700);
        world.fill(bps);
        world
    }

    /// The observation is complete.
    pub fn observed(bps: u64) -> Self {
        let mut world = Self::closed(bps);
        world.observe().expect_ok();
        world
    }

    /// The first model's row stands.
    pub fn proposed(bps: u64) -> Self {
        let mut world = Self::observed(bps);
        world.resolve(Place::First).expect_ok();
        world
    }

    pub fn models(&self) -> Models {
        let [first, second] = self.models;
        Models { first, second: (second != Address::default()).then_some(second), attested: None }
    }

    pub fn create(&self) -> Instruction {
        let sources = &SOURCES[..usize::from(self.terms.sources).min(2)];
        self.keys.create(self.creator.address(), self.council.address(), &self.models(), sources, self.terms)
    }

    /// Mints, and a token account of each for each actor.
    pub fn add_outcomes(&mut self) {
        for index in 0..2 {
            let add = self.keys.add_outcome(self.creator.address(), index);
            self.net.send(&[add], &[&self.creator.key]).expect_ok();
            let mint = self.keys.outcome(index);
            let actors = [&mut self.creator, &mut self.holder, &mut self.prover, &mut self.challenger];
            for actor in actors {
                let account = self.net.create_token_account(&mint, &actor.key.pubkey());
                actor.outcomes[usize::from(index)] = account;
            }
        }
    }

    pub fn put_source(&mut self, address: Address, source: &Source) {
        let mut data = source::DISCRIMINATOR.to_vec();
        data.extend_from_slice(bytemuck::bytes_of(source));
        let owner = Address::new_from_array(assay_feed_interface::PROGRAM);
        self.net.put(address, Account { owner, data });
    }

    /// Prices of the window in both sources: 100 USD, up and down by `bps` by turns.
    pub fn fill(&mut self, bps: u64) {
        self.fill_hours(bps, 25);
    }

    /// The first `count` of them.
    pub fn fill_hours(&mut self, bps: u64, count: u32) {
        let mut source = empty_source();
        let first = (T / 3_600) as u32 - 24;
        for hour in first..first + count {
            let price = 100_0000_0000 + if hour % 2 == 0 { 0 } else { 1_000_000 * bps };
            source.hours[hour as usize % source::HOURS] = Hour { hour, lag: 2, first: 1, padding: 0, price };
        }
        SOURCES.into_iter().for_each(|address| self.put_source(address, &source));
    }

    pub fn split(&mut self, amount: u64) -> Outcome {
        let Actor { key, collateral, outcomes } = &self.holder;
        let split = self.keys.split(key.pubkey(), *collateral, outcomes, amount);
        self.net.send(&[split], &[key])
    }

    pub fn merge(&mut self, amount: u64) -> Outcome {
        let Actor { key, collateral, outcomes } = &self.holder;
        let merge = self.keys.merge(key.pubkey(), *collateral, outcomes, amount);
        self.net.send(&[merge], &[key])
    }

    pub fn observe(&mut self) -> Outcome {
        let observe = self.keys.observe(self.prover.address(), &SOURCES);
        self.net.send(&[observe], &[&self.prover.key])
    }

    /// An honest proof by the model of a place, sent by the prover.
    pub fn resolve(&mut self, place: Place) -> Outcome {
        let (instruction, _) = self.proof(place, self.prover.address());
        self.net.send(&[instruction], &[&self.prover.key])
    }

    /// An honest proof bound to `prover`, as an instruction that `prover` signs, and the output.
    pub fn proof(&self, place: Place, prover: Address) -> (Instruction, i16) {
        let (question, observation) = (self.question(), self.observation());
        let context = statement::resolution_context(&self.keys.question, &observation, place, &prover);
        let input = observation.features.map(i64::from);
        let (proof, proven) = model(place).prove(&input, context, Transcript::Assay, 3);
        let output = observation.features[0];
        let (_, digest) = statement::statement(&question, &observation, place, output, &context).unwrap();
        assert_eq!(proven.digest(), Ok(digest), "host and prover state the same");
        let address = self.models[place.index()];
        let receipt = verifier::receipt_address(&address, &digest);
        let bytes = proof.as_bytes().to_vec();
        (self.keys.resolve_by_proof(prover, address, receipt, &bytes, output), output)
    }

    pub fn dispute(&mut self) -> Outcome {
        let dispute = self.keys.dispute(self.challenger.address());
        self.net.send(&[dispute], &[&self.challenger.key])
    }

    pub fn settle(&mut self) -> Outcome {
        let settle = self.keys.settle(&self.question());
        self.net.send(&[settle], &[&self.prover.key])
    }

    pub fn void(&mut self) -> Outcome {
        let void = self.keys.void(&self.question());
        self.net.send(&[void], &[&self.prover.key])
    }

    pub fn redeem(&mut self, outcome: u8, amount: u64) -> Outcome {
        let Actor { key, collateral, outcomes } = &self.holder;
        let source = outcomes[usize::from(outcome)];
        let redeem = self.keys.redeem(key.pubkey(), *collateral, outcome, source, amount);
        self.net.send(&[redeem], &[key])
    }

    pub fn question(&self) -> Question {
        self.net.read(&self.keys.question).unwrap().unwrap()
    }

    pub fn observation(&self) -> Observation {
        self.net.read(&self.keys.observation).unwrap().unwrap()
    }

    pub fn status(&self) -> Status {
        self.question().status().unwrap()
    }

    pub fn lamports(&self, address: &Address) -> u64 {
        self.net.account(address).map_or(0, |account| account.lamports)
    }
}

/// A source without a price.
pub fn empty_source() -> Source {
    let mut source = Source::zeroed();
    source.header.version = PriceV1::VERSION;
    source
}

fn register(net: &mut Localnet, authority: &Keypair, model: &PassThrough) -> Address {
    let registration = Registration::development(authority.pubkey(), &model.key, &model.schema);
    net.send(&[registration.instruction().unwrap()], &[authority]).expect_ok();
    registration.model()
}

/// Asserts that a transaction was refused with an error of this name.
#[track_caller]
pub fn refused(outcome: &Outcome, name: &str) {
    let found = if outcome.is_ok() { "it went through" } else { outcome.error() };
    assert_eq!(found, name, "{}", outcome.logs.join("\n"));
}

/// The instruction with another account at `index`.
pub fn with_account(mut instruction: Instruction, index: usize, address: Address) -> Instruction {
    instruction.accounts[index].pubkey = address;
    instruction
}

/// Key and schema of the first model.
pub fn first_model()
-> (&'static assay_interface::groth16::VerifyingKey, &'static assay_interface::schema::ModelSchema) {
    (&FIRST.key, &FIRST.schema)
}
