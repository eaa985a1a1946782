//! What a keeper does for questions: everything between the close of trading and the end, for the bounties and for its own.
//!
//! | account | what is done |
//! | --- | --- |
//! | sources of questions that are observed | their hours are observed, 24 a day |
//! | questions | `observe` once it completes, or before the sources' rings go on; the model's output proven; settled or void once time says so; its own closed |
//! | the wallet's observations and receipts | closed once they may be: the rent returns |
//!
//! It disputes nothing and votes on nothing: these are judgements. What the program would do it asks the program's own state
//! machine, in memory, so nothing is sent that would be refused as the accounts stand.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use anchor_lang::{Discriminator, Owner};
use assay_feed_host::keeping::keep_hours;
use assay_feed_interface::PROGRAM as FEED;
use assay_host::{
    Account, Chain, StrategyEntry, Watch,
    account::{decode, mint_supply, token_mint},
    strategy::{
        Action, Answer, Decision, Question as Asked, Reason, Strategy, StrategyError, View, only_value,
    },
};
use assay_interface::{
    missing::Missing,
    schema::{ModelSchema, Visibility},
    verifier::{ModelFacts, Status as ModelStatus},
};
use assay_market::state::{Observation, Place, Question, Status};
use assay_market_interface::{
    features::{ABSENT, COUNT},
    formats::{FEATURES, VOLATILITY},
};
use assay_verifier_host::{Receipt, close_when_due, own_receipts, receipt_address};
use bytemuck::{Pod, Zeroable as _};
use solana_address::Address;

use crate::{error::ReadError, instructions::QuestionKeys, statement::resolution_context};

/// Trading is open.
pub const TRADING: Reason = Reason("trading");
/// Prices of the window are missing.
pub const PRICES_MISSING: Reason = Reason("prices missing");
/// The bounty is less than the keeper asks for, and the question is not its own.
pub const UNPAID: Reason = Reason("unpaid");
/// The row may still be disputed.
pub const WINDOW_OPEN: Reason = Reason("window open");
/// The council has its time.
pub const COUNCIL: Reason = Reason("council");
/// The model that may answer is stopped, or is not the keeper's.
pub const MODEL_UNUSABLE: Reason = Reason("model unusable");
/// The payout is set; somebody holds tokens that pay, or the question is not the wallet's to close.
pub const PAYING: Reason = Reason("paying");
/// An account that is closed later.
pub const NOT_DUE: Reason = Reason("not due");
/// The account is gone: somebody closed it.
pub const GONE: Reason = Reason("gone");

/// Names of what it sends, those of the instructions.
pub const OBSERVE: &str = "observe";
/// See [`OBSERVE`].
pub const RESOLVE_BY_PROOF: &str = "resolve_by_proof";
/// See [`OBSERVE`].
pub const SETTLE: &str = "settle";
/// See [`OBSERVE`].
pub const VOID: &str = "void";
/// See [`OBSERVE`].
pub const CLOSE: &str = "close";
/// See [`OBSERVE`].
pub const CLOSE_OBSERVATION: &str = "close_observation";
/// See [`OBSERVE`].
pub const CLOSE_RECEIPT: &str = "close_receipt";

/// A price that lies this long in a source's ring of 32 hours is copied, though others are missing, seconds.
const COPIED_AFTER: i64 = 24 * 3_600;
/// How long a source's ring holds an hour, seconds: after its end, a question's hours are gone.
const RING: i64 = 32 * 3_600;
/// Of a bounty one part in so many goes into keeping the question's sources, a transaction for each hour of each.
const SHARE: u64 = 2;

/// All questions of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Questions {
    /// The wallet's token account that receives what is left of its own questions' collateral.
    pub collateral_account: Address,
    /// Least bounty for which somebody else's question is observed or proven, lamports. Whoever makes a question chooses its
    /// bounties: below this the keeper would work for them for nothing.
    pub least_bounty: u64,
}

/// How a keeper of questions is opened.
pub const ENTRY: StrategyEntry = StrategyEntry { addresses: &[COLLATERAL_ACCOUNT], open };

const COLLATERAL_ACCOUNT: &str = "collateral_account";

fn open(named: &BTreeMap<String, Address>) -> Result<Arc<dyn Strategy>, StrategyError> {
    let missing = || StrategyError {
        reason: "configuration".into(),
        source: format!("no address is named {COLLATERAL_ACCOUNT}").into(),
    };
    let collateral_account = named.get(COLLATERAL_ACCOUNT).copied().ok_or_else(missing)?;
    Ok(Arc::new(Questions { collateral_account, least_bounty: assay_market::state::LEAST_STAKE }))
}

/// A question with its addresses, at one moment.
struct Case {
    question: Question,
    keys: QuestionKeys,
    now: i64,
}

impl Strategy for Questions {
    /// One public tensor of sixteen features, one number.
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        let ([input], [output]) = (schema.inputs(), schema.outputs()) else {
            return Err(ReadError::Tensors.into());
        };
        let fits = input.elements() == COUNT
            && (input.bits, input.scales.single()) == (FEATURES.bits, Some(FEATURES.scale))
            && output.elements() == 1
            && output.bits == VOLATILITY.bits
            && input.missing == Missing::Never
            && [input, output].iter().all(|tensor| tensor.visibility == Visibility::Public);
        if fits { Ok(()) } else { Err(ReadError::Tensors.into()) }
    }

    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        let (wallet, now) = (chain.wallet(), chain.unix_time()?);
        let all = Watch::of::<Question>();
        let (mut targets, mut questions) = (Vec::<Address>::new(), Vec::new());
        for address in chain.addresses(&all)? {
            let Some(found) = chain.listed(&all, &address)? else { continue };
            // One of another layout is an error where it is decided on, and keeps nothing from the others.
            let question = read::<Question>(&found, &address, "question").ok();
            let bounties = |question: &Question| {
                question.terms.observe_bounty.saturating_add(question.terms.resolve_bounty)
            };
            questions.push((Reverse(question.as_ref().map_or(0, bounties)), address));
            let Some(Question { status, terms, sources, .. }) = question else { continue };
            let until = terms.observe_by.min(terms.ends_at.saturating_add(RING));
            let is_due = status == Status::Open as u8 && now >= terms.starts_at() && now <= until;
            // Anybody may make questions with sources of their own: nobody keeps those for nothing, nor for less than it costs.
            let keepings = u64::from(terms.hours()).saturating_mul(terms.sources.into());
            let each = terms.observe_bounty / SHARE / keepings.max(1);
            let is_own = question.is_some_and(|question| question.payer == wallet);
            if is_due && (is_own || (terms.observe_bounty >= self.least_bounty && chain.may_pay(Some(each))))
            {
                targets.extend(sources.iter().take(usize::from(terms.sources)));
            }
        }
        targets.sort_unstable();
        targets.dedup();
        questions.sort_unstable();
        targets.extend(questions.into_iter().map(|(_, address)| address));
        let payer = core::mem::offset_of!(Observation, payer);
        for watch in [Watch::of::<Observation>().holding(payer, &wallet), own_receipts(&wallet)] {
            targets.extend(chain.addresses(&watch)?);
        }
        Ok(targets)
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        let Some(found) = view.chain.account(target)? else { return Ok(Decision::Leave(GONE)) };
        if found.owner == Address::new_from_array(FEED) {
            return Ok(keep_hours(view.chain, target).map_err(ReadError::from)?);
        }
        if Watch::of::<Receipt>().admits(&found) || Watch::of::<Observation>().admits(&found) {
            return Ok(close(view, target, &found)?);
        }
        let question: Question = read(&found, target, "question")?;
        let keys = QuestionKeys::derive(&question.creator, question.nonce, question.mint);
        let case = Case { question, keys, now: view.chain.unix_time()? };
        Ok(self.decide_question(view, &case)?)
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        let found = view.chain.account(target)?;
        let Some(found) = found else { return Ok(Decision::Leave(GONE)) };
        let question: Question = read(&found, target, "question")?;
        let keys = QuestionKeys::derive(&question.creator, question.nonce, question.mint);
        let Ok(place) = question.place(view.chain.unix_time()?) else {
            return Ok(Decision::Leave(WINDOW_OPEN));
        };
        let Some(model) = usable_model(view, &question, place)? else {
            return Ok(Decision::Leave(MODEL_UNUSABLE));
        };
        let output = only_value(&answer.outputs);
        let value = output.and_then(|output| i16::try_from(output).ok()).ok_or(ReadError::Output(output))?;
        let receipt = receipt_address(&model, &answer.digest);
        let proof = answer.proof.as_bytes();
        let resolve = keys.resolve_by_proof(view.chain.wallet(), model, receipt, proof, value);
        let gain = bounty(pay(&question, place));
        Ok(Decision::Settle(Action { gain, ..Action::of(RESOLVE_BY_PROOF, resolve) }))
    }
}

impl Questions {
    fn decide_question(&self, view: &View<'_>, case: &Case) -> Result<Decision, ReadError> {
        let Case { question, keys, now } = case;
        let mut ending = *question;
        if ending.settle(*now).is_ok() {
            return Ok(Decision::Settle(Action::of(SETTLE, keys.settle(question))));
        }
        let mut ending = *question;
        if ending.void(*now).is_ok() {
            return Ok(Decision::Settle(Action::of(VOID, keys.void(question))));
        }
        if question.require_observing(*now).is_ok() {
            return self.observe(view, case);
        }
        if let Ok(place) = question.place(*now) {
            return self.prove(view, case, place);
        }
        match question.status().map_err(ReadError::Question)? {
            Status::Open => Ok(Decision::Leave(TRADING)),
            Status::Council => Ok(Decision::Leave(COUNCIL)),
            Status::Settled | Status::Void => self.close_question(view, case),
            Status::Observed | Status::Proposed | Status::Disputed | Status::Answered => {
                Ok(Decision::Leave(WINDOW_OPEN))
            }
        }
    }

    /// Observes once that completes the observation, or copies what the rings would lose.
    fn observe(&self, view: &View<'_>, case: &Case) -> Result<Decision, ReadError> {
        let Case { question, keys, now } = case;
        if !self.pays(&view.chain.wallet(), question, question.terms.observe_bounty) {
            return Ok(Decision::Leave(UNPAID));
        }
        let mut observation = match view.chain.account(&keys.observation)? {
            Some(found) if found.owner == assay_market::ID => read(&found, &keys.observation, "observation")?,
            Some(_) | None => Observation { question: keys.question, ..Observation::zeroed() },
        };
        let (before, terms) = (observation.prices, &question.terms);
        let sources: Vec<Address> =
            question.sources.iter().take(usize::from(terms.sources)).copied().collect();
        for (place, address) in sources.iter().enumerate() {
            let source = assay_feed_host::read::source(view.chain, address)?;
            observation.copy(place, &source, terms, *now).map_err(ReadError::Question)?;
        }
        let action = Action::of(OBSERVE, keys.observe(view.chain.wallet(), &sources));
        if observation.complete(terms, *now).map_err(ReadError::Question)? {
            return Ok(Decision::Prepare(Action { gain: bounty(terms.observe_bounty), ..action }));
        }
        let times = (terms.starts_at()..).step_by(3_600);
        let is_old = |hour: i64| now.saturating_sub(hour) > COPIED_AFTER;
        let at_risk = observation.prices.iter().zip(&before).any(|(after, before)| {
            let entries = after.iter().zip(before).zip(times.clone());
            entries
                .into_iter()
                .any(|((after, before), hour)| *before == ABSENT && *after != ABSENT && is_old(hour))
        });
        Ok(if at_risk { Decision::Settle(action) } else { Decision::Leave(PRICES_MISSING) })
    }

    fn prove(&self, view: &View<'_>, case: &Case, place: Place) -> Result<Decision, ReadError> {
        let Case { question, keys, .. } = case;
        let pay = pay(question, place);
        if !self.pays(&view.chain.wallet(), question, pay) {
            return Ok(Decision::Leave(UNPAID));
        }
        if usable_model(view, question, place)?.is_none() {
            return Ok(Decision::Leave(MODEL_UNUSABLE));
        }
        let address = keys.observation;
        let found =
            view.chain.account(&address)?.ok_or(ReadError::Missing { what: "observation", address })?;
        let observation: Observation = read(&found, &address, "observation")?;
        let context = resolution_context(&keys.question, &observation, place, &view.chain.wallet());
        let inputs = vec![observation.features.map(i64::from).to_vec()];
        Ok(Decision::Prove { question: Asked { inputs, context }, gain: bounty(pay) })
    }

    /// Closes a question of the wallet's of which nobody holds a token that pays.
    fn close_question(&self, view: &View<'_>, case: &Case) -> Result<Decision, ReadError> {
        let Case { question, keys, .. } = case;
        let destination = view.chain.account(&self.collateral_account)?;
        let mint = destination.and_then(|account| token_mint(&account.data));
        if question.payer != view.chain.wallet() || mint != Some(question.mint) {
            return Ok(Decision::Leave(PAYING));
        }
        for (index, share) in (0..question.mints).zip(question.payout) {
            let address = keys.outcome(index);
            let missing = ReadError::Missing { what: "outcome's mint", address };
            let found = view.chain.account(&address)?.ok_or(missing)?;
            if share > 0 && mint_supply(&found.data) != Some(0) {
                return Ok(Decision::Leave(PAYING));
            }
        }
        Ok(Decision::Settle(Action::of(CLOSE, keys.close(question, self.collateral_account))))
    }

    fn pays(&self, wallet: &Address, question: &Question, bounty: u64) -> bool {
        question.payer == *wallet || bounty >= self.least_bounty
    }
}

/// What the answer at a place pays, lamports.
fn pay(question: &Question, place: Place) -> u64 {
    match place {
        Place::First => question.terms.resolve_bounty,
        Place::Second => 0,
    }
}

/// A bounty as a gain: without one it is upkeep, of one's own question.
fn bounty(lamports: u64) -> Option<u64> {
    Some(lamports).filter(|lamports| *lamports > 0)
}

/// The model that may answer at a place, if the keeper can prove for it: active, of its domain and key, made in a way that the
/// question accepts.
fn usable_model(view: &View<'_>, question: &Question, place: Place) -> Result<Option<Address>, ReadError> {
    let [first, second] = question.models;
    let [first_domain, second_domain] = question.domains;
    let (address, domain) = match place {
        Place::First => (first, first_domain),
        Place::Second => (second, second_domain),
    };
    let found = view.chain.account(&address)?.ok_or(ReadError::Missing { what: "model", address })?;
    if found.owner != assay_verifier_host::ID {
        return Err(ReadError::NotModel(address));
    }
    let facts = ModelFacts::read(&found.data).map_err(|_| ReadError::NotModel(address))?;
    let is_usable = facts.status == ModelStatus::Active
        && domain == view.model.schema().domain().to_be_bytes()
        && *facts.domain == domain
        && *facts.key_hash == view.model.key_hash();
    Ok(is_usable.then_some(address))
}

/// Closes an observation or a receipt of the wallet's once it may be closed.
fn close(view: &View<'_>, target: &Address, found: &Account) -> Result<Decision, ReadError> {
    let (wallet, now) = (view.chain.wallet(), view.chain.unix_time()?);
    let action = if Watch::of::<Receipt>().admits(found) {
        let close = close_when_due(target, found, &wallet, now);
        let close =
            close.map_err(|source| ReadError::Foreign { what: "receipt", address: *target, source })?;
        close.map(|close| Action::of(CLOSE_RECEIPT, close))
    } else {
        let observation: Observation = read(found, target, "observation")?;
        let is_over = view.chain.account(&observation.question)?.is_none();
        let close = QuestionKeys::close_observation_of(*target, &observation);
        (observation.payer == wallet && is_over).then(|| Action::of(CLOSE_OBSERVATION, close))
    };
    Ok(action.map_or(Decision::Leave(NOT_DUE), Decision::Settle))
}

fn read<T: Owner + Discriminator + Pod>(
    found: &Account,
    address: &Address,
    what: &'static str,
) -> Result<T, ReadError> {
    decode(&found.owner, &found.data).map_err(|source| ReadError::Foreign { what, address: *address, source })
}

#[cfg(test)]
mod tests {
    use assay_interface::{float32, scales::Scales, schema::TensorSchema};
    use assay_market_interface::formats::Format;

    use super::*;

    /// Features are integers at one scale: no others, none missing, and no order keys of float32 numbers, whatever the bits.
    #[test]
    fn features_have_the_programs_scale() {
        let tensor = |name: &str, elements: usize, format: Format| TensorSchema {
            name: name.into(),
            shape: vec![1, elements as u32],
            bits: format.bits,
            scales: format.scale.into(),
            missing: Missing::Never,
            visibility: Visibility::Public,
        };
        let questions = Questions { collateral_account: Address::default(), least_bounty: 0 };
        let accepted = |change: fn(&mut TensorSchema)| {
            let mut input = tensor("x", COUNT, FEATURES);
            change(&mut input);
            let outputs = vec![tensor("y", 1, VOLATILITY)];
            let schema = ModelSchema::new("m".into(), vec![input], outputs);
            schema.is_ok_and(|schema| questions.accepts(&schema).is_ok())
        };
        assert!(accepted(|_| {}));
        assert!(!accepted(|x| x.scales = Scales::One(FEATURES.scale + 1)));
        assert!(!accepted(|x| x.missing = Missing::Anywhere));
        assert!(!accepted(|x| (x.bits, x.scales) = (float32::BITS, Scales::Float32)));
    }
}
