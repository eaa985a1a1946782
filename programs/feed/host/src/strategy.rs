//! What a keeper does for feeds: it seals the newest round that can be sealed, proves it, publishes it, and falls back where
//! no proof can be had.
//!
//! ```text
//! newest minute after the last that was looked at
//!   not sealed --- sources final, or patience over --> open_round
//!   sealed ------- a quorum accepted ---------------> prove --> publish_by_proof
//!      |
//!      +---------- none, or model stopped, and the proof window over --> publish_fallback
//! nothing to do: the minute before, down to the last that was looked at
//! ```
//!
//! Every action can be repeated. The program is the judge of all of it: quotes are the sources' final minutes, and scores are
//! proven. A keeper that lies, or is late, can at worst publish nothing, and then others or the fallback do. Bringing the sources'
//! minutes (`observe`) needs signed updates of the oracle, which are not on the chain: whoever runs a keeper runs that beside it.
//! What the wallet paid for rounds comes back: they are closed once nothing can be published of them.
//!
//! The feed is named. Anybody may make feeds with the keeper's model, and each would cost it the rent of a round every minute.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use assay_feed::state::{Feed, Round};
use assay_feed_interface::{
    Interval, Scores, accepted, aggregate,
    features::COUNT,
    formats::{FEATURES, Format, SCORES},
    quote::MAX_SOURCES,
};
use assay_host::{
    Chain, StrategyEntry,
    strategy::{Action, Answer, Decision, Question, Reason, Strategy, StrategyError, View},
};
use assay_interface::{
    missing::Missing,
    schema::{ModelSchema, TensorSchema, Visibility},
    verifier::{ModelFacts, Status},
};
use bytemuck::Zeroable as _;
use solana_address::Address;
use thiserror::Error;

use crate::{
    feeds::FeedKeys,
    read::{self, SourceError},
    statement,
};

/// The feed is stopped.
pub const STOPPED: Reason = Reason("stopped");
/// The feed's model is another than the keeper's.
pub const OTHER_MODEL: Reason = Reason("another model");
/// Every round that can be sealed has its result.
pub const WAITING: Reason = Reason("waiting for quotes");
/// Fewer sources than the quorum are accepted, or their interval is too wide, and the proof window is open.
pub const NO_QUORUM: Reason = Reason("no quorum");
/// The feed's model is stopped, and the proof window is open.
pub const MODEL_UNUSABLE: Reason = Reason("model unusable");
/// The round that was proven has its result, or is no more.
pub const ROUND_GONE: Reason = Reason("round gone");
/// The round cannot be closed yet.
pub const ROUND_OPEN: Reason = Reason("round open");

/// Names of the instructions that it sends.
pub const OPEN_ROUND: &str = "open_round";
/// See [`OPEN_ROUND`].
pub const PUBLISH_BY_PROOF: &str = "publish_by_proof";
/// See [`OPEN_ROUND`].
pub const PUBLISH_FALLBACK: &str = "publish_fallback";
/// See [`OPEN_ROUND`].
pub const CLOSE_ROUND: &str = "close_round";

/// Rounds of a feed that the keeper's model judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// The feed.
    pub feed: Address,
}

/// The name of the feed among the addresses of a configuration.
const FEED: &str = "feed";

/// How a keeper of a feed is opened.
pub const ENTRY: StrategyEntry = StrategyEntry { addresses: &[FEED], open };

fn open(named: &BTreeMap<String, Address>) -> Result<Arc<dyn Strategy>, StrategyError> {
    let missing = || StrategyError {
        reason: "configuration".into(),
        source: format!("no address is named {FEED}").into(),
    };
    Ok(Arc::new(Rounds { feed: *named.get(FEED).ok_or_else(missing)? }))
}

/// Why there is nothing to decide on.
#[derive(Debug, Error)]
pub enum RoundsError {
    /// An account cannot be read.
    #[error(transparent)]
    Read(#[from] SourceError),
    /// The feed's model is no account of the verifier program's.
    #[error("{0} is not a model of the verifier program")]
    NotModel(Address),
    /// The model's tensors are others than a feed's statement is made of.
    #[error(
        "the model has other tensors than {COUNT} public values of {FEATURES} and {MAX_SOURCES} of {SCORES}"
    )]
    Tensors,
    /// The model's outputs are no scores.
    #[error("the model's outputs are not {MAX_SOURCES} scores of 16 bits")]
    Scores,
}

impl From<RoundsError> for StrategyError {
    fn from(error: RoundsError) -> Self {
        let reason = match &error {
            RoundsError::Read(_) => "accounts",
            RoundsError::NotModel(_) => "model",
            RoundsError::Tensors => "tensors",
            RoundsError::Scores => "scores",
        };
        Self { reason: Cow::Borrowed(reason), source: Box::new(error) }
    }
}

/// A sealed round without a result.
struct Case {
    minute: u32,
    address: Address,
    round: Round,
    standing: Standing,
}

/// What the keeper's model is to a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The feed's, and active.
    Usable,
    /// The feed's, and stopped.
    Stopped,
    /// Another, by its tensors or its key.
    Other,
}

impl Strategy for Rounds {
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        let fits = |tensor: &TensorSchema, elements: usize, Format { bits, scale }| {
            tensor.elements() == elements
                && (tensor.bits, tensor.scales.single()) == (bits, Some(scale))
                && (tensor.visibility, &tensor.missing) == (Visibility::Public, &Missing::Never)
        };
        match (schema.inputs(), schema.outputs()) {
            ([input], [output]) if fits(input, COUNT, FEATURES) && fits(output, MAX_SOURCES, SCORES) => {
                Ok(())
            }
            _ => Err(RoundsError::Tensors.into()),
        }
    }

    /// The feed, and the rounds that the wallet paid for.
    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        Ok([vec![self.feed], chain.addresses(&read::rounds_of(&chain.wallet()))?].concat())
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        if *target != self.feed {
            return close(view, target);
        }
        let (keys, now) = (FeedKeys { feed: *target }, now(view)?);
        let feed = read::feed(view.chain, target).map_err(RoundsError::from)?;
        if feed.is_stopped() {
            return Ok(Decision::Leave(STOPPED));
        }
        let standing = standing(view, &feed)?;
        if standing == Standing::Other {
            return Ok(Decision::Leave(OTHER_MODEL));
        }
        for minute in minutes(&feed, now) {
            let address = keys.round(minute);
            match read::round(view.chain, target, &address).map_err(RoundsError::from)? {
                Some(round) if round.is_sealed() => {
                    return decide_sealed(view, &keys, &feed, &Case { minute, address, round, standing });
                }
                unsealed => {
                    let round = unsealed.unwrap_or_else(|| begun(target, minute));
                    if would_seal(view, &feed, round, now)? {
                        let instruction = keys.open_round(view.chain.wallet(), minute, sources(&feed));
                        return Ok(Decision::Prepare(Action::of(OPEN_ROUND, instruction)));
                    }
                }
            }
        }
        Ok(Decision::Leave(WAITING))
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        let (keys, wallet) = (FeedKeys { feed: *target }, view.chain.wallet());
        let feed = read::feed(view.chain, target).map_err(RoundsError::from)?;
        let proven = minutes(&feed, now(view)?).find(|minute| {
            statement::round_context(target, &keys.round(*minute), *minute, &wallet)
                == answer.question.context
        });
        let Some(minute) = proven.filter(|_| !feed.is_stopped()) else {
            return Ok(Decision::Leave(ROUND_GONE));
        };
        let scores = statement::scores(&answer.outputs).ok_or(RoundsError::Scores)?;
        let publish = keys.publish_by_proof(wallet, feed.model, minute, answer.proof.as_bytes(), scores);
        Ok(Decision::Settle(Action::of(PUBLISH_BY_PROOF, publish)))
    }
}

/// Closes a round of the wallet's once it may be closed.
fn close(view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
    let round = read::own_round(view.chain, target).map_err(RoundsError::from)?;
    let Some((round, minute)) = round.and_then(|round| Some((round, Interval::Minute.index(round.at)?)))
    else {
        return Ok(Decision::Leave(ROUND_GONE));
    };
    if now(view)? < round.ends_at() {
        return Ok(Decision::Leave(ROUND_OPEN));
    }
    let close = FeedKeys { feed: round.feed }.close_round(round.payer, minute);
    Ok(Decision::Settle(Action::of(CLOSE_ROUND, close)))
}

/// What to do about a sealed round: prove it if that gives a price, else fall back when it is time.
fn decide_sealed(
    view: &View<'_>,
    keys: &FeedKeys,
    feed: &Feed,
    case: &Case,
) -> Result<Decision, StrategyError> {
    let Case { minute, address, round, standing } = case;
    let inputs = statement::inputs(&round.features);
    let scores = statement::scores(&view.evaluate(&inputs)?).ok_or(RoundsError::Scores)?;
    let is_usable = *standing == Standing::Usable;
    if is_usable && gives_a_price(feed, round, &scores) {
        let context = statement::round_context(&keys.feed, address, *minute, &view.chain.wallet());
        return Ok(Decision::Prove { question: Question { inputs, context }, gain: None });
    }
    if now(view)? >= round.at.saturating_add(i64::from(feed.params.proof_window)) {
        return Ok(Decision::Settle(Action::of(PUBLISH_FALLBACK, keys.publish_fallback(*minute))));
    }
    Ok(Decision::Leave(if is_usable { NO_QUORUM } else { MODEL_UNUSABLE }))
}

/// Minutes of rounds that may still have a result, newest first.
fn minutes(feed: &Feed, now: i64) -> impl Iterator<Item = u32> + use<> {
    let interval = Interval::Minute;
    let oldest = feed.considered().max(now.saturating_sub(assay_feed_interface::rounds::LIFETIME));
    let newest = u32::try_from(now.div_euclid(interval.seconds())).unwrap_or(u32::MAX);
    (0..=newest).rev().take_while(move |minute| interval.time(*minute) > oldest)
}

/// Whether the program would publish a price for these scores, its step aside.
fn gives_a_price(feed: &Feed, round: &Round, scores: &Scores) -> bool {
    let mask = accepted(round.quotes(), scores, &feed.params.filter());
    mask.count() >= u32::from(feed.params.quorum)
        && aggregate(round.quotes(), mask)
            .is_some_and(|price| price.is_certain(feed.params.max_confidence_bps))
}

/// Whether `open_round` would seal the round now.
fn would_seal(view: &View<'_>, feed: &Feed, mut round: Round, now: i64) -> Result<bool, RoundsError> {
    for (place, address) in sources(feed).iter().enumerate() {
        let source = read::source(view.chain, address)?;
        if round.copy(place, &source, now).is_err() {
            return Ok(false);
        }
    }
    Ok(round.seal(&feed.params, feed.prices.header.price, now))
}

fn begun(feed: &Address, minute: u32) -> Round {
    let mut round = Round::zeroed();
    round.begin(*feed, Address::default(), Interval::Minute.time(minute), 0);
    round
}

fn sources(feed: &Feed) -> &[Address] {
    feed.sources.get(..usize::from(feed.params.sources)).unwrap_or(&feed.sources)
}

fn standing(view: &View<'_>, feed: &Feed) -> Result<Standing, StrategyError> {
    let found =
        view.chain.account(&feed.model).map_err(|error| RoundsError::from(SourceError::from(error)))?;
    let found = found.filter(|found| found.owner == assay_verifier_host::ID);
    let found = found.ok_or(RoundsError::NotModel(feed.model))?;
    let facts = ModelFacts::read(&found.data).map_err(|_| RoundsError::NotModel(feed.model))?;
    let is_same =
        feed.domain == view.model.schema().domain().to_be_bytes() && *facts.key_hash == view.model.key_hash();
    Ok(match (is_same, facts.status == Status::Active) {
        (false, _) => Standing::Other,
        (true, true) => Standing::Usable,
        (true, false) => Standing::Stopped,
    })
}

fn now(view: &View<'_>) -> Result<i64, StrategyError> {
    Ok(view.chain.unix_time().map_err(|error| RoundsError::from(SourceError::from(error)))?)
}
