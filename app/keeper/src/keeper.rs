//! The keeper: one look at a position, and what follows from it.
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
//! the program refuse a second liquidation. Nothing is sent that the chain refuses in simulation, where it can simulate.
//! An early liquidation waits for one proof: tens of milliseconds.

use assay_client::{
    compute_budget,
    lending::{ALL, MarketKeys, Position, PriceAccounts, Proven, Snapshot},
};
use assay_interface::features;
use rand::{CryptoRng, RngCore};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{
    assess::{Assessment, MarketView, Standing, Terms, Unscored},
    chain::{Chain, Executed, SendError},
    counters::Counters,
    error::{AssessError, KeeperError},
    read,
    scorer::{ProvenScore, Scorer},
};

/// A market and the accounts through which a keeper trades with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The market's addresses.
    pub keys: MarketKeys,
    /// Pyth accounts of the two prices.
    pub prices: PriceAccounts,
    /// The wallet's token account that receives collateral.
    pub collateral_account: Address,
    /// The wallet's token account that pays debts.
    pub debt_account: Address,
}

/// Which liquidations a keeper makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Early ones that a proven score opens, and those of the plain rule.
    ProofAndRule,
    /// Those of the plain rule only.
    RuleOnly,
}

/// Whether a keeper sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It reports what it would do.
    DryRun,
    /// It sends transactions.
    Live,
}

/// How a keeper behaves. The default sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whether it sends.
    pub mode: Mode,
    /// What it does.
    pub strategy: Strategy,
    /// Most debt that it repays over its life, base units; the wallet's balance bounds it too.
    pub spend_cap: u64,
    /// How much less collateral than computed it accepts, basis points.
    pub slippage_bps: u16,
    /// Compute units asked for above those of the simulation, percent.
    pub compute_margin_percent: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::DryRun,
            strategy: Strategy::ProofAndRule,
            spend_cap: 0,
            slippage_bps: 50,
            compute_margin_percent: 10,
        }
    }
}

/// What came of one look at a position.
#[derive(Clone, Debug)]
pub struct Report {
    /// Loan-to-value ratio at mid prices before any action, basis points.
    pub ltv_bps: u32,
    /// The score, where one was computed.
    pub score: Option<i16>,
    /// What was done.
    pub action: Action,
}

/// What a keeper did.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing.
    LeftAlone(Reason),
    /// In a dry run, it would have liquidated on these terms.
    Would(Terms),
    /// It liquidated under the plain rule.
    ByRule(Liquidation),
    /// It liquidated early.
    ByProof {
        /// What was exchanged.
        liquidation: Liquidation,
        /// The transaction of the snapshot; none if a living one was used.
        snapshot: Option<Executed>,
        /// The proof.
        proven: Box<ProvenScore>,
    },
}

/// Why a position was left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It owes nothing.
    NoDebt,
    /// Its loan-to-value ratio is below the floor.
    Safe,
    /// The model's score does not open a liquidation.
    LowScore,
    /// It is above the floor, but a score cannot be used.
    Unscored(Unscored),
    /// It is above the floor, and the keeper acts under the plain rule only.
    RuleOnly,
    /// The last snapshot does not open a liquidation, and the next one must wait.
    SnapshotTooSoon,
    /// The spend cap or the wallet's balance is used up.
    NoFunds,
}

/// A liquidation that went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Debt repaid, base units.
    pub repaid: u64,
    /// Collateral received, base units.
    pub seized: u64,
    /// Bonus, basis points.
    pub bonus_bps: u16,
    /// Its transaction.
    pub executed: Executed,
}

/// A keeper with its model, its generator for blinding, and its counters.
#[derive(Debug)]
pub struct Keeper<'a, R> {
    scorer: Scorer<'a>,
    config: Config,
    rng: R,
    counters: Counters,
}

/// A liquidation about to be sent.
struct Order<'b> {
    route: &'b Route,
    address: &'b Address,
    view: &'b MarketView,
    assessment: &'b Assessment,
    position: &'b Position,
}

impl<'a, R: RngCore + CryptoRng> Keeper<'a, R> {
    /// A keeper. Its generator must be cryptographic and seeded from the system where proofs must hide their inputs.
    pub fn new(scorer: Scorer<'a>, config: Config, rng: R) -> Self {
        Self { scorer, config, rng, counters: Counters::default() }
    }

    /// What was done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Writes the collateral's price into the market's history, if it is due.
    ///
    /// # Errors
    /// The accounts cannot be read, or the transaction did not go through.
    pub fn observe<C: Chain>(
        &mut self,
        chain: &mut C,
        route: &Route,
    ) -> Result<Option<Executed>, KeeperError<C::Error>> {
        let outcome = self.try_observe(chain, route);
        outcome.inspect_err(|error| self.counters.fail(error.reason()))
    }

    /// Looks at a position and does what is to be done.
    ///
    /// # Errors
    /// The accounts cannot be read, no proof can be made, or a transaction did not go through. Failures are counted.
    pub fn check<C: Chain>(
        &mut self,
        chain: &mut C,
        route: &Route,
        position: &Address,
    ) -> Result<Report, KeeperError<C::Error>> {
        self.counters.checks += 1;
        let outcome = self.try_check(chain, route, position);
        outcome.inspect_err(|error| self.counters.fail(error.reason()))
    }

    fn try_observe<C: Chain>(
        &mut self,
        chain: &mut C,
        route: &Route,
    ) -> Result<Option<Executed>, KeeperError<C::Error>> {
        let view = read::market(chain, route)?;
        if self.config.mode == Mode::DryRun || !view.observation_is_due() {
            return Ok(None);
        }
        self.send(chain, "observe", route.keys.observe(route.prices.collateral)).map(Some)
    }

    fn try_check<C: Chain>(
        &mut self,
        chain: &mut C,
        route: &Route,
        address: &Address,
    ) -> Result<Report, KeeperError<C::Error>> {
        let view = read::market(chain, route)?;
        let position = read::position(chain, route, address)?;
        let assessment = view.assess(&position)?;
        let order = Order { route, address, view: &view, assessment: &assessment, position: &position };
        let mut score = None;
        let action = match assessment.standing {
            Standing::NoDebt => Action::LeftAlone(Reason::NoDebt),
            Standing::Safe => Action::LeftAlone(Reason::Safe),
            Standing::Liquidatable => self.liquidate(chain, &order)?,
            Standing::Unscored(_) | Standing::Early { .. } if self.config.strategy == Strategy::RuleOnly => {
                Action::LeftAlone(Reason::RuleOnly)
            }
            Standing::Unscored(why) => Action::LeftAlone(Reason::Unscored(why)),
            Standing::Early { features } => {
                let expected = self.precheck::<C::Error>(&order, &features)?;
                score = Some(expected);
                if expected < view.market.params.score_threshold {
                    Action::LeftAlone(Reason::LowScore)
                } else {
                    self.liquidate_early(chain, &order, expected)?
                }
            }
        };
        Ok(Report { ltv_bps: assessment.ltv_bps, score, action })
    }

    /// The score that a proof would show, for a fraction of its cost.
    fn precheck<E: std::error::Error + 'static>(
        &mut self,
        order: &Order<'_>,
        features: &[i16; features::COUNT],
    ) -> Result<i16, KeeperError<E>> {
        if order.view.market.params.statement_domain != self.scorer.domain().to_be_bytes() {
            return Err(KeeperError::OtherModel);
        }
        self.counters.prechecks += 1;
        Ok(self.scorer.score(features)?)
    }

    fn liquidate_early<C: Chain>(
        &mut self,
        chain: &mut C,
        order: &Order<'_>,
        expected: i16,
    ) -> Result<Action, KeeperError<C::Error>> {
        let Order { route, address, view, assessment, position } = *order;
        let params = &view.market.params;
        if self.config.mode == Mode::DryRun {
            return Ok(Action::Would(view.early_terms(&assessment.exposure, expected)?));
        }
        if self.budget(chain, route)? == 0 {
            return Ok(Action::LeftAlone(Reason::NoFunds));
        }
        let at = MarketKeys::snapshot(address);
        let (taken, snapshot) = match self.living_snapshot(chain, order)? {
            Some(snapshot) => (None, snapshot),
            None => {
                let due = position.last_snapshot_at.saturating_add(i64::from(params.snapshot_spacing));
                if position.snapshot_nonce > 0 && view.now < due {
                    return Ok(Action::LeftAlone(Reason::SnapshotTooSoon));
                }
                let take = route.keys.take_snapshot(chain.wallet(), *address, route.prices);
                let taken = self.send(chain, "snapshot", take)?;
                self.counters.snapshots += 1;
                let missing = KeeperError::Missing { what: "snapshot", address: at };
                (Some(taken), read::snapshot(chain, &at)?.ok_or(missing)?)
            }
        };

        let proven = self.scorer.prove(&snapshot.features, snapshot.context, &mut self.rng)?;
        self.counters.proofs += 1;
        self.counters.latency.record(proven.times.total());
        if proven.score < params.score_threshold {
            return Ok(Action::LeftAlone(Reason::LowScore));
        }
        let terms = view.early_terms(&assessment.exposure, proven.score)?;
        let request = self.request(chain, order, terms)?;
        let opened = Proven {
            model: Address::new_from_array(params.model),
            snapshot_payer: snapshot.payer,
            score: proven.score,
            proof: proven.proof,
        };
        let liquidate = route.keys.liquidate_by_proof(&request, &opened);
        let executed = self.send(chain, "liquidate_by_proof", liquidate)?;
        self.counters.liquidations_by_proof += 1;
        let liquidation = self.settled(chain, order, terms, executed)?;
        Ok(Action::ByProof { liquidation, snapshot: taken, proven: Box::new(proven) })
    }

    fn liquidate<C: Chain>(
        &mut self,
        chain: &mut C,
        order: &Order<'_>,
    ) -> Result<Action, KeeperError<C::Error>> {
        let Order { route, view, assessment, .. } = *order;
        let terms = view.plain_terms(&assessment.exposure)?;
        if self.config.mode == Mode::DryRun {
            return Ok(Action::Would(terms));
        }
        if self.budget(chain, route)? == 0 {
            return Ok(Action::LeftAlone(Reason::NoFunds));
        }
        let request = self.request(chain, order, terms)?;
        let executed = self.send(chain, "liquidate", route.keys.liquidate(&request))?;
        self.counters.liquidations_by_rule += 1;
        Ok(Action::ByRule(self.settled(chain, order, terms, executed)?))
    }

    /// The position's latest snapshot, if it was not consumed, has not expired, and its score opens a liquidation.
    fn living_snapshot<C: Chain>(
        &self,
        chain: &C,
        order: &Order<'_>,
    ) -> Result<Option<Snapshot>, KeeperError<C::Error>> {
        let found = read::snapshot(chain, &MarketKeys::snapshot(order.address))?;
        let lives = |snapshot: &Snapshot| {
            snapshot.nonce == order.position.snapshot_nonce && order.view.now <= snapshot.expires_at
        };
        let Some(snapshot) = found.filter(lives) else { return Ok(None) };
        let opens = self.scorer.score(&snapshot.features)? >= order.view.market.params.score_threshold;
        Ok(opens.then_some(snapshot))
    }

    /// What the keeper may still spend.
    fn budget<C: Chain>(&self, chain: &C, route: &Route) -> Result<u64, KeeperError<C::Error>> {
        let left = self.config.spend_cap.saturating_sub(self.counters.repaid);
        Ok(left.min(read::balance(chain, &route.debt_account)?))
    }

    /// The largest repayment within the terms and the budget, and the least collateral to accept for it.
    fn request<C: Chain>(
        &self,
        chain: &C,
        order: &Order<'_>,
        terms: Terms,
    ) -> Result<assay_client::lending::Liquidation, KeeperError<C::Error>> {
        let budget = self.budget(chain, order.route)?;
        // As much as is allowed, if that is affordable: interest may raise the limit by a unit before it executes.
        let repay = if budget > terms.limit { ALL } else { budget };
        let min_bonus = order.view.market.params.bonus_min_bps;
        let exposure = &order.assessment.exposure;
        let plan = exposure.plan(terms.limit.min(budget), terms.bonus_bps, min_bonus);
        let seized = u128::from(plan.map_err(|_| AssessError::Books)?.seized);
        let kept = 10_000u16.saturating_sub(self.config.slippage_bps);
        let least = seized * u128::from(kept) / 10_000;
        Ok(assay_client::lending::Liquidation {
            liquidator: chain.wallet(),
            position: *order.address,
            collateral_destination: order.route.collateral_account,
            debt_source: order.route.debt_account,
            prices: order.route.prices,
            repay,
            min_seized: u64::try_from(least).unwrap_or(u64::MAX),
        })
    }

    /// Sends a transaction: simulated first, with a compute limit from the simulation, where the chain can.
    fn send<C: Chain>(
        &self,
        chain: &mut C,
        action: &'static str,
        instruction: Instruction,
    ) -> Result<Executed, KeeperError<C::Error>> {
        let failed = |source: SendError<C::Error>| KeeperError::Send { action, source };
        let mut instructions = vec![instruction];
        if let Some(simulated) = chain.simulate(&instructions).map_err(failed)? {
            let margin = u64::from(self.config.compute_margin_percent) + 100;
            // The limit's own instruction costs units too.
            let units = simulated.compute_units.saturating_mul(margin) / 100 + UNIT_LIMIT_COST;
            instructions.insert(0, compute_budget::limit(u32::try_from(units).unwrap_or(u32::MAX)));
        }
        chain.send(&instructions).map_err(failed)
    }

    /// What a liquidation exchanged: the difference that it made to the position.
    fn settled<C: Chain>(
        &mut self,
        chain: &C,
        order: &Order<'_>,
        terms: Terms,
        executed: Executed,
    ) -> Result<Liquidation, KeeperError<C::Error>> {
        let before = order.assessment.exposure;
        let after = read::position(chain, order.route, order.address)?;
        let view = read::market(chain, order.route)?;
        let debt = after.debt(&view.market).map_err(|_| AssessError::Books)?;
        let liquidation = Liquidation {
            repaid: before.debt.saturating_sub(debt),
            seized: before.collateral.saturating_sub(after.collateral),
            bonus_bps: terms.bonus_bps,
            executed,
        };
        self.counters.repaid = self.counters.repaid.saturating_add(liquidation.repaid);
        Ok(liquidation)
    }
}

/// Compute units of a `SetComputeUnitLimit` instruction.
const UNIT_LIMIT_COST: u64 = 150;
