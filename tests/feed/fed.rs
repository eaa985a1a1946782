//! A feed with its sources, model and people, in a runtime of its own.

use std::sync::LazyLock;

use assay_circuits::Ranges;
use assay_feed_host::{
    FeedAccount, FeedKeys, FeedParams, Interval, Offices, PythFeed, Round, SourceKeys, Terms, oracle,
    statement,
};
use assay_feed_interface::PriceV1;
use assay_feed_interface::features::COUNT;
use assay_feed_interface::formats::{FEATURES, SCORES};
use assay_feed_interface::pyth::PriceUpdate;
use assay_feed_interface::quote::MAX_SOURCES;
use assay_host::compute_budget;
use assay_interface::groth16::Transcript;
use assay_localnet::{Localnet, Outcome};
use assay_tests::pass_through::{PassThrough, tensor};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{POSTED, T, update};

/// A model with the filter's shapes, whose scores are the first eight features: deviation, move, confidence and lag of the
/// first source, then of the second. So source 0 is rejected when it is low, source 4 when source 1 is. Circuit, keys and
/// proofs are real.
pub static MODEL: LazyLock<PassThrough> = LazyLock::new(|| {
    let input = tensor("sources", COUNT as u32, FEATURES.bits, FEATURES.scale);
    let output = tensor("scores", MAX_SOURCES as u32, SCORES.bits, FEATURES.scale);
    PassThrough::build("filter", input, output, Ranges::Bits, 5)
});

/// The parameters of the tests: a deviation of -3,000 is 14 basis points below the median.
pub const PARAMS: FeedParams = FeedParams {
    threshold: -3_000,
    max_step_bps: 5,
    max_distance_bps: 200,
    max_confidence_bps: 150,
    patience: 15,
    proof_window: 60,
    quorum: 3,
    sources: 5,
    setups: 1,
    flags: 0,
};

/// What every source says where nothing is said of it, dollars.
pub const CALM: [f64; 5] = [100.0, 100.01, 99.99, 100.02, 99.98];

/// A runtime with a feed in it.
pub struct Fed {
    pub net: Localnet,
    pub keys: FeedKeys,
    pub sources: Vec<SourceKeys>,
    pub model: Address,
    pub params: FeedParams,
    pub offices: Offices,
    pub creator: Keypair,
    pub guardian: Keypair,
    pub prover: Keypair,
    pub thief: Keypair,
}

/// The oracle's feed of a source.
pub fn oracle_feed(place: usize) -> PythFeed {
    PythFeed { shard: 0, id: [0x40 + place as u8; 32] }
}

impl Fed {
    /// Model registered and renounced, eight sources there, no feed. The clock stands at [`T`].
    pub fn empty() -> Self {
        let mut net = Localnet::new(&[verifier::IDENTITY, assay_feed_host::IDENTITY]).unwrap();
        net.set_time(T - MIN_TIMELOCK);
        let [creator, guardian, prover, thief] = [1, 2, 3, 4].map(|seed| {
            let key = Keypair::new_from_array([seed; 32]);
            net.airdrop(&key.pubkey(), 100_000_000_000);
            key
        });
        let registration = Registration::development(creator.pubkey(), &MODEL.key, &MODEL.schema);
        net.send(&[registration.instruction().unwrap()], &[&creator]).expect_ok();
        net.advance(MIN_TIMELOCK);
        let model = registration.model();
        let activate = verifier::activate(creator.pubkey(), model);
        let renounce = verifier::renounce_authority(creator.pubkey(), model);
        net.send(&[activate, renounce], &[&creator]).expect_ok();
        let sources = (0..MAX_SOURCES).map(|place| {
            let feed = oracle_feed(place);
            let keys = SourceKeys::of(&feed);
            net.send(&[keys.create(creator.pubkey(), &feed)], &[&creator]).expect_ok();
            keys
        });
        let sources = sources.collect();
        let keys = FeedKeys::derive(&creator.pubkey(), 7);
        let offices = Offices { authority: creator.pubkey(), guardian: guardian.pubkey() };
        Self { net, keys, sources, model, params: PARAMS, offices, creator, guardian, prover, thief }
    }

    /// With the feed, and no price.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same, with other parameters.
    pub fn with(change: impl FnOnce(&mut FeedParams)) -> Self {
        let mut fed = Self::empty();
        change(&mut fed.params);
        let create = fed.create();
        fed.net.send(&[create], &[&fed.creator]).expect_ok();
        fed
    }

    /// With a round of minute [`T`], sealed.
    pub fn sealed() -> Self {
        let mut fed = Self::new();
        fed.seal(T, &CALM);
        fed
    }

    pub fn terms(&self) -> Terms {
        Terms { nonce: 7, feed_id: [0x5f; 32], offices: self.offices, model: self.model, attested: None }
    }

    /// The feed's own sources.
    pub fn addresses(&self) -> Vec<Address> {
        let count = usize::from(self.params.sources);
        self.sources.iter().take(count).map(|source| source.source).collect()
    }

    pub fn create(&self) -> Instruction {
        FeedKeys::create(self.creator.pubkey(), &self.terms(), self.params, &self.addresses())
    }

    /// Brings the first update after `at` of each source that is to say something. The clock stands at `at` + 4 afterwards.
    pub fn bring(&mut self, at: i64, dollars: &[Option<f64>]) {
        self.net.set_time(at + 4);
        for (place, dollars) in dollars.iter().enumerate() {
            let Some(dollars) = *dollars else { continue };
            let first = PriceUpdate { previous_publish_time: at - 1, ..update(dollars, at + 1) };
            self.observe(place, at, &first).expect_ok();
        }
    }

    /// Brings an update to a source, for a minute.
    pub fn observe(&mut self, place: usize, at: i64, update: &PriceUpdate) -> Outcome {
        let update = PriceUpdate { feed_id: oracle_feed(place).id, ..*update };
        self.net.put(POSTED, oracle::account(&update));
        let observe = self.sources[place].observe(Interval::Minute, at, POSTED);
        self.net.send(&[observe], &[&self.prover])
    }

    /// `open_round`, by the prover.
    pub fn open(&mut self, at: i64) -> Outcome {
        let open = self.keys.open_round(self.prover.pubkey(), minute(at), &self.addresses());
        self.net.send(&[open], &[&self.prover])
    }

    /// Everything said, and the round sealed.
    pub fn seal(&mut self, at: i64, dollars: &[f64]) {
        let said: Vec<Option<f64>> = dollars.iter().copied().map(Some).collect();
        self.bring(at, &said);
        self.open(at).expect_ok();
        assert!(self.round(at).is_sealed());
    }

    /// An honest proof bound to `prover`, as an instruction that `prover` signs.
    pub fn proof(&self, at: i64, prover: Address) -> Instruction {
        let round = self.round(at);
        let address = self.keys.round(minute(at));
        let context = statement::round_context(&self.keys.feed, &address, minute(at), &prover);
        let (proof, _) = MODEL.prove(&round.features.map(i64::from), context, Transcript::Assay, 3);
        let scores = *round.features.first_chunk().unwrap();
        self.keys.publish_by_proof(prover, self.model, minute(at), proof.as_bytes(), scores)
    }

    /// An honest proof, sent by the prover.
    pub fn publish(&mut self, at: i64) -> Outcome {
        let publish = self.proof(at, self.prover.pubkey());
        self.by_prover(publish)
    }

    /// What the prover sends, with the limit that every live transaction of this size states.
    pub fn by_prover(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[compute_budget::limit(200_000), instruction], &[&self.prover])
    }

    /// A whole minute: said, sealed, published.
    pub fn minute(&mut self, at: i64, dollars: &[f64]) {
        self.seal(at, dollars);
        self.publish(at).expect_ok();
    }

    pub fn fallback(&mut self, at: i64) -> Outcome {
        let fallback = self.keys.publish_fallback(minute(at));
        self.net.send(&[fallback], &[&self.thief])
    }

    pub fn stop(&mut self) -> Outcome {
        let stop = self.keys.stop(self.guardian.pubkey());
        self.net.send(&[stop], &[&self.guardian])
    }

    pub fn start(&mut self) -> Outcome {
        let start = self.keys.start(self.creator.pubkey());
        self.net.send(&[start], &[&self.creator])
    }

    pub fn feed(&self) -> FeedAccount {
        self.net.read(&self.keys.feed).unwrap().unwrap()
    }

    /// The header as readers see it.
    pub fn header(&self) -> PriceV1 {
        self.feed().source().header
    }

    pub fn round(&self, at: i64) -> Round {
        self.net.read(&self.keys.round(minute(at))).unwrap().unwrap()
    }
}

/// Which minute a time is.
pub fn minute(at: i64) -> u32 {
    Interval::Minute.index(at).unwrap()
}

/// Dollars in units of 1e-8.
pub fn units(dollars: f64) -> u64 {
    (dollars * 1e8).round() as u64
}

/// The model's verifying key and schema.
pub fn model()
-> (&'static assay_interface::groth16::VerifyingKey, &'static assay_interface::schema::ModelSchema) {
    (&MODEL.key, &MODEL.schema)
}
