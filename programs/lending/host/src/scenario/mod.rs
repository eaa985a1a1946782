//! The end-to-end demonstration: an ONNX risk model liquidates a position on Solana, by proof.
//!
//! [`run`] does everything in one process: it compiles the model, makes keys, deploys the programs' bytecode into an
//! in-process runtime with mainnet's features, registers the model, opens two equal markets, replays real prices, lets
//! an honest keeper work, attacks it all, and checks the books. Nothing is taken on trust: the features come from the
//! lending program, the score from the model, the refusals from the programs.
//!
//! | module | what it is |
//! | --- | --- |
//! | `candles` | real candles as price updates, and the rule that chooses the stretch to replay |
//! | `scenario`, `market` | who takes part, on what terms; the two markets |
//! | `world` | the runtime, keys from a seed, the ledger of costs |
//! | `replay` | the hours, and what the keepers did |
//! | `attacks` | what must be refused, each with one error |
//! | `invariants` | what must hold at the end |
//! | `page`, `chart`, `report` | what a person sees |
//! | [`outcome`] | what a script reads |
//!
//! With one seed every run gives the same outcome, times excepted. The keeper's blinding then comes from that seed too,
//! which only a demonstration may do: its inputs are public anyway.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod assets;
mod attacks;
mod candles;
mod chart;
mod error;
mod invariants;
mod market;
pub mod outcome;
mod page;
mod replay;
mod report;
mod scenario;
mod stages;
mod world;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use assay_interface::sha256;
use assay_keeper::{Config, Keeper, Mode, Scorer, Strategy};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

pub use candles::CandleError;
pub use error::DemoError;
pub use outcome::Outcome;

use crate::{
    attacks::Target,
    candles::Candles,
    market::{Assets, Venue},
    outcome::{Check, Hour},
    page::Page,
    replay::{Opening, Side},
    world::World,
};

/// Fewest hours of a replay: a shorter fall may open nothing.
pub const MIN_HOURS: usize = 24;

/// Most hours of a replay: what a terminal of 100 columns shows.
pub const MAX_HOURS: usize = chart::MAX_HOURS;

/// Hours of history that the program wants before it computes features.
const LEAD: usize = assay_interface::features::WINDOW - 1;

/// What a caller may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of every key and every random choice.
    pub seed: u64,
    /// Hours to replay, [`MIN_HOURS`] to [`MAX_HOURS`].
    pub hours: usize,
    /// Where the programs' `.so` files are; where `cargo xtask build` puts them, if absent.
    pub programs: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, hours: 60, programs: None }
    }
}

/// Runs the demonstration and writes its page to `out`, with ANSI styles: whoever owns the writer strips them where no
/// terminal is. The outcome says whether everything was as expected.
///
/// # Errors
/// [`DemoError`] when the run could not be finished; [`DemoError::hint`] says what to do about it.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<Outcome, DemoError> {
    if !(MIN_HOURS..=MAX_HOURS).contains(&options.hours) {
        return Err(DemoError::Hours { hours: options.hours, least: MIN_HOURS, most: MAX_HOURS });
    }
    let start = Instant::now();
    let seed = |label: &str| sha256(&[b"assay:demo:v1\0", label.as_bytes(), &options.seed.to_le_bytes()]);
    let mut outcome = Outcome::default();
    let mut page = Page::new(out);
    report::title(&mut page)?;

    let candles = Candles::parse(assets::CANDLES)?;
    let window = candles.window(LEAD, options.hours)?;
    outcome.replay = stages::replay_figures(&window);

    let (compiled, took) = page.step("Compile the model", stages::compile)?;
    outcome.step("compile", took);
    outcome.model = compiled.figures;
    let model = compiled.model;

    let (key, took) =
        page.step("Make keys (development setup)", |page| stages::setup(page, &model, seed("setup")))?;
    outcome.step("setup", took);

    let (mut world, took) = page.step("Deploy the programs", |page| {
        stages::deploy(page, seed("keys"), options.programs.as_deref())
    })?;
    outcome.step("deploy", took);

    let assets = Assets::create(&mut world);
    let authority = world.party("registry", "authority", &assets, 0, 0);
    let first = window.before.first().ok_or(DemoError::Scenario("the history has hours"))?;
    world.warp(first.publish_time - scenario::TIMELOCK - candles::HOUR);
    let (registered, took) = page.step("Register the model, wait, activate", |page| {
        stages::register(page, &mut world, &authority, &model, &key)
    })?;
    outcome.step("register", took);
    outcome.checks.push(registered.check);
    let account = registered.account;
    outcome.model.account = account.to_string();

    let rules = scenario::rules(
        account.to_bytes(),
        model.schema.domain().to_be_bytes(),
        outcome.model.score_threshold,
    );
    let (venues, took) =
        page.step("Open two equal markets", |page| stages::open(page, &mut world, &assets, rules, &window))?;
    outcome.step("open", took);
    let [with_model, rule_alone] = &venues;

    let keeper = |strategy, label: &str| -> Result<_, DemoError> {
        let config = Config { mode: Mode::Live, strategy, spend_cap: u64::MAX, ..Config::default() };
        Ok(Keeper::new(Scorer::new(&model, &key)?, config, ChaCha20Rng::from_seed(seed(label))))
    };
    let mut sides = [
        Side::new(with_model, keeper(Strategy::ProofAndRule, "blinding")?),
        Side::new(rule_alone, keeper(Strategy::RuleOnly, "twin")?),
    ];
    let scale = model.schema.outputs().first().map_or(0, |output| output.scale);
    let (opening, took) = page.step("Replay real prices; the keeper works", |page| {
        let opening = replay(&mut world, &assets, window.hours, &mut sides)?;
        outcome.borrowers = stages::borrowers(&sides);
        report::replay(page, &outcome.replay, &outcome.borrowers, scale);
        Ok::<_, DemoError>(opening)
    })?;
    outcome.step("replay", took);
    outcome.checks.extend(stages::expectations(&sides));
    stages::proof_figures(&mut outcome.proofs, &sides, &world);

    let (_, took) = page.step("Attack it: each must be refused with one exact error", |page| {
        let Some(Opening { before, borrower, .. }) = opening else {
            page.line("no early liquidation to attack");
            return Ok::<_, DemoError>(());
        };
        let target = Target {
            venue: with_model,
            twin: rule_alone,
            borrower,
            model: &model,
            key: &key,
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
    outcome.step("attacks", took);

    let (_, took) = page.step("Record the decisions, check the books", |page| {
        let [side, _] = &sides;
        let checks = closing(&mut world, side, rule_alone, account, &model, &key, seed("record"))?;
        report::checks(page, &checks);
        outcome.checks.extend(checks);
        Ok::<_, DemoError>(())
    })?;
    outcome.step("books", took);

    outcome.transactions = world.figures();
    outcome.checks.extend(stages::limits(&outcome));
    outcome.judge();
    report::costs(&mut page, &outcome)?;
    report::verdict(&mut page, &outcome, start.elapsed())?;
    Ok(outcome)
}

/// Replays the hours. Returns the world as it was right before the first early liquidation.
fn replay(
    world: &mut World,
    assets: &Assets,
    hours: &[candles::Update],
    sides: &mut [Side<'_>; 2],
) -> Result<Option<Opening>, DemoError> {
    let mut opening = None;
    for (hour, update) in hours.iter().enumerate() {
        // The positions opened in hour 0; its prices are on chain.
        if hour > 0 {
            world.warp(update.publish_time + scenario::LATENCY);
            world.publish(assets, update);
        }
        for side in sides.iter_mut() {
            side.observe(world)?;
        }
        let before = opening.is_none().then(|| world.clone());
        for side in sides.iter_mut() {
            side.hour(world, hour, update)?;
        }
        let [side, _] = &*sides;
        let opened = side.positions.iter().position(|position| position.hours.last() == Some(&Hour::ByProof));
        if let (Some(before), Some(borrower)) = (before, opened) {
            opening = Some(Opening { before, borrower });
        }
    }
    Ok(opening)
}

/// Receipts of the proven decisions, and the books of both markets.
fn closing(
    world: &mut World,
    side: &Side<'_>,
    twin: &Venue,
    account: solana_address::Address,
    model: &assay_compiler::CompiledModel,
    key: &assay_groth16::ProvingKey,
    seed: [u8; 32],
) -> Result<Vec<Check>, DemoError> {
    let again = match side.proven.first() {
        Some(proven) => {
            let mut rng = ChaCha20Rng::from_seed(seed);
            Some(Scorer::new(model, key)?.prove(&proven.features, proven.context, &mut rng)?)
        }
        None => None,
    };
    let recorder = &side.venue.keeper;
    let mut checks = invariants::audit(world, recorder, account, &side.proven, again.as_ref())?;
    checks.extend(invariants::books(
        world,
        side.venue,
        [
            "with the model: the vaults hold what the books say",
            "with the model: positions add up to the books",
            "with the model: the lenders' claims are covered",
        ],
    )?);
    checks.extend(invariants::books(
        world,
        twin,
        [
            "rule alone: the vaults hold what the books say",
            "rule alone: positions add up to the books",
            "rule alone: the lenders' claims are covered",
        ],
    )?);
    Ok(checks)
}
