//! What a keeper does about a position.
//!
//! ```text
//! assess --- collateral is dust ------------------------------------------> socialize
//!    |
//!    +------ over the threshold --- funds --------------------------------> liquidate (plain rule)
//!    |                         +--- none, and a loss is not booked -------> impair
//!    |
//!    +------ from the floor on, or flagged --> score off chain
//!                 |
//!                 +-- opens --> snapshot --> prove --- the auction pays --> liquidate_by_proof
//!                 |                           |
//!                 |                           +------- not yet -----------> flag_by_proof, then wait
//!                 +-- low, and flagged --> snapshot --> prove ------------> clear_by_proof
//! ```
//!
//! All of it is assessed with the prices that the sources *would* have if they were refreshed now, and the minutes that they would
//! have if they were observed: nothing is sent for a position that is safe then, and before anything that reads a price is sent,
//! the sources are refreshed, in the same transaction.

use assay_feed_host::{Interval, Keeping};
use assay_host::strategy::{Action, Answer, Decision, Payment, Question, StrategyError, View};
use assay_lending::{
    math::value::{Value, ltv_at_least},
    oracle::Purpose,
    state::{Evidence, FLAG_SECONDS, Position, RiskParams, Snapshot, epoch_start},
};
use assay_lending_interface::{EPOCH_SECONDS, features};
use solana_address::Address;
use solana_instruction::Instruction;

#[allow(clippy::wildcard_imports)] // names that say what they are
use super::reasons::*;
use super::{
    policy::{Liquidations, Rules},
    schema::{inputs, only_score},
};
use crate::{
    ALL,
    assess::{Assessment, Eligibility, MarketView, Terms, Unscored},
    error::ReadError,
    instructions::{Liquidation, Proven},
    keys::MarketKeys,
    read,
    source::snapshot_context,
};

/// A thousandth of a debt is more than its interest in the minute and a half in which a transaction can be executed.
const INTEREST_SHARE: u64 = 1_000;

/// A position with everything that a decision about it rests on.
struct Case {
    address: Address,
    position: Position,
    /// With prices as the sources have them once `refresh` was sent.
    market: MarketView,
    assessment: Assessment,
    sources: [Keeping; 2],
    refresh: Vec<Instruction>,
}

/// A snapshot that may be used.
struct Alive {
    address: Address,
    snapshot: Snapshot,
}

/// What a score would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// Open a liquidation, or flag.
    Opens,
    /// Clear the flag.
    Clears,
    /// Nothing.
    None,
}

impl Liquidations {
    /// What to do about the position at `target`.
    pub(super) fn decide_position(
        &self,
        view: &View<'_>,
        target: &Address,
    ) -> Result<Decision, StrategyError> {
        let position = read::position(view.chain, &self.route.keys, target)?;
        if position.debt_shares == 0 {
            return Ok(Decision::Leave(NO_DEBT));
        }
        let case = self.case(view, target, position)?;
        if self.is_dust(&case)? {
            let socialize = self.route.keys.socialize(*target, self.route.prices);
            return Ok(case.at_fresh_prices(Action::of(SOCIALIZE, socialize)));
        }
        let early = self.rules == Rules::ProofAndRule;
        match case.assessment.eligibility {
            Eligibility::NoDebt => Ok(Decision::Leave(NO_DEBT)),
            Eligibility::Liquidatable => self.liquidate(view, &case),
            Eligibility::Safe if early && case.is_flagged() => self.score_and_prove(view, &case),
            Eligibility::Safe => Ok(Decision::Leave(SAFE)),
            Eligibility::Unscored(_) | Eligibility::Early if !early => Ok(Decision::Leave(RULE_ONLY)),
            Eligibility::Unscored(Unscored::Paused) => Ok(Decision::Leave(PAUSED)),
            Eligibility::Unscored(Unscored::NotCovered) => Ok(Decision::Leave(NOT_COVERED)),
            Eligibility::Unscored(Unscored::BudgetSpent) => Ok(Decision::Leave(BUDGET_SPENT)),
            Eligibility::Unscored(Unscored::NoPrice) => Ok(Decision::Leave(NO_PRICE)),
            Eligibility::Early if self.waits(&case)? => Ok(Decision::Leave(BONUS_LOW)),
            Eligibility::Early => self.score_and_prove(view, &case),
        }
    }

    /// What a proof about the position opens.
    pub(super) fn act_on_position(
        &self,
        view: &View<'_>,
        target: &Address,
        answer: &Answer,
    ) -> Result<Decision, StrategyError> {
        let case = self.case(view, target, read::position(view.chain, &self.route.keys, target)?)?;
        let params = &case.market.market.params;
        let Some(model) = read::usable_model(view.chain, params, &view.model.key_hash())? else {
            return Ok(Decision::Leave(MODEL_UNUSABLE));
        };
        let wallet = view.chain.wallet();
        let proven = self.alive(view, &case)?.into_iter().find(|Alive { address, snapshot }| {
            snapshot_context(snapshot, address, &wallet) == answer.question.context
        });
        let Some(Alive { address: snapshot_address, snapshot }) = proven else {
            return Ok(Decision::Leave(SNAPSHOT_GONE));
        };
        let score = only_score(&answer.outputs)?;
        let proven = Proven {
            model,
            series: params.series().map(|series| Address::new_from_array(*series)),
            snapshot: snapshot_address,
            digest: answer.digest,
            score,
            proof: Some(answer.proof),
        };
        let (keys, prices) = (&self.route.keys, self.route.prices);
        match case.use_of(score, &snapshot) {
            Use::None => Ok(Decision::Leave(LOW_SCORE)),
            Use::Clears => {
                Ok(Decision::Settle(Action::of(CLEAR, keys.clear_by_proof(wallet, *target, &proven))))
            }
            Use::Opens => {
                let terms = case.market.early_terms(&case.assessment.exposure, &case.position)?;
                if terms.bonus_bps < self.wanted_bonus(params) {
                    let flag = keys.flag_by_proof(wallet, *target, prices, &proven);
                    // A flag for less than it costs is nobody's work.
                    let gain = Some(self.early_gain(view, params, terms)?);
                    return Ok(case.at_fresh_prices(Action { gain, ..Action::of(FLAG, flag) }));
                }
                let Plan { liquidation, payment, gain } = self.liquidation(view, &case, terms)?;
                Ok(case.at_fresh_prices(Action {
                    name: LIQUIDATE_BY_PROOF,
                    instructions: vec![keys.liquidate_by_proof(&liquidation, &proven)],
                    payment: Some(payment),
                    gain: Some(gain),
                }))
            }
        }
    }

    fn case(&self, view: &View<'_>, target: &Address, position: Position) -> Result<Case, ReadError> {
        let mut market = read::market(view.chain, &self.route)?;
        // Anybody may post updates, as many as they like: a safe position is assessed without them.
        let [mut collateral, mut debt] = [
            Keeping::pinned(view.chain, &self.route.prices.collateral)?,
            Keeping::pinned(view.chain, &self.route.prices.debt)?,
        ];
        let refresh =
            [&mut collateral, &mut debt].into_iter().filter_map(|source| source.refresh(market.now));
        let refresh = refresh.collect();
        (market.collateral, market.debt) = (collateral.source, debt.source);
        let assessment = market.assess(&position)?;
        Ok(Case { address: *target, position, market, assessment, sources: [collateral, debt], refresh })
    }

    /// Asks the model before anything is sent; then proves a living snapshot, or takes one.
    fn score_and_prove(&self, view: &View<'_>, case: &Case) -> Result<Decision, StrategyError> {
        let Case { address, position, market, assessment, .. } = case;
        let params = &market.market.params;
        if params.statement_domain != view.model.schema().domain().to_be_bytes() {
            return Err(ReadError::OtherModel.into());
        }
        if read::usable_model(view.chain, params, &view.model.key_hash())?.is_none() {
            return Ok(Decision::Leave(MODEL_UNUSABLE));
        }
        let terms = market.early_terms(&assessment.exposure, position)?;
        let least = terms.least;
        let mut is_young = false;
        for Alive { address, snapshot } in self.alive(view, case)? {
            let found = case.use_of(score(view, &snapshot.features)?, &snapshot);
            if found == Use::None {
                continue;
            }
            if snapshot.taken_at >= market.now {
                is_young = true;
                continue;
            }
            if found == Use::Opens && self.funds(view)? < least {
                return Ok(Decision::Leave(NO_FUNDS));
            }
            let context = snapshot_context(&snapshot, &address, &view.chain.wallet());
            let gain = if found == Use::Opens { Some(self.early_gain(view, params, terms)?) } else { None };
            let question = Question { inputs: inputs(&snapshot.features), context };
            return Ok(Decision::Prove { question, gain });
        }
        if is_young {
            return Ok(Decision::Leave(SNAPSHOT_YOUNG));
        }
        let mut sources = case.sources.clone();
        for source in &mut sources {
            source.list(view.chain).map_err(ReadError::from)?;
        }
        let Some(Minute { epoch, market, observe }) = self.minute(case, &sources) else {
            return Ok(self.observe_candidate(case, sources));
        };
        let evidence = Evidence { epoch, revision: position.revision };
        let keys = &self.route.keys;
        if read::snapshot(view.chain, keys, &MarketKeys::snapshot(address, evidence))?.is_some() {
            return Ok(Decision::Leave(LOW_SCORE));
        }
        let Some(features) = market.features(position, epoch) else {
            return Ok(Decision::Leave(NO_FEATURES));
        };
        let gain = match case.use_of_evidence(score(view, &features)?, evidence) {
            Use::None => return Ok(Decision::Leave(LOW_SCORE)),
            Use::Opens if self.funds(view)? < least => return Ok(Decision::Leave(NO_FUNDS)),
            Use::Opens => Some(self.early_gain(view, params, terms)?),
            Use::Clears => None,
        };
        let take = keys.take_snapshot(view.chain.wallet(), *address, evidence, self.route.prices);
        let instructions = observe.into_iter().chain([take]).collect();
        Ok(Decision::Prepare(Action { name: SNAPSHOT, instructions, payment: None, gain }))
    }

    /// The newest minute that is final in both sources, or would be once updates that are there were observed.
    fn minute(&self, case: &Case, sources: &[Keeping; 2]) -> Option<Minute> {
        let now = case.market.now;
        let newest = u32::try_from(now / EPOCH_SECONDS).ok()?;
        (newest.saturating_sub(1)..=newest).rev().find_map(|epoch| {
            let (mut sources, mut market) = (sources.clone(), case.market.clone());
            let bring = |source: &mut Keeping| source.observe(Interval::Minute, epoch_start(epoch), now);
            let observe = sources.iter_mut().filter_map(bring).collect();
            let [collateral, debt] = sources;
            (market.collateral, market.debt) = (collateral.source, debt.source);
            market.is_final(epoch).then_some(Minute { epoch, market, observe })
        })
    }

    /// Brings what a minute has so far: it is final at the end of its window, unless somebody brings an earlier update.
    fn observe_candidate(&self, case: &Case, mut sources: [Keeping; 2]) -> Decision {
        let now = case.market.now;
        let at = now / EPOCH_SECONDS * EPOCH_SECONDS;
        let bring = |source: &mut Keeping| source.observe(Interval::Minute, at, now);
        let instructions: Vec<Instruction> = sources.iter_mut().filter_map(bring).collect();
        if instructions.is_empty() {
            return Decision::Leave(NO_MINUTE);
        }
        Decision::Prepare(Action { name: OBSERVE, instructions, payment: None, gain: None })
    }

    /// Snapshots of the position's present revision that live, newest first.
    fn alive(&self, view: &View<'_>, case: &Case) -> Result<Vec<Alive>, ReadError> {
        let Case { address: position, market, .. } = case;
        let newest = market.now / EPOCH_SECONDS;
        let oldest = (market.now - i64::from(market.market.params.snapshot_expiry)) / EPOCH_SECONDS;
        let mut alive = Vec::new();
        for epoch in (oldest..=newest).rev() {
            let Ok(epoch) = u32::try_from(epoch) else { continue };
            let evidence = Evidence { epoch, revision: case.position.revision };
            let address = MarketKeys::snapshot(position, evidence);
            let found = read::snapshot(view.chain, &self.route.keys, &address)?;
            alive.extend(
                found
                    .filter(|snapshot| market.now <= snapshot.expires_at)
                    .map(|snapshot| Alive { address, snapshot }),
            );
        }
        Ok(alive)
    }

    fn liquidate(&self, view: &View<'_>, case: &Case) -> Result<Decision, StrategyError> {
        if self.funds(view)? == 0 {
            if self.loss_is_unbooked(case)? {
                let impair = self.route.keys.impair(case.address, self.route.prices);
                return Ok(case.at_fresh_prices(Action::of(IMPAIR, impair)));
            }
            return Ok(Decision::Leave(NO_FUNDS));
        }
        let terms = case.market.plain_terms(&case.assessment.exposure)?;
        let Plan { liquidation, payment, gain } = self.liquidation(view, case, terms)?;
        Ok(case.at_fresh_prices(Action {
            name: LIQUIDATE,
            instructions: vec![self.route.keys.liquidate(&liquidation)],
            payment: Some(payment),
            gain: Some(gain),
        }))
    }

    /// Whether the collateral is worth nothing to liquidate, and does not pay the debt.
    fn is_dust(&self, case: &Case) -> Result<bool, ReadError> {
        let market = &case.market.market;
        let prices = case.market.prices(Purpose::PlainRule)?;
        let high = prices.collateral.high();
        let worth = Value::of_collateral(case.position.collateral, high, market.collateral_decimals).get();
        Ok(worth < u128::from(market.params.dust_value) && self.loss(case)? > 0)
    }

    /// What of the debt no collateral pays.
    fn loss(&self, case: &Case) -> Result<u64, ReadError> {
        let market = &case.market.market;
        let prices = case.market.prices(Purpose::PlainRule)?;
        let best = prices.at_best(market, &case.position).map_err(|_| ReadError::Books)?;
        Ok(best.shortfall(market.params.bonus_min_bps))
    }

    /// Whether the market's books are wrong about the loss by a least loan or more.
    fn loss_is_unbooked(&self, case: &Case) -> Result<bool, ReadError> {
        Ok(self.loss(case)?.abs_diff(case.position.impaired) >= case.market.market.params.min_borrow)
    }

    /// Whether the clock runs and has not brought the bonus to where it pays.
    fn waits(&self, case: &Case) -> Result<bool, ReadError> {
        let Case { position, market, assessment, .. } = case;
        let terms = market.early_terms(&assessment.exposure, position)?;
        // Evidence of half its life is renewed: a flag that lapses takes its clock along.
        let is_fresh = market.now <= epoch_start(position.flag.epoch) + FLAG_SECONDS / 2;
        Ok(case.is_flagged() && is_fresh && terms.bonus_bps < self.wanted_bonus(&market.market.params))
    }

    /// What an early liquidation brings, now or once the auction has come to where it pays.
    fn early_gain(&self, view: &View<'_>, params: &RiskParams, terms: Terms) -> Result<u64, ReadError> {
        Ok(gain(terms.limit.min(self.funds(view)?), self.wanted_bonus(params).max(terms.bonus_bps)))
    }

    fn wanted_bonus(&self, params: &RiskParams) -> u16 {
        self.least_bonus_bps.min(params.early_bonus_max_bps)
    }

    /// What may be spent.
    fn funds(&self, view: &View<'_>) -> Result<u64, ReadError> {
        let address = self.route.debt_account;
        let missing = ReadError::Missing { what: "token account", address };
        let found = view.chain.account(&address)?.ok_or(missing)?;
        view.funds(&found).ok_or(ReadError::NotToken { address })
    }

    /// The largest repayment within the terms and the funds, and the least collateral to accept for it.
    fn liquidation(&self, view: &View<'_>, case: &Case, terms: Terms) -> Result<Plan, ReadError> {
        let funds = self.funds(view)?;
        // What is paid is bound by what is named: until it executes, the price may fall and the budget be renewed, and `ALL` would pay the
        // greater limit of that moment. The whole debt is another matter: nothing can be paid beyond it but a little interest.
        let debt = case.assessment.exposure.debt;
        let whole = debt.saturating_add(debt / INTEREST_SHARE).saturating_add(1);
        let fixed = funds.min(terms.limit);
        let (repay, most) = if terms.limit >= debt && funds >= whole { (ALL, whole) } else { (fixed, fixed) };
        let min_bonus = case.market.market.params.bonus_min_bps;
        let plan = case.assessment.exposure.plan(terms.limit.min(funds), terms.bonus_bps, min_bonus);
        let seized = plan.map_err(|_| ReadError::Books)?.seized;
        let kept = 10_000u16.saturating_sub(self.slippage_bps);
        let min_seized =
            u64::try_from(u128::from(seized) * u128::from(kept) / 10_000).map_err(|_| ReadError::Books)?;
        let liquidation = Liquidation {
            liquidator: view.chain.wallet(),
            position: case.address,
            collateral_destination: self.route.collateral_account,
            debt_source: self.route.debt_account,
            prices: self.route.prices,
            repay,
            min_seized,
        };
        let payment = Payment { from: self.route.debt_account, most };
        Ok(Plan { liquidation, payment, gain: gain(terms.limit.min(funds), terms.bonus_bps) })
    }
}

/// A liquidation, what it may take, and what it brings beyond that.
struct Plan {
    liquidation: Liquidation,
    payment: Payment,
    gain: u64,
}

/// What a liquidator gets beyond what is repaid, base units of the debt asset.
fn gain(repaid: u64, bonus_bps: u16) -> u64 {
    u64::try_from(u128::from(repaid) * u128::from(bonus_bps) / 10_000).unwrap_or(u64::MAX)
}

/// A minute of which a snapshot can be taken, and what has to be observed before.
struct Minute {
    epoch: u32,
    market: MarketView,
    observe: Vec<Instruction>,
}

impl Case {
    fn is_flagged(&self) -> bool {
        self.position.flag.standing(self.market.now).is_some()
    }

    /// Settles with this, the sources refreshed in the same transaction: prices that are published every second would be others again
    /// once a refresh of its own was confirmed.
    fn at_fresh_prices(&self, action: Action) -> Decision {
        let instructions = self.refresh.iter().cloned().chain(action.instructions).collect();
        Decision::Settle(Action { instructions, ..action })
    }

    /// What the score of a snapshot does now: one that opens is of no use where the position is safer than it was.
    fn use_of(&self, score: i16, snapshot: &Snapshot) -> Use {
        let exposure = &self.assessment.exposure;
        let floor = snapshot.ltv_bps.saturating_sub(self.market.market.params.tolerance_bps);
        match self.use_of_evidence(score, snapshot.evidence()) {
            Use::Opens if !ltv_at_least(exposure.debt_value(), exposure.collateral_value(), floor) => {
                Use::None
            }
            found => found,
        }
    }

    /// What a score of this evidence does: the flag's own rules say whether later evidence stands in its way.
    fn use_of_evidence(&self, score: i16, evidence: Evidence) -> Use {
        let (mut flag, now) = (self.position.flag, self.market.now);
        if score < self.market.market.params.score_threshold {
            return if flag.clear(evidence, now).is_ok() { Use::Clears } else { Use::None };
        }
        let is_early = self.assessment.eligibility == Eligibility::Early;
        if is_early && flag.accept(evidence, now).is_ok() { Use::Opens } else { Use::None }
    }
}

fn score(view: &View<'_>, features: &[i16; features::COUNT]) -> Result<i16, StrategyError> {
    Ok(only_score(&view.evaluate(&inputs(features))?)?)
}
