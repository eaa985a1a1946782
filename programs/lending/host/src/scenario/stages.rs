//! The steps before and after the replay, each with the lines that it shows.

use std::path::Path;

use assay_client::{
    lending::RiskParams,
    verifier::{self, Model, Registration, VerifierError},
};
use assay_compiler::{CompiledModel, Format, Options, Table};
use assay_groth16::{ProvingKey, setup_development};
use assay_interface::{features, groth16::SetupKind, lending::SCORE_BITS};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;

use crate::{
    assets,
    candles::Window,
    error::DemoError,
    invariants::hex,
    market::{Assets, Party, Venue},
    outcome::{BorrowerOutcome, Check, Hour, ModelFigures, Outcome, ProofFigures, ReplayFigures, median},
    page::{Page, thousands},
    replay::Side,
    scenario::{BORROWERS, LATENCY, TIMELOCK},
    world::{Expected, World},
};

/// Scale of the score: 2^-8 of a logit.
const SCORE_FORMAT: Format = Format { bits: SCORE_BITS, scale: 8 };

/// Largest error of the score that the compiler may cause, in logits.
const MAX_ERROR: f64 = 0.05;

/// Bytes of a transaction, version 0.
const TRANSACTION_LIMIT: usize = 1_232;

/// Compute units that a call of the verifier may take, and those of `record`.
const VERIFY_LIMIT: u64 = 95_000;
const RECORD_LIMIT: u64 = 110_000;

/// The compiled model with its figures.
pub struct Compiled {
    /// The model.
    pub model: CompiledModel,
    /// Its figures.
    pub figures: ModelFigures,
}

/// A registered and active model.
pub struct Registered {
    /// Its account.
    pub account: Address,
    /// That it could not be activated early.
    pub check: Check,
}

/// Compiles the network that comes with the demo.
pub fn compile(page: &mut Page<'_>) -> Result<Compiled, DemoError> {
    let threshold = score_threshold()?;
    let options = Options {
        max_error: MAX_ERROR,
        input_format: Some(Format { bits: features::BITS, scale: features::SCALE }),
        output_format: Some(SCORE_FORMAT),
        threshold: Some(threshold),
        ..Options::default()
    };
    let (model, report) =
        assay_compiler::compile(assets::MODEL, &Table::from_csv(assets::CALIBRATION)?, &options)?;
    let output = report.outputs.first().ok_or(DemoError::Metrics)?;
    let decisions = output.decisions.as_ref();
    let figures = ModelFigures {
        constraints: report.circuit.constraints,
        domain: report.circuit.domain,
        wires: report.circuit.wires,
        max_error: output.max_error,
        mean_error: output.mean_error,
        flips: decisions.map_or(0, |decisions| decisions.flipped),
        samples: report.samples,
        score_threshold: in_units(threshold),
        circuit: report.circuit_digest.clone(),
        account: String::new(),
    };
    let widths: Vec<String> = report.layers.iter().map(|layer| layer.rows.to_string()).collect();
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
    Ok(Compiled { model, figures })
}

/// Makes keys.
pub fn setup(page: &mut Page<'_>, model: &CompiledModel, seed: [u8; 32]) -> Result<ProvingKey, DemoError> {
    let mut rng = ChaCha20Rng::from_seed(seed);
    let (key, verifying_key) = setup_development(&model.circuit, &mut rng)?;
    page.line(format!(
        "proving key {} KiB in memory, verifying key {} bytes (sha256 {}...)",
        thousands(key.memory_bytes().div_ceil(1024) as u64),
        verifying_key.to_interface().as_bytes().len(),
        hex(&verifying_key.to_interface().key_hash(), 8),
    ));
    page.line("marked as a development key for good: a market that wants a ceremony refuses it");
    Ok(key)
}

/// Starts the runtime.
pub fn deploy(page: &mut Page<'_>, seed: [u8; 32], directory: Option<&Path>) -> Result<World, DemoError> {
    let world = World::new(seed, directory)?;
    let sizes = world.program_sizes();
    let sizes: Vec<String> =
        sizes.iter().map(|(name, bytes)| format!("{name}.so {} bytes", thousands(*bytes as u64))).collect();
    page.line(format!("{}; mainnet's features", sizes.join(", ")));
    Ok(world)
}

/// Registers the model, tries to activate it early, waits, activates it.
pub fn register(
    page: &mut Page<'_>,
    world: &mut World,
    authority: &Party,
    model: &CompiledModel,
    key: &ProvingKey,
) -> Result<Registered, DemoError> {
    let verifying_key = key.verifying_key().to_interface();
    let registration = Registration {
        authority: authority.address(),
        payer: authority.address(),
        key: &verifying_key,
        schema: &model.schema,
        setup: SetupKind::Development,
        transcript_hash: [0; 32],
        timelock: TIMELOCK,
    };
    let account = registration.model();
    world.send("register", &authority.keypair, &[registration.instruction()?])?;

    let activate = || verifier::activate(authority.address(), account);
    world.warp(world.now() + TIMELOCK - 1);
    let outcome = world.attempt(&authority.keypair, &[activate()]).map(drop);
    let early = Expected::verifier(VerifierError::TimelockRunning).judge("activate early", outcome);
    world.warp(world.now() + 1);
    world.send("activate", &authority.keypair, &[activate()])?;
    let registered: Model = world.read(&account)?;
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
    let active = registered.status().is_ok_and(|status| status == verifier::Status::Active);
    let check = Check {
        name: "the model could not be activated before its timelock",
        detail,
        holds: early.refused && active,
    };
    Ok(Registered { account, check })
}

/// Fills the price histories, then opens every position in both markets at the replay's first price.
pub fn open(
    page: &mut Page<'_>,
    world: &mut World,
    assets: &Assets,
    rules: RiskParams,
    window: &Window<'_>,
) -> Result<[Venue; 2], DemoError> {
    let [first, ..] = window.before else { return Err(DemoError::Scenario("the history has hours")) };
    world.warp(first.publish_time + LATENCY);
    world.publish(assets, first);
    let venues = [
        Venue::create(world, "with model", assets, rules)?,
        Venue::create(world, "rule alone", assets, rules)?,
    ];
    for update in window.before {
        world.warp(update.publish_time + LATENCY);
        world.publish(assets, update);
        for venue in &venues {
            let observe = venue.keys.observe(venue.prices.collateral);
            world.send("observe", &venue.keeper.keypair, &[observe])?;
        }
    }
    let [open, ..] = window.hours else { return Err(DemoError::Scenario("the replay has hours")) };
    world.warp(open.publish_time + LATENCY);
    world.publish(assets, open);
    for venue in &venues {
        venue.open(world, open.price)?;
    }
    let [venue, _] = &venues;
    let market = venue.read(world)?;
    page.line(format!(
        "borrow up to {} %, liquidation from {} %, or from {} % on by a score of at least {:.2}",
        rules.max_ltv_bps / 100,
        rules.liquidation_threshold_bps / 100,
        rules.early_floor_bps / 100,
        f64::from(rules.score_threshold) / f64::from(1u16 << SCORE_FORMAT.scale.unsigned_abs()),
    ));
    page.line(format!(
        "{} lenders, {} borrowers at {:.2} USD: lent {} of {} USDC; {} hours of history observed",
        venue.suppliers.len(),
        venue.borrowers.len(),
        open.price as f64 / 1e8,
        thousands(market.debt_total().map_err(|_| DemoError::Books)? / 1_000_000),
        thousands((market.debt_total().map_err(|_| DemoError::Books)? + market.cash) / 1_000_000),
        window.before.len(),
    ));
    Ok(venues)
}

/// Figures of the replayed stretch.
pub fn replay_figures(window: &Window<'_>) -> ReplayFigures {
    ReplayFigures {
        first_candle: window.start,
        from: window.hours.first().map_or(0, |update| update.publish_time),
        to: window.hours.last().map_or(0, |update| update.publish_time),
        prices: window.hours.iter().map(|update| update.price).collect(),
    }
}

/// Each borrower's two positions side by side.
pub fn borrowers(sides: &[Side<'_>; 2]) -> Vec<BorrowerOutcome> {
    let [with_model, rule_alone] = sides;
    let pairs = with_model.positions.iter().zip(&rule_alone.positions);
    let rows = BORROWERS.iter().zip(pairs).map(|(borrower, (with_model, rule_alone))| BorrowerOutcome {
        name: borrower.name.to_owned(),
        opened_at_bps: u32::try_from(borrower.ltv_bps).unwrap_or(u32::MAX),
        with_model: with_model.clone(),
        rule_alone: rule_alone.clone(),
    });
    rows.collect()
}

/// What the replay must have shown.
pub fn expectations(sides: &[Side<'_>; 2]) -> Vec<Check> {
    let [with_model, rule_alone] = sides;
    let count = |side: &Side<'_>, hour: Hour| {
        side.positions.iter().flat_map(|position| &position.hours).filter(|other| **other == hour).count()
    };
    let (by_proof, left_alone) = (count(with_model, Hour::ByProof), count(with_model, Hour::LeftAlone));
    let untouched = with_model
        .positions
        .iter()
        .filter(|position| position.liquidations.is_empty() && position.hours.contains(&Hour::LeftAlone));
    let untouched = untouched.count();
    let failures: u64 = sides.iter().flat_map(|side| side.keeper.counters().failures.values()).sum();
    vec![
        Check {
            name: "a proven score opened an early liquidation",
            detail: format!("{by_proof} opened"),
            holds: by_proof > 0 && by_proof == with_model.proven.len(),
        },
        Check {
            name: "the keeper computed each proven score before it took the snapshot",
            detail: format!("{} of {} came out otherwise", with_model.surprises, with_model.proven.len()),
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
    ]
}

/// Figures of the proofs that opened liquidations.
pub fn proof_figures(figures: &mut ProofFigures, sides: &[Side<'_>; 2], world: &World) {
    let [side, _] = sides;
    let times = || side.proven.iter().map(|proven| proven.times);
    *figures = ProofFigures {
        count: side.proven.len(),
        witness_median: median(times().map(|times| times.witness)),
        prove_median: median(times().map(|times| times.prove)),
        total_median: median(times().map(|times| times.total())),
        total_max: times().map(|times| times.total().as_secs_f64()).fold(0.0, f64::max),
        verify_median: median(times().map(|times| times.verify)),
        verify_cpi_units: world.verifier_units(),
        bytes: side.proven.iter().map(|proven| proven.proof.as_bytes().len()).max().unwrap_or_default(),
    };
}

/// The limits that the costs must keep.
pub fn limits(outcome: &Outcome) -> Vec<Check> {
    let of = |name: &str| outcome.transactions.iter().find(|figures| figures.name == name);
    let units = |name: &str| of(name).map_or(0, |figures| figures.compute_units_max);
    let size = of("liquidate_by_proof").map_or(0, |figures| figures.size);
    let verify = outcome.proofs.verify_cpi_units;
    vec![
        Check {
            name: "the liquidation fits one transaction",
            detail: format!("{} of {} bytes", thousands(size as u64), thousands(TRANSACTION_LIMIT as u64)),
            holds: (1..=TRANSACTION_LIMIT).contains(&size),
        },
        Check {
            name: "verification by CPI keeps its limit",
            detail: format!("{} of {} compute units", thousands(verify), thousands(VERIFY_LIMIT)),
            holds: (1..=VERIFY_LIMIT).contains(&verify),
        },
        Check {
            name: "recording keeps its limit",
            detail: format!("{} of {} compute units", thousands(units("record")), thousands(RECORD_LIMIT)),
            holds: (1..=RECORD_LIMIT).contains(&units("record")),
        },
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
    let units = (logit * f64::from(1u16 << SCORE_FORMAT.scale.unsigned_abs())).ceil();
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
