//! One look at an account, and what follows from it.

use std::sync::Arc;

use assay::{Feature, Prover};
use assay_host::{
    Chain, Executed, SendError,
    account::token_amount,
    compute_budget,
    strategy::{Action, Decision, Reason, Strategy, View},
};
use rand::{CryptoRng, RngCore};
use solana_address::Address;

use crate::{
    counters::Counters,
    error::KeeperError,
    gate::Gate,
    prove::{Model, Proof, prove},
};

/// Transactions and proofs that one look may take: prices refreshed, a snapshot taken, something proven, something settled,
/// and once more where a competitor was faster.
const MOST_STEPS: usize = 8;

/// Compute units of a `SetComputeUnitLimit` instruction.
const UNIT_LIMIT_COST: u64 = 150;

/// What would be done, or proven, brings less than it costs.
pub const PAYS_TOO_LITTLE: Reason = Reason("pays too little");

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
    /// Most that it spends over its life, base units; the wallet's balance bounds it too.
    pub spend_cap: u64,
    /// Compute units asked for above those of the simulation, percent.
    pub compute_margin_percent: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self { mode: Mode::DryRun, spend_cap: 0, compute_margin_percent: 10 }
    }
}

/// What came of one look at an account.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was done.
    pub conclusion: Conclusion,
    /// What had to be sent before.
    pub prepared: Vec<Sent>,
    /// The model's outputs when it was first asked about the account, where it was.
    pub expected: Option<Vec<Vec<i64>>>,
    /// The proof, where one was made.
    pub proof: Option<Box<Proof>>,
    /// What the last action, or the one that a proof opens, is expected to bring: see [`Action::gain`]. `None` also where there is none.
    pub gain: Option<u64>,
}

/// What a keeper did about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Nothing.
    LeftAlone(Reason),
    /// In a dry run, it would have sent or proven this.
    Would(&'static str),
    /// It settled it.
    Settled(Sent),
}

/// A transaction that went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name.
    pub action: &'static str,
    /// What it took.
    pub executed: Executed,
    /// Tokens that it took out of the wallet.
    pub spent: u64,
}

/// A keeper: one strategy, a prover, a generator for blinding, and counters.
pub struct Keeper<S, R> {
    strategy: S,
    prover: Prover,
    config: Config,
    rng: R,
    counters: Counters,
    gate: Arc<Gate>,
}

/// Whether a strategy can use proofs of a model, and can have one of whatever inputs its program comes to: a schema does not say which
/// integers of a format are in the model's domain.
///
/// # Errors
/// It is a model of other tensors, or of a narrower domain.
pub fn check_model(strategy: &impl Strategy, model: &assay::Model) -> Result<(), KeeperError> {
    strategy.accepts(model.schema())?;
    match model.compiled().first_narrowed() {
        Some(Feature { name, min, max, .. }) => {
            Err(KeeperError::Narrowed { feature: name.clone(), min: *min, max: *max })
        }
        None => Ok(()),
    }
}

impl<S: Strategy, R: RngCore + CryptoRng> Keeper<S, R> {
    /// A keeper. Its generator must be cryptographic and seeded from the system where proofs must hide their inputs.
    ///
    /// # Errors
    /// The strategy has no use for proofs of this model.
    pub fn new(strategy: S, prover: Prover, config: Config, rng: R) -> Result<Self, KeeperError> {
        check_model(&strategy, prover.model())?;
        let gate = Arc::new(Gate::new(usize::MAX));
        Ok(Self { strategy, prover, config, rng, counters: Counters::default(), gate })
    }

    /// Proves only where `gate` lets it, which it may share with others.
    #[must_use]
    pub fn behind(self, gate: Arc<Gate>) -> Self {
        Self { gate, ..self }
    }

    /// What was done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What it does for a program.
    pub fn strategy(&self) -> &S {
        &self.strategy
    }

    /// Looks at an account and does what is to be done.
    ///
    /// # Errors
    /// The accounts cannot be read, no proof can be made, or a transaction did not go through. Failures are counted.
    pub fn check(&mut self, chain: &mut dyn Chain, target: &Address) -> Result<Report, KeeperError> {
        self.counters.checks += 1;
        let outcome = self.try_check(chain, target);
        outcome.inspect_err(|error| self.counters.fail(error.reason()))
    }

    /// Looks at every account that matters to the strategy. A failure at one stops none of the others.
    ///
    /// # Errors
    /// The accounts could not be listed. The failure is counted.
    pub fn round(&mut self, chain: &mut dyn Chain) -> Result<Vec<Checked>, KeeperError> {
        let targets = self.strategy.targets(chain).map_err(KeeperError::from);
        let targets = targets.inspect_err(|error| self.counters.fail(error.reason()))?;
        Ok(targets.into_iter().map(|target| (target, self.check(chain, &target))).collect())
    }

    fn try_check(&mut self, chain: &mut dyn Chain, target: &Address) -> Result<Report, KeeperError> {
        let mut report = Report {
            conclusion: Conclusion::Would("nothing"),
            prepared: Vec::new(),
            expected: None,
            proof: None,
            gain: None,
        };
        let mut next = None;
        for _ in 0..MOST_STEPS {
            let decision = match next.take() {
                Some(decision) => decision,
                None => {
                    let (decision, evaluated) =
                        self.view(chain, |strategy, view| strategy.decide(view, target))?;
                    report.expected = report.expected.or(evaluated);
                    decision
                }
            };
            let live = self.config.mode == Mode::Live;
            report.gain = match &decision {
                Decision::Prepare(action) | Decision::Settle(action) => action.gain,
                Decision::Prove { gain, .. } => *gain,
                Decision::Leave(_) => None,
            };
            report.conclusion = match decision {
                Decision::Leave(reason) => Conclusion::LeftAlone(reason),
                _ if !chain.may_pay(report.gain) => Conclusion::LeftAlone(PAYS_TOO_LITTLE),
                Decision::Prepare(action) | Decision::Settle(action) if !live => {
                    Conclusion::Would(action.name)
                }
                Decision::Prove { .. } if !live => Conclusion::Would("prove"),
                Decision::Settle(action) => {
                    let sent = self.send(chain, action)?;
                    self.counters.settle(sent.action, sent.spent);
                    Conclusion::Settled(sent)
                }
                Decision::Prepare(action) => {
                    let sent = self.send(chain, action)?;
                    self.counters.prepared += 1;
                    report.prepared.push(sent);
                    continue;
                }
                Decision::Prove { question, gain } => {
                    let rank = gain.map_or(0, |gain| chain.worth(gain));
                    let proof = self.gate.pass(rank, || prove(&self.prover, question, &mut self.rng))?;
                    self.counters.proofs += 1;
                    self.counters.latency.record(proof.timings.solve + proof.timings.prove);
                    let (decision, _) =
                        self.view(chain, |strategy, view| strategy.act(view, target, &proof.answer))?;
                    report.proof = Some(Box::new(proof));
                    next = Some(decision);
                    continue;
                }
            };
            return Ok(report);
        }
        Err(KeeperError::Unsettled(*target))
    }

    /// Asks the strategy about the present. Also gives the model's first answer, if it was asked.
    fn view<T>(
        &mut self,
        chain: &dyn Chain,
        ask: impl FnOnce(&S, &View<'_>) -> Result<T, assay_host::strategy::StrategyError>,
    ) -> Result<(T, Option<Evaluated>), KeeperError> {
        let model = Model(&self.prover);
        let allowance = match self.config.mode {
            Mode::Live => self.config.spend_cap.saturating_sub(self.counters.spent),
            Mode::DryRun => u64::MAX,
        };
        let view = View::new(chain, allowance, &model);
        let answer = ask(&self.strategy, &view);
        let mut evaluated = view.into_evaluated();
        self.counters.evaluations += evaluated.len() as u64;
        let first = if evaluated.is_empty() { None } else { Some(evaluated.swap_remove(0)) };
        Ok((answer?, first))
    }

    /// Sends a transaction: simulated first, with a compute limit from the simulation, where the chain can.
    fn send(&self, chain: &mut dyn Chain, mut action: Action) -> Result<Sent, KeeperError> {
        let name = action.name;
        let failed = |source: SendError| KeeperError::Send { action: name, source };
        let pays = action.payment;
        let before = pays.map(|payment| balance(chain, &payment.from)).transpose()?;
        if let Some(simulated) = chain.simulate(&action).map_err(failed)? {
            let margin = u64::from(self.config.compute_margin_percent) + 100;
            // The limit's own instruction costs units too.
            let units = simulated.compute_units.saturating_mul(margin) / 100 + UNIT_LIMIT_COST;
            action.instructions.insert(0, compute_budget::limit(u32::try_from(units).unwrap_or(u32::MAX)));
        }
        let executed = chain.send(&action).map_err(failed)?;
        let after = pays.map(|payment| balance(chain, &payment.from)).transpose()?;
        let spent = before.zip(after).map_or(0, |(before, after)| before.saturating_sub(after));
        Ok(Sent { action: name, executed, spent })
    }
}

/// An account that was looked at, and what came of it.
pub type Checked = (Address, Result<Report, KeeperError>);

/// A model's outputs, one list for each tensor.
type Evaluated = Vec<Vec<i64>>;

/// Tokens in an account that pays.
fn balance(chain: &dyn Chain, account: &Address) -> Result<u64, KeeperError> {
    let found = chain.account(account)?.ok_or(KeeperError::NoAccount(*account))?;
    token_amount(&found.data).ok_or(KeeperError::NotToken(*account))
}
