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
//! Every action can be repeated: a snapshot that still lives is used instead of taking another, and a consumed one makes
//! the program refuse a second liquidation. The program is the judge of all of it: it computes the features, has the
//! proof checked and decides again. A keeper that lies, or is late, can at worst fail to liquidate, and then the plain
//! rule remains.

use std::collections::BTreeMap;

use anchor_lang::Discriminator as _;
use assay_host::{
    StrategyEntry, Watch,
    strategy::{Action, Answer, Decision, Question, Reason, Strategy, StrategyError, View},
};
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use assay_lending::state::{Position, Snapshot};
use assay_lending_interface::{
    features,
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
};

/// It owes nothing.
pub const NO_DEBT: Reason = Reason("no debt");
/// Its loan-to-value ratio is below the floor.
pub const SAFE: Reason = Reason("safe");
/// The model's score does not open a liquidation.
pub const LOW_SCORE: Reason = Reason("low score");
/// The history does not cover the last day, or the features are not defined.
pub const NO_FEATURES: Reason = Reason("no features");
/// The market is halted.
pub const PAUSED: Reason = Reason("paused");
/// The collateral no longer covers debt and bonus.
pub const NOT_COVERED: Reason = Reason("not covered");
/// It is above the floor, and the keeper acts under the plain rule only.
pub const RULE_ONLY: Reason = Reason("plain rule only");
/// The last snapshot does not open a liquidation, and the next one must wait.
pub const SNAPSHOT_TOO_SOON: Reason = Reason("snapshot too soon");
/// The spend cap or the wallet's balance is used up.
pub const NO_FUNDS: Reason = Reason("no funds");

/// Names of the instructions that it sends.
pub const OBSERVE: &str = "observe";
/// See [`OBSERVE`].
pub const SNAPSHOT: &str = "snapshot";
/// See [`OBSERVE`].
pub const LIQUIDATE: &str = "liquidate";
/// See [`OBSERVE`].
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

impl Strategy for Liquidations {
    fn watch(&self) -> Watch {
        POSITIONS
    }

    /// One public tensor of sixteen features, one score.
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        match (schema.inputs(), schema.outputs()) {
            ([input], [output]) => {
                expect(input, features::COUNT, FEATURES)?;
                // Threshold and full score are in the model's own units, so its scale is its own.
                Ok(expect(output, 1, Format { bits: SCORE.bits, scale: output.scale })?)
            }
            (inputs, outputs) => {
                Err(ReadError::Tensors { inputs: inputs.len(), outputs: outputs.len() }.into())
            }
        }
    }

    /// The collateral's price belongs into the market's history once an hour.
    fn upkeep(&self, view: &View<'_>) -> Result<Option<Action>, StrategyError> {
        let market = read::market(view.chain, &self.route)?;
        let instruction = self.route.keys.observe(self.route.prices.collateral);
        let observe = Action { name: OBSERVE, instruction, pays_from: None };
        Ok(market.observation_is_due().then_some(observe))
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        let case = self.case(view, target)?;
        match case.assessment.eligibility {
            Eligibility::NoDebt => Ok(Decision::Leave(NO_DEBT)),
            Eligibility::Safe => Ok(Decision::Leave(SAFE)),
            Eligibility::Liquidatable => self.liquidate(view, &case),
            Eligibility::Unscored(_) | Eligibility::Early { .. } if self.rules == Rules::RuleOnly => {
                Ok(Decision::Leave(RULE_ONLY))
            }
            Eligibility::Unscored(Unscored::NoFeatures) => Ok(Decision::Leave(NO_FEATURES)),
            Eligibility::Unscored(Unscored::Paused) => Ok(Decision::Leave(PAUSED)),
            Eligibility::Unscored(Unscored::NotCovered) => Ok(Decision::Leave(NOT_COVERED)),
            Eligibility::Early { features } => self.score_and_prove(view, &case, &features),
        }
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        let case = self.case(view, target)?;
        let params = &case.market.market.params;
        let score = only_score(&answer.outputs)?;
        if score < params.score_threshold {
            return Ok(Decision::Leave(LOW_SCORE));
        }
        let at = MarketKeys::snapshot(target);
        let snapshot =
            read::snapshot(view.chain, &at)?.ok_or(ReadError::Missing { what: SNAPSHOT, address: at })?;
        let terms = case.market.early_terms(&case.assessment.exposure, score)?;
        let liquidation = self.liquidation(view, &case, terms)?;
        let opened = Proven {
            model: Address::new_from_array(params.model),
            snapshot_payer: snapshot.payer,
            score,
            proof: answer.proof,
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
    fn score_and_prove(
        &self,
        view: &View<'_>,
        case: &Case,
        features: &[i16; features::COUNT],
    ) -> Result<Decision, StrategyError> {
        let Case { address, position, market, .. } = case;
        let params = &market.market.params;
        if params.statement_domain != view.model.schema().domain().to_be_bytes() {
            return Err(ReadError::OtherModel.into());
        }
        if score(view, features)? < params.score_threshold {
            return Ok(Decision::Leave(LOW_SCORE));
        }
        if self.funds(view)? == 0 {
            return Ok(Decision::Leave(NO_FUNDS));
        }
        if let Some(snapshot) = self.usable_snapshot(view, case)? {
            return Ok(Decision::Prove(Question {
                inputs: inputs(&snapshot.features),
                context: snapshot.context,
            }));
        }
        let due = position.last_snapshot_at.saturating_add(i64::from(params.snapshot_spacing));
        if position.snapshot_nonce > 0 && market.now < due {
            return Ok(Decision::Leave(SNAPSHOT_TOO_SOON));
        }
        let take = self.route.keys.take_snapshot(view.chain.wallet(), *address, self.route.prices);
        Ok(Decision::Prepare(Action { name: SNAPSHOT, instruction: take, pays_from: None }))
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

    /// The position's latest snapshot, if it was not consumed, has not expired, and its score opens a liquidation.
    fn usable_snapshot(&self, view: &View<'_>, case: &Case) -> Result<Option<Snapshot>, StrategyError> {
        let found = read::snapshot(view.chain, &MarketKeys::snapshot(&case.address))?;
        let lives = |snapshot: &Snapshot| {
            snapshot.nonce == case.position.snapshot_nonce && case.market.now <= snapshot.expires_at
        };
        let Some(snapshot) = found.filter(lives) else { return Ok(None) };
        let opens = score(view, &snapshot.features)? >= case.market.market.params.score_threshold;
        Ok(opens.then_some(snapshot))
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
