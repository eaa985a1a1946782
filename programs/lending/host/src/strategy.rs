//! What a keeper does for a market: early liquidations that a proven score opens, and those of the plain rule.
//!
//! ```text
//! assess --- over the threshold ------------------------------> liquidate (plain rule)
//!    |
//!    +--- from the floor on --> score off chain --- low ------> leave alone
//!                                     |
//!                                     +-- opens --> snapshot --> prove --> liquidate_by_proof
//! ```
//!
//! Every action can be repeated: a snapshot that lives is used instead of taking another, and a position's budget makes the
//! program refuse what goes beyond it. A snapshot is acted on in a later second than it was taken in, so a look that takes
//! one leaves the position and the next one proves. The program is the judge of all of it: it computes the features, has
//! the proof checked and decides again. A keeper that lies, or is late, can at worst fail to liquidate, and then the plain
//! rule remains.

use std::collections::BTreeMap;

use anchor_lang::Discriminator as _;
use assay_host::{
    StrategyEntry, Watch,
    strategy::{Action, Answer, Decision, Question, Reason, Strategy, StrategyError, View},
};
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_lending::{
    math::value::ltv_at_least,
    state::{Evidence, Position, Snapshot},
};
use assay_lending_interface::{
    EPOCH_SECONDS, features,
    formats::{FEATURES, Format, SCORE},
};
use solana_address::Address;

use crate::{
    ALL, ID,
    assess::{Assessment, Eligibility, MarketView, Terms, Unscored},
    error::ReadError,
    instructions::{Liquidation, PriceAccounts, Proven},
    keys::MarketKeys,
    read::{self, Route},
    source::snapshot_context,
};

/// It owes nothing.
pub const NO_DEBT: Reason = Reason("no debt");
/// Its loan-to-value ratio is below the floor.
pub const SAFE: Reason = Reason("safe");
/// The model's score does not open a liquidation.
pub const LOW_SCORE: Reason = Reason("low score");
/// No minute of the last two is final in both sources.
pub const NO_MINUTE: Reason = Reason("no final minute");
/// The source's hours do not cover the last day, or the features are not defined.
pub const NO_FEATURES: Reason = Reason("no features");
/// A price is good enough for the plain rule only.
pub const NO_PRICE: Reason = Reason("no price");
/// The market is halted.
pub const PAUSED: Reason = Reason("paused");
/// The collateral no longer covers debt and bonus.
pub const NOT_COVERED: Reason = Reason("not covered");
/// It is above the floor, and the keeper acts under the plain rule only.
pub const RULE_ONLY: Reason = Reason("plain rule only");
/// The snapshot was taken in this second; it is used in the next.
pub const SNAPSHOT_YOUNG: Reason = Reason("snapshot too young");
/// Early liquidations have repaid what the window allows.
pub const BUDGET_SPENT: Reason = Reason("budget spent");
/// The market's model is stopped, or not what the market accepts.
pub const MODEL_UNUSABLE: Reason = Reason("model unusable");
/// The snapshot that was proven was closed or has expired.
pub const SNAPSHOT_GONE: Reason = Reason("snapshot gone");
/// The spend cap or the wallet's balance is used up, or below the least repayment.
pub const NO_FUNDS: Reason = Reason("no funds");

/// Names of the instructions that it sends.
pub const SNAPSHOT: &str = "snapshot";
/// See [`SNAPSHOT`].
pub const LIQUIDATE: &str = "liquidate";
/// See [`SNAPSHOT`].
pub const LIQUIDATE_BY_PROOF: &str = "liquidate_by_proof";

/// Which liquidations a keeper makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Early ones that a proven score opens, and those of the plain rule.
    ProofAndRule,
    /// Those of the plain rule only.
    RuleOnly,
}

/// Liquidations of one market's positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidations {
    /// The market and the wallet's accounts.
    pub route: Route,
    /// Which liquidations.
    pub rules: Rules,
    /// How much less collateral than computed is accepted, basis points.
    pub slippage_bps: u16,
}

/// The accounts that it looks at, and how it is opened for a market: positions, by addresses with these names.
pub const ENTRY: StrategyEntry = StrategyEntry { watch: POSITIONS, addresses: &ADDRESSES, open };

const POSITIONS: Watch = Watch { program: ID, discriminator: discriminator(Position::DISCRIMINATOR) };

const ADDRESSES: [&str; 7] = [
    "creator",
    "collateral_mint",
    "debt_mint",
    "collateral_price",
    "debt_price",
    "collateral_account",
    "debt_account",
];

/// Slippage of a strategy that was opened by addresses alone: half a percent.
const DEFAULT_SLIPPAGE_BPS: u16 = 50;

fn open(named: &BTreeMap<String, Address>) -> Result<Box<dyn Strategy>, StrategyError> {
    let address = |name: &'static str| {
        let missing = || StrategyError {
            reason: "configuration".into(),
            source: format!("no address is named {name}").into(),
        };
        named.get(name).copied().ok_or_else(missing)
    };
    let route = Route {
        keys: MarketKeys::derive(&address("creator")?, address("collateral_mint")?, address("debt_mint")?),
        prices: PriceAccounts { collateral: address("collateral_price")?, debt: address("debt_price")? },
        collateral_account: address("collateral_account")?,
        debt_account: address("debt_account")?,
    };
    Ok(Box::new(Liquidations { route, rules: Rules::ProofAndRule, slippage_bps: DEFAULT_SLIPPAGE_BPS }))
}

/// A position with everything that a decision about it rests on.
struct Case {
    address: Address,
    position: Position,
    market: MarketView,
    assessment: Assessment,
}

/// A snapshot that may be used.
struct Alive {
    address: Address,
    snapshot: Snapshot,
}

impl Strategy for Liquidations {
    fn watch(&self) -> Watch {
        POSITIONS
    }

    /// One public tensor of sixteen features, one score.
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        match (schema.inputs(), schema.outputs()) {
            ([input], [output]) => {
                expect(input, features::COUNT, FEATURES)?;
                // The threshold is in the model's own units, so its scale is its own.
                Ok(expect(output, 1, Format { bits: SCORE.bits, scale: output.scale })?)
            }
            (inputs, outputs) => {
                Err(ReadError::Tensors { inputs: inputs.len(), outputs: outputs.len() }.into())
            }
        }
    }

    /// Nothing: price sources are shared by all markets, and kept by whoever keeps the feed program.
    fn upkeep(&self, _: &View<'_>) -> Result<Option<Action>, StrategyError> {
        Ok(None)
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        let case = self.case(view, target)?;
        match case.assessment.eligibility {
            Eligibility::NoDebt => Ok(Decision::Leave(NO_DEBT)),
            Eligibility::Safe => Ok(Decision::Leave(SAFE)),
            Eligibility::Liquidatable => self.liquidate(view, &case),
            Eligibility::Unscored(_) | Eligibility::Early if self.rules == Rules::RuleOnly => {
                Ok(Decision::Leave(RULE_ONLY))
            }
            Eligibility::Unscored(Unscored::Paused) => Ok(Decision::Leave(PAUSED)),
            Eligibility::Unscored(Unscored::NotCovered) => Ok(Decision::Leave(NOT_COVERED)),
            Eligibility::Unscored(Unscored::BudgetSpent) => Ok(Decision::Leave(BUDGET_SPENT)),
            Eligibility::Unscored(Unscored::NoPrice) => Ok(Decision::Leave(NO_PRICE)),
            Eligibility::Early => self.score_and_prove(view, &case),
        }
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        let case = self.case(view, target)?;
        let params = &case.market.market.params;
        let score = only_score(&answer.outputs)?;
        if score < params.score_threshold {
            return Ok(Decision::Leave(LOW_SCORE));
        }
        let wallet = view.chain.wallet();
        let proven = self.alive(view, &case)?.into_iter().find(|Alive { address, snapshot }| {
            snapshot_context(snapshot, address, &wallet) == answer.question.context
        });
        let Some(Alive { address, .. }) = proven else { return Ok(Decision::Leave(SNAPSHOT_GONE)) };
        let terms = case.market.early_terms(&case.assessment.exposure, &case.position)?;
        let liquidation = self.liquidation(view, &case, terms)?;
        let opened = Proven {
            model: Address::new_from_array(params.model),
            snapshot: address,
            digest: answer.digest,
            score,
            proof: Some(answer.proof),
        };
        Ok(Decision::Settle(Action {
            name: LIQUIDATE_BY_PROOF,
            instruction: self.route.keys.liquidate_by_proof(&liquidation, &opened),
            pays_from: Some(self.route.debt_account),
        }))
    }
}

impl Liquidations {
    fn case(&self, view: &View<'_>, target: &Address) -> Result<Case, ReadError> {
        let market = read::market(view.chain, &self.route)?;
        let position = read::position(view.chain, &self.route.keys, target)?;
        let assessment = market.assess(&position)?;
        Ok(Case { address: *target, position, market, assessment })
    }

    /// Asks the model before anything is sent; then proves a living snapshot, or takes one.
    fn score_and_prove(&self, view: &View<'_>, case: &Case) -> Result<Decision, StrategyError> {
        let Case { address, position, market, assessment } = case;
        let params = &market.market.params;
        if params.statement_domain != view.model.schema().domain().to_be_bytes() {
            return Err(ReadError::OtherModel.into());
        }
        if !read::model_is_usable(view.chain, params)? {
            return Ok(Decision::Leave(MODEL_UNUSABLE));
        }
        let mut is_young = false;
        let mut scored = false;
        for Alive { address, snapshot } in self.alive(view, case)? {
            scored = true;
            if score(view, &snapshot.features)? < params.score_threshold {
                continue;
            }
            if !opens(case, &snapshot) {
                continue;
            }
            if snapshot.taken_at >= market.now {
                is_young = true;
                continue;
            }
            if self.funds(view)? < market.early_terms(&assessment.exposure, position)?.least {
                return Ok(Decision::Leave(NO_FUNDS));
            }
            let context = snapshot_context(&snapshot, &address, &view.chain.wallet());
            return Ok(Decision::Prove(Question { inputs: inputs(&snapshot.features), context }));
        }
        if is_young {
            return Ok(Decision::Leave(SNAPSHOT_YOUNG));
        }
        let Some(epoch) = market.final_minute() else {
            return Ok(Decision::Leave(if scored { LOW_SCORE } else { NO_MINUTE }));
        };
        let evidence = Evidence { epoch, revision: position.revision };
        if read::snapshot(view.chain, &MarketKeys::snapshot(address, evidence))?.is_some() {
            return Ok(Decision::Leave(LOW_SCORE));
        }
        let Some(features) = market.features(position, epoch) else {
            return Ok(Decision::Leave(NO_FEATURES));
        };
        if score(view, &features)? < params.score_threshold {
            return Ok(Decision::Leave(LOW_SCORE));
        }
        if self.funds(view)? < market.early_terms(&assessment.exposure, position)?.least {
            return Ok(Decision::Leave(NO_FUNDS));
        }
        let take = self.route.keys.take_snapshot(view.chain.wallet(), *address, evidence, self.route.prices);
        Ok(Decision::Prepare(Action { name: SNAPSHOT, instruction: take, pays_from: None }))
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
            let found = read::snapshot(view.chain, &address)?;
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
            return Ok(Decision::Leave(NO_FUNDS));
        }
        let terms = case.market.plain_terms(&case.assessment.exposure)?;
        let liquidation = self.liquidation(view, case, terms)?;
        Ok(Decision::Settle(Action {
            name: LIQUIDATE,
            instruction: self.route.keys.liquidate(&liquidation),
            pays_from: Some(self.route.debt_account),
        }))
    }

    /// What may be spent.
    fn funds(&self, view: &View<'_>) -> Result<u64, ReadError> {
        let address = self.route.debt_account;
        let missing = ReadError::Missing { what: "token account", address };
        let found = view.chain.account(&address)?.ok_or(missing)?;
        view.funds(&found).ok_or(ReadError::NotToken { address })
    }

    /// The largest repayment within the terms and the funds, and the least collateral to accept for it.
    fn liquidation(&self, view: &View<'_>, case: &Case, terms: Terms) -> Result<Liquidation, ReadError> {
        let funds = self.funds(view)?;
        // As much as is allowed, if that is affordable: interest may raise the limit by a unit before it executes.
        let repay = if funds > terms.limit { ALL } else { funds };
        let min_bonus = case.market.market.params.bonus_min_bps;
        let plan = case.assessment.exposure.plan(terms.limit.min(funds), terms.bonus_bps, min_bonus);
        let seized = plan.map_err(|_| ReadError::Books)?.seized;
        let kept = 10_000u16.saturating_sub(self.slippage_bps);
        let min_seized =
            u64::try_from(u128::from(seized) * u128::from(kept) / 10_000).map_err(|_| ReadError::Books)?;
        Ok(Liquidation {
            liquidator: view.chain.wallet(),
            position: case.address,
            collateral_destination: self.route.collateral_account,
            debt_source: self.route.debt_account,
            prices: self.route.prices,
            repay,
            min_seized,
        })
    }
}

/// The score: the one element of the one output.
///
/// # Errors
/// The outputs are no score of 16 bits.
pub fn only_score(outputs: &[Vec<i64>]) -> Result<i16, ReadError> {
    match outputs {
        [output] => match output[..] {
            [score] => i16::try_from(score).map_err(|_| ReadError::Score(Some(score))),
            _ => Err(ReadError::Score(None)),
        },
        _ => Err(ReadError::Score(None)),
    }
}

/// The model's inputs for some features.
pub fn inputs(features: &[i16; features::COUNT]) -> Vec<Vec<i64>> {
    vec![features.map(i64::from).to_vec()]
}

/// Whether a snapshot that scores high opens something now: no later evidence cleared the flag, and the position is not safer
/// than it was.
fn opens(case: &Case, snapshot: &Snapshot) -> bool {
    let Case { position, market, assessment, .. } = case;
    let exposure = &assessment.exposure;
    let floor = snapshot.ltv_bps.saturating_sub(market.market.params.tolerance_bps);
    let mut flag = position.flag;
    flag.accept(snapshot.evidence(), market.now).is_ok()
        && ltv_at_least(exposure.debt_value(), exposure.collateral_value(), floor)
}

fn score(view: &View<'_>, features: &[i16; features::COUNT]) -> Result<i16, StrategyError> {
    Ok(only_score(&view.evaluate(&inputs(features))?)?)
}

/// Fails unless a tensor is what the lending program makes its statements of.
fn expect(tensor: &TensorSchema, elements: usize, format: Format) -> Result<(), ReadError> {
    let fits = tensor.elements() == elements
        && (tensor.bits, tensor.scale) == (format.bits, format.scale)
        && tensor.visibility == Visibility::Public;
    if fits { Ok(()) } else { Err(ReadError::Tensor { tensor: tensor.clone(), elements, format }) }
}

/// Eight bytes, as the framework writes them.
const fn discriminator(bytes: &[u8]) -> [u8; 8] {
    match bytes.first_chunk() {
        Some(discriminator) if bytes.len() == 8 => *discriminator,
        _ => panic!("a discriminator has eight bytes"),
    }
}
