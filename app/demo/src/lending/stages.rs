//! The steps before and after the replay, each with the lines that it shows.

use std::path::Path;

use assay::{CompileOptions, IntegerFormat, Keys, Model, Prover, Report, SampleFormat, Samples};
use assay_interface::bytes::Hex;
use assay_keeper::service::journal::Asset;
use assay_lending::state::RiskParams;
use assay_lending_interface::{
    features,
    formats::{FEATURES, Format, SCORE},
};
use assay_verifier_host::{Model as ModelAccount, Registration, Status, VerifierError, activate};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;

use super::{
    accounts::{Assets, Party},
    assets,
    candles::Window,
    keeper::Kept,
    market::SimulatedMarket,
    outcome::{
        BorrowerOutcome, Findings, Hour, KeeperOutcome, ModelFigures, ProofFigures, ReplayFigures, median,
    },
    participants::{BORROWERS, LATENCY, TIMELOCK},
    replay::MarketReplay,
    simulation::{Expected, Simulation},
};
use crate::error::DemoError;
use crate::{
    page::{Page, thousands},
    scenario::{Check, Outcome},
};

/// Largest error of the score that the compiler may cause, in logits.
const MAX_ERROR: f64 = 0.05;

/// Bytes of a transaction, version 0.
const TRANSACTION_LIMIT: u64 = 1_232;

/// Compute units that the verifier may take to check a proof and write its receipt, and those of the whole liquidation.
const RECORD_LIMIT: u64 = 105_000;
const LIQUIDATION_LIMIT: u64 = 140_000;

/// A registered and active model.
pub struct Registered {
    /// Its account.
    pub account: Address,
    /// That it could not be activated early.
    pub check: Check,
}

/// Compiles the network that comes with the demonstration.
pub fn compile(page: &mut Page<'_>) -> Result<(Model, ModelFigures), DemoError> {
    let threshold = score_threshold()?;
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        max_error: MAX_ERROR,
        input_format: format(FEATURES),
        output_format: format(SCORE),
        threshold: Some(threshold),
        ..CompileOptions::default()
    };
    let samples = Samples::read_as(SampleFormat::Csv, assets::CALIBRATION)?;
    let compilation = Model::compile(assets::MODEL, &samples, &options)?;
    let figures = model_figures(&compilation.report, threshold)?;
    let widths: Vec<String> = compilation.report.layers.iter().map(|layer| layer.rows.to_string()).collect();
    page.line(format!(
        "{} inputs -> {}: {} constraints in a domain of {}, {} wires",
        features::COUNT,
        widths.join(" -> "),
        thousands(figures.constraints as u64),
        thousands(figures.domain as u64),
        thousands(figures.wires as u64),
    ));
    page.line(format!(
        "against the float model on {} samples: error at most {:.4}, mean {:.4}, decisions that flip: {}",
        figures.samples, figures.max_error, figures.mean_error, figures.flips,
    ));
    page.line(format!("circuit {}...", figures.circuit.chars().take(16).collect::<String>()));
    Ok((compilation.model, figures))
}

fn model_figures(report: &Report, threshold: f64) -> Result<ModelFigures, DemoError> {
    let [output] = &report.outputs[..] else { return Err(DemoError::Scenario("the model has one output")) };
    let decisions = output.decisions.as_ref().ok_or(DemoError::Scenario("the report counts decisions"))?;
    Ok(ModelFigures {
        constraints: report.circuit.constraints,
        domain: report.circuit.domain,
        wires: report.circuit.wires,
        max_error: output.max_error,
        mean_error: output.mean_error,
        flips: decisions.flipped,
        samples: report.samples,
        score_threshold: in_units(threshold),
        circuit: report.circuit_digest.clone(),
        account: String::new(),
    })
}

/// Makes keys.
pub fn setup(page: &mut Page<'_>, model: &Model, seed: [u8; 32]) -> Result<Prover, DemoError> {
    let keys = Keys::setup(model, &mut ChaCha20Rng::from_seed(seed))?;
    let verifying_key = keys.verifying_key().to_interface();
    page.line(format!(
        "proving key {} KiB in memory, verifying key {} bytes (sha256 {}...)",
        thousands(keys.proving_key().memory_bytes().div_ceil(1024) as u64),
        verifying_key.as_bytes().len(),
        Hex(verifying_key.key_hash().split_at(8).0),
    ));
    page.line("marked as a development key for good: a market that wants a ceremony refuses it");
    Ok(Prover::new(model, &keys)?)
}

/// Starts the runtime.
pub fn deploy(
    page: &mut Page<'_>,
    seed: [u8; 32],
    directory: Option<&Path>,
) -> Result<Simulation, DemoError> {
    let simulation = Simulation::new(seed, directory)?;
    let sizes = simulation.program_sizes()?;
    let sizes: Vec<String> =
        sizes.iter().map(|(name, bytes)| format!("{name}.so {} bytes", thousands(*bytes as u64))).collect();
    page.line(format!("{}; mainnet's features", sizes.join(", ")));
    Ok(simulation)
}

/// Registers the model, tries to activate it early, waits, activates it.
pub fn register(
    page: &mut Page<'_>,
    simulation: &mut Simulation,
    authority: &Party,
    prover: &Prover,
) -> Result<Registered, DemoError> {
    let verifying_key = prover.verifying_key().to_interface();
    let registration = Registration {
        timelock: TIMELOCK,
        ..Registration::development(authority.address(), &verifying_key, prover.model().schema())
    };
    let account = registration.model();
    simulation.send("register", &authority.keypair, &[registration.instruction()?])?;

    let activate_now = || activate(authority.address(), account);
    simulation.warp(simulation.now() + TIMELOCK - 1);
    let outcome = simulation.attempt(&authority.keypair, &[activate_now()]).map(drop);
    let early = Expected::verifier(VerifierError::TimelockRunning).judge("activate early", outcome);
    simulation.warp(simulation.now() + 1);
    simulation.send("activate", &authority.keypair, &[activate_now()])?;
    let registered: ModelAccount = simulation.read(&account)?;
    page.line(format!("model {account}"));
    page.line(
        "its key checked on chain: lengths, curves, subgroups, identities, gamma = delta, gamma = -delta",
    );
    page.line(format!(
        "one second before its {} h timelock ends: {}; then active",
        TIMELOCK / 3_600,
        early.got
    ));
    let detail = format!("refused with {}", early.got);
    let active = registered.status().is_ok_and(|status| status == Status::Active);
    let check = Check {
        name: "the model could not be activated before its timelock",
        detail,
        holds: early.refused && active,
    };
    Ok(Registered { account, check })
}

/// Fills the sources' hours, then opens every position in both markets at the replay's first price.
pub fn open(
    page: &mut Page<'_>,
    simulation: &mut Simulation,
    assets: &Assets,
    rules: RiskParams,
    window: &Window<'_>,
) -> Result<[SimulatedMarket; 2], DemoError> {
    let [first, ..] = window.before else { return Err(DemoError::Scenario("the history has hours")) };
    simulation.warp(first.publish_time + LATENCY);
    simulation.publish(first)?;
    let markets = [
        SimulatedMarket::create(simulation, "with model", assets, rules)?,
        SimulatedMarket::create(simulation, "rule alone", assets, rules)?,
    ];
    for update in window.before {
        simulation.warp(update.publish_time + LATENCY);
        simulation.publish(update)?;
    }
    let [open, ..] = window.hours else { return Err(DemoError::Scenario("the replay has hours")) };
    simulation.warp(open.publish_time + LATENCY);
    simulation.publish(open)?;
    for market in &markets {
        market.open(simulation, open.price)?;
    }
    let [with_model, _] = &markets;
    let books = with_model.read(simulation)?;
    page.line(format!(
        "borrow up to {} %, liquidation from {} %, or from {} % on by a score of at least {:.2}",
        rules.max_ltv_bps / 100,
        rules.liquidation_threshold_bps / 100,
        rules.early_floor_bps / 100,
        f64::from(rules.score_threshold) / f64::from(1u16 << SCORE.scale.unsigned_abs()),
    ));
    page.line(format!(
        "{} lenders, {} borrowers at {:.2} USD: lent {} of {} USDC; {} hours of history observed",
        with_model.suppliers.len(),
        with_model.borrowers.len(),
        open.price as f64 / 1e8,
        thousands(books.debt_total().map_err(|_| DemoError::Books)? / 1_000_000),
        thousands((books.debt_total().map_err(|_| DemoError::Books)? + books.cash) / 1_000_000),
        window.before.len(),
    ));
    Ok(markets)
}

/// Figures of the replayed stretch.
pub fn replay_figures(window: &Window<'_>) -> Result<ReplayFigures, DemoError> {
    let [first, .., last] = window.hours else { return Err(DemoError::Scenario("the replay has hours")) };
    Ok(ReplayFigures {
        first_candle: window.start,
        from: first.publish_time,
        to: last.publish_time,
        prices: window.hours.iter().map(|update| update.price).collect(),
    })
}

/// Each borrower's two positions side by side.
pub fn borrowers(sides: &[MarketReplay<'_>; 2]) -> Vec<BorrowerOutcome> {
    let [with_model, rule_alone] = sides;
    let pairs = with_model.positions.iter().zip(&rule_alone.positions);
    let rows = BORROWERS.iter().zip(pairs).map(|(borrower, (with_model, rule_alone))| BorrowerOutcome {
        name: borrower.name.to_owned(),
        opened_at_bps: borrower.ltv_bps,
        with_model: with_model.clone(),
        rule_alone: rule_alone.clone(),
    });
    rows.collect()
}

/// What the replay must have shown.
pub fn expectations(sides: &[MarketReplay<'_>; 2]) -> Vec<Check> {
    let [with_model, rule_alone] = sides;
    let count = |side: &MarketReplay<'_>, hour: Hour| {
        side.positions.iter().flat_map(|position| &position.hours).filter(|other| **other == hour).count()
    };
    let (by_proof, left_alone) = (count(with_model, Hour::ByProof), count(with_model, Hour::LeftAlone));
    let untouched = with_model
        .positions
        .iter()
        .filter(|position| position.liquidations.is_empty() && position.hours.contains(&Hour::LeftAlone));
    let untouched = untouched.count();
    let failures: usize = sides.iter().map(|side| side.failures).sum();
    let in_flight: usize = sides.iter().map(|side| side.kept.in_flight).sum();
    let booked = sides.each_ref().map(|side| {
        let liquidations = side.positions.iter().flat_map(|position| &position.liquidations);
        liquidations.map(|record| record.repaid).sum::<u64>()
    });
    let spent = sides.each_ref().map(|side| side.kept.spent.of(&Asset::Token(side.market.keys.debt_mint)));
    vec![
        Check {
            name: "a proven score opened an early liquidation",
            detail: format!("{by_proof} opened"),
            holds: by_proof > 0 && by_proof == with_model.decisions.len(),
        },
        Check {
            name: "the keeper computed each proven score before it took the snapshot",
            detail: format!("{} of {} came out otherwise", with_model.surprises, with_model.proofs.len()),
            holds: with_model.surprises == 0,
        },
        Check {
            name: "low scores left positions above the floor alone",
            detail: format!(
                "{left_alone} times; {untouched} positions above the floor were never liquidated"
            ),
            holds: left_alone > 0 && untouched > 0,
        },
        Check {
            name: "without the model nothing was liquidated early",
            detail: format!("{} by the plain rule", count(rule_alone, Hour::ByRule)),
            holds: count(rule_alone, Hour::ByProof) == 0,
        },
        Check {
            name: "the honest keepers were refused nothing",
            detail: format!("{failures} failures"),
            holds: failures == 0,
        },
        Check {
            name: "their journals know how every transaction ended, and what it took",
            detail: format!(
                "{in_flight} open; {} = {} base units repaid",
                thousands(spent.iter().sum()),
                thousands(booked.iter().sum())
            ),
            holds: in_flight == 0 && spent == booked,
        },
    ]
}

/// What the keepers' journals and metrics say.
pub fn keepers(sides: &[MarketReplay<'_>; 2], assets: &Assets) -> Vec<KeeperOutcome> {
    let names = ["with the model", "rule alone"];
    let keeper = |(side, market): (&MarketReplay<'_>, &'static str)| {
        let Kept { spent, metrics, .. } = &side.kept;
        let ends = metrics.lines().filter(|line| line.starts_with("assay_keeper_ends_total"));
        KeeperOutcome {
            market,
            lamports: spent.of(&Asset::Lamports),
            repaid: spent.of(&Asset::Token(assets.debt_mint)),
            ends: ends.map(str::to_owned).collect(),
        }
    };
    sides.iter().zip(names).map(keeper).collect()
}

/// Figures of the proofs that settled something.
pub fn proof_figures(replays: &[MarketReplay<'_>; 2], simulation: &Simulation) -> Option<ProofFigures> {
    let [MarketReplay { proofs, .. }, _] = replays;
    let times = || proofs.iter().map(|proof| proof.timings);
    let totals = || times().map(|times| times.solve + times.prove);
    Some(ProofFigures {
        count: proofs.len(),
        witness_median: median(times().map(|times| times.solve)),
        prove_median: median(times().map(|times| times.prove)),
        total_median: median(totals()),
        total_max: totals().max()?.as_secs_f64(),
        verify_median: median(times().map(|times| times.check)),
        verify_cpi_units: simulation.verifier_units()?,
        bytes: proofs.iter().map(|proof| proof.answer.proof.as_bytes().len()).max()?,
    })
}

/// The limits that the costs must keep. A transaction that was never sent keeps none.
pub fn limits(outcome: &Outcome, findings: &Findings) -> Vec<Check> {
    let of = |name: &str| outcome.transactions.iter().find(|figures| figures.name == name);
    let check = |name, found: Option<u64>, limit: u64, unit| Check {
        name,
        detail: match found {
            Some(found) => format!("{} of {} {unit}", thousands(found), thousands(limit)),
            None => format!("never sent; at most {} {unit}", thousands(limit)),
        },
        holds: found.is_some_and(|found| (1..=limit).contains(&found)),
    };
    let size = of("liquidate_by_proof").map(|figures| figures.size as u64);
    let liquidation = of("liquidate_by_proof").map(|figures| figures.compute_units_max);
    let record = Some(findings.proofs.verify_cpi_units);
    vec![
        check("the liquidation fits one transaction", size, TRANSACTION_LIMIT, "bytes"),
        check("checking and recording a proof by CPI keeps its limit", record, RECORD_LIMIT, "compute units"),
        check("the liquidation by proof keeps its limit", liquidation, LIQUIDATION_LIMIT, "compute units"),
    ]
}

/// The score from which on a position is liquidated early: what training chose on its validation data, a logit.
fn score_threshold() -> Result<f64, DemoError> {
    let metrics: serde_json::Value =
        serde_json::from_slice(assets::METRICS).map_err(|_| DemoError::Metrics)?;
    metrics.pointer("/score_threshold/logit").and_then(serde_json::Value::as_f64).ok_or(DemoError::Metrics)
}

/// A logit in units of the score, rounded up: never a lower bar than the one that was chosen.
fn in_units(logit: f64) -> i16 {
    let units = (logit * f64::from(1u16 << SCORE.scale.unsigned_abs())).ceil();
    // Saturates, and is exact inside the range.
    units as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_one_that_training_chose() {
        let metrics: serde_json::Value = serde_json::from_slice(assets::METRICS).unwrap();
        let units =
            metrics.pointer("/score_threshold/units_of_2^-8").and_then(serde_json::Value::as_i64).unwrap();
        // The logit is stored with four decimals: a rounding up of those may give the next unit.
        assert!((i64::from(in_units(score_threshold().unwrap())) - units).abs() <= 1);
        assert_eq!(
            [in_units(0.5), in_units(0.5001), in_units(-0.5001), in_units(1e9)],
            [128, 129, -128, i16::MAX]
        );
    }
}
