//! The demonstration: an ONNX risk model liquidates a position on Solana, by proof.
//!
//! [`run`] does everything in one process: it compiles the model, makes keys, deploys the programs' bytecode into an
//! in-process runtime with mainnet's features, registers the model, opens two equal markets, puts the runtime behind sockets, replays
//! real prices while the keeper's service works, attacks it all, and checks the books. Nothing is taken on trust: the features come from the
//! lending program, the score from the model, the refusals from the programs.
//!
//! | module | what it is |
//! | --- | --- |
//! | `candles` | real candles as prices, and the rule that chooses the stretch to replay |
//! | `participants`, `accounts`, `market` | who takes part, on what terms, with which accounts; a market with everyone in it |
//! | `simulation`, `oracle` | the runtime, keys from a seed, the ledger of costs; prices, and who keeps the feed program's sources |
//! | `stages` | the steps |
//! | `stage`, `keeper`, `replay` | the hours, with the runtime behind sockets; the keeper's service; what it did |
//! | `attacks` | what must be refused, each with one error |
//! | `invariants` | what must hold at the end |
//! | `chart`, `report` | what a person sees |
//! | [`outcome`] | what a script reads |
//!
//! With one seed every run gives the same outcome, times excepted. Only the keepers' blinding is the system's.

mod accounts;
mod assets;
mod attacks;
mod candles;
mod chart;
mod invariants;
mod keeper;
mod market;
mod oracle;
pub mod outcome;
mod participants;
mod replay;
mod report;
mod simulation;
mod stage;
mod stages;

use std::time::Instant;

use assay::Prover;
use assay_interface::sha256;
use assay_keeper::prove;
use assay_lending_interface::{features, formats::SCORE};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;

use self::{
    attacks::Target, candles::Candles, market::SimulatedMarket, outcome::Findings, replay::MarketReplay,
    simulation::Simulation, stage::Opening,
};
use crate::error::DemoError;
use crate::{
    page::Page,
    scenario::{Check, Options, Outcome, Scenario, ScenarioError},
};

pub use self::candles::CandleError;

/// Fewest hours of a replay: a shorter fall may open nothing.
pub const MIN_HOURS: usize = 24;

/// Most hours of a replay: what a terminal of 100 columns shows.
pub const MAX_HOURS: usize = chart::MAX_HOURS;

/// Hours of history that the program wants before it computes features.
const LEAD: usize = features::WINDOW - 1;

/// The demonstration, as it is played.
pub struct Demonstration;

impl Scenario for Demonstration {
    fn play(&self, options: &Options, page: &mut Page<'_>) -> Result<Outcome, ScenarioError> {
        let (mut outcome, findings) = run(options, page)?;
        match serde_json::to_value(findings) {
            Ok(serde_json::Value::Object(details)) => outcome.details = details,
            Ok(_) => return Err(DemoError::Scenario("findings are an object").into()),
            Err(error) => return Err(ScenarioError { source: error.into(), hint: None }),
        }
        Ok(outcome)
    }
}

/// Runs the demonstration and writes its page, with ANSI styles: whoever owns the page's writer strips them where no
/// terminal is. The outcome says whether everything was as expected.
///
/// # Errors
/// [`DemoError`] when the run could not be finished; [`DemoError::hint`] says what to do about it.
pub fn run(options: &Options, page: &mut Page<'_>) -> Result<(Outcome, Findings), DemoError> {
    if !(MIN_HOURS..=MAX_HOURS).contains(&options.hours) {
        return Err(DemoError::Hours { hours: options.hours, least: MIN_HOURS, most: MAX_HOURS });
    }
    let start = Instant::now();
    let seed = |label: &str| sha256(&[b"assay:demo:v1\0", label.as_bytes(), &options.seed.to_le_bytes()]);
    let (mut outcome, mut findings) = (Outcome::default(), Findings::default());
    report::title(page)?;

    let candles = Candles::parse(assets::CANDLES)?;
    let window = candles.window(LEAD, options.hours)?;
    findings.replay = stages::replay_figures(&window)?;

    let ((model, figures), time) = page.step("Compile the model", stages::compile)?;
    outcome.step("compile", time);
    findings.model = figures;

    let (prover, time) =
        page.step("Make keys (development setup)", |page| stages::setup(page, &model, seed("setup")))?;
    outcome.step("setup", time);

    let (mut simulation, time) = page.step("Deploy the programs", |page| {
        stages::deploy(page, seed("keys"), options.programs.as_deref())
    })?;
    outcome.step("deploy", time);

    let assets = simulation.create_assets()?;
    let authority = simulation.party("registry", "authority", &assets, 0, 0);
    let first = window.before.first().ok_or(DemoError::Scenario("the history has hours"))?;
    simulation.warp(first.publish_time - participants::TIMELOCK - candles::HOUR);
    let (registered, time) = page.step("Register the model, wait, activate", |page| {
        stages::register(page, &mut simulation, &authority, &prover)
    })?;
    outcome.step("register", time);
    outcome.checks.push(registered.check);
    let account = registered.account;
    findings.model.account = account.to_string();

    let rules = participants::rules(
        account.to_bytes(),
        model.domain().to_be_bytes(),
        findings.model.score_threshold,
        assets.prices,
    );
    let (markets, time) = page.step("Open two equal markets", |page| {
        stages::open(page, &mut simulation, &assets, rules, &window)
    })?;
    outcome.step("open", time);
    let [with_model, rule_alone] = &markets;
    let mut replays = markets.each_ref().map(MarketReplay::new);
    let (opening, time) = page.step("Replay real prices; two keepers work, over sockets", |page| {
        let opening = stage::play(&mut simulation, window.hours, &mut replays, &prover)?;
        findings.borrowers = stages::borrowers(&replays);
        findings.keepers = stages::keepers(&replays, &assets);
        report::replay(page, &findings.replay, &findings.borrowers, SCORE.scale);
        report::keepers(page, &findings.keepers);
        Ok::<_, DemoError>(opening)
    })?;
    outcome.step("replay", time);
    outcome.checks.extend(stages::expectations(&replays));
    // Without proofs there are no figures, and the check that a score opened something has failed.
    if let Some(figures) = stages::proof_figures(&replays, &simulation) {
        findings.proofs = figures;
    }

    let (_, time) = page.step("Attack it: each must be refused with one exact error", |page| {
        let Some(Opening { before, borrower }) = opening else {
            page.line("no early liquidation to attack");
            return Ok::<_, DemoError>(());
        };
        let target = Target {
            market: with_model,
            twin: rule_alone,
            borrower,
            prover: &prover,
            authority: &authority,
            account,
            seed: seed("attacks"),
        };
        let (attacks, control) = attacks::run(before, &target)?;
        report::attacks(page, &attacks, &control);
        outcome.attacks = attacks;
        outcome.checks.push(control);
        Ok(())
    })?;
    outcome.step("attacks", time);

    let (_, time) = page.step("Check the receipts, the chains of decisions and the books", |page| {
        let [replayed, _] = &replays;
        let checks = closing(&mut simulation, replayed, rule_alone, account, &prover, seed("record"))?;
        report::checks(page, &checks);
        outcome.checks.extend(checks);
        Ok::<_, DemoError>(())
    })?;
    outcome.step("books", time);

    outcome.transactions = simulation.figures();
    outcome.checks.extend(stages::limits(&outcome, &findings));
    outcome.judge();
    report::costs(page, &outcome, &findings)?;
    report::verdict(page, &outcome, &findings, start.elapsed())?;
    Ok((outcome, findings))
}

/// Receipts and chains of the proven decisions, and the books of both markets.
fn closing(
    simulation: &mut Simulation,
    replayed: &MarketReplay<'_>,
    twin: &SimulatedMarket,
    account: Address,
    prover: &Prover,
    seed: [u8; 32],
) -> Result<Vec<Check>, DemoError> {
    let answers = replayed.answers();
    let again = match answers.first() {
        Some(first) => Some(prove(prover, first.question.clone(), &mut ChaCha20Rng::from_seed(seed))?.answer),
        None => None,
    };
    let recorder = &replayed.market.keeper;
    let mut checks = invariants::audit(simulation, recorder, account, &answers, again.as_ref())?;
    checks.push(invariants::decisions(simulation, replayed)?);
    checks.extend(invariants::books(
        simulation,
        replayed.market,
        [
            "with the model: the vaults hold what the books say",
            "with the model: positions add up to the books",
            "with the model: the lenders' claims are covered",
        ],
    )?);
    checks.extend(invariants::books(
        simulation,
        twin,
        [
            "rule alone: the vaults hold what the books say",
            "rule alone: positions add up to the books",
            "rule alone: the lenders' claims are covered",
        ],
    )?);
    Ok(checks)
}
