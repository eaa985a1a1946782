//! `assay bench`: what this machine is, and what a model costs on it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assay::{Calibration, Keys, SetupSeed};
use assay_groth16::{Backend, synthetic};
use rand::rngs::OsRng;
use serde_json::{Value, json};

use crate::artifacts::{self, Model};
use crate::bench::corpus;
use crate::bench::machine::Machine;
use crate::bench::measure::{Measured, measure};
use crate::commands::print;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, Bar, STRONG, Table, bytes, duration, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay bench                                          this machine
  $ assay bench --model model.assay --key model.pk       a model on it
  $ assay bench --model model.assay --runs 100 --json
  $ assay bench --corpus models/corpus                   a folder of models, by family
  $ assay bench --corpus models/corpus --only XGBoost --runs 20

Without a model: the processor and what it can run, single operations, and proofs of constraint
systems of growing size, every wire full-size: the most that so many constraints cost.

With one: witness, proof with its phases, verification, loading the key, memory. Each run draws its
own input from the model's domain. `witness + prove` is what each decision costs a prover whose key
is loaded. A time is the median; MAD is the median absolute deviation from it.

With a folder: each model of its corpus.csv is compiled and proven under development keys; a line
for each family has the least, the median and the greatest over its models. --json has each model.";

/// Sizes of the constraint systems that are proven without a model.
const SIZES: [usize; 4] = [1 << 10, 1 << 12, 1 << 14, 1 << 16];

/// Measure this machine, or a model on it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Measure this compiled model
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Its proving key [default: a development key made in memory]
    #[arg(long, value_name = "MODEL.pk", requires = "model")]
    key: Option<PathBuf>,
    /// Measure the models of this folder, by family
    #[arg(long, value_name = "FOLDER", conflicts_with = "model")]
    corpus: Option<PathBuf>,
    /// Of the folder, the models whose family or name has this in it
    #[arg(long, value_name = "WORD", requires = "corpus")]
    only: Option<String>,
    /// Measured runs, after one that warms up
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let machine = Machine::here();
    if let Some(folder) = &args.corpus {
        let entries = corpus::entries(folder, args.only.as_deref())?;
        let bar = Bar::of("measuring", entries.len() as u64);
        let measured = entries.iter().map(|entry| {
            bar.name(&format!("measuring {}", entry.name));
            let row = entry.measure(args.runs);
            bar.step();
            row
        });
        let rows: Vec<corpus::Row> = measured.collect();
        drop(bar);
        print(
            || json!({ "machine": machine, "models": rows }),
            || format!("{}{}", machine_fields(&machine), corpus::text(&rows)),
        )?;
        return Ok(Outcome::Valid);
    }
    match &args.model {
        Some(path) => {
            let model = artifacts::model(path)?;
            let keys = keys_of(&model, args.key.as_deref())?;
            let measured = measure(&model.model, keys, args.runs)?;
            print(|| json!({ "machine": machine, "model": measured }), || model_text(&machine, &measured))?;
        }
        None => {
            let arithmetic = observed("measuring this machine", Calibration::measure)?;
            let proofs = proofs(args.runs)?;
            print(
                || machine_json(&machine, &arithmetic, &proofs),
                || machine_text(&machine, &arithmetic, &proofs),
            )?;
        }
    }
    Ok(Outcome::Valid)
}

fn keys_of(model: &Model, path: Option<&Path>) -> anyhow::Result<Keys> {
    match path {
        Some(path) => {
            let keys = artifacts::keys(path)?;
            artifacts::pair(model, path, keys.verifying_key().circuit_digest())?;
            Ok(keys)
        }
        None => {
            let seed = SetupSeed::draw(&mut assay::system_rng()?);
            let task = "making development keys";
            Ok(observed(task, |observer| Keys::setup_recorded(&model.model, seed, observer))?.0)
        }
    }
}

/// The median time of a proof for each of [`SIZES`].
fn proofs(runs: u32) -> anyhow::Result<Vec<(usize, Duration)>> {
    let backend = Backend::detect()?;
    let bar = Bar::of("proving", SIZES.len() as u64 * u64::from(runs));
    let mut medians = Vec::new();
    for size in SIZES {
        let system = synthetic::squarings(size, &mut OsRng);
        let key = system.setup(&mut OsRng)?;
        let mut times = Vec::new();
        for run in 0..=runs {
            let start = Instant::now();
            system.prove(&key, backend, &mut OsRng)?;
            if run > 0 {
                times.push(start.elapsed());
                bar.step();
            }
        }
        medians.extend(crate::bench::series::median(times).map(|median| (size, median)));
    }
    Ok(medians)
}

fn machine_json(machine: &Machine, arithmetic: &Calibration, proofs: &[(usize, Duration)]) -> Value {
    let proofs: Vec<Value> = proofs
        .iter()
        .map(|(constraints, time)| json!({ "constraints": constraints, "median_ms": time.as_secs_f64() * 1e3 }))
        .collect();
    json!({ "machine": machine, "arithmetic": {
        "g1_add_ns": arithmetic.g1_add_ns,
        "g2_add_ns": arithmetic.g2_add_ns,
        "fr_mul_ns": arithmetic.fr_mul_ns,
        "threads": arithmetic.threads,
    }, "proofs": proofs })
}

fn machine_fields(machine: &Machine) -> String {
    let present = |(name, has): &(&str, bool)| if *has { (*name).to_owned() } else { format!("no {name}") };
    let features: Vec<String> = machine.features.iter().map(present).collect();
    let mut lines = vec![
        ("processor", machine.cpu.clone()),
        ("threads", machine.threads.to_string()),
        ("arithmetic", machine.backend.clone()),
    ];
    if !features.is_empty() {
        lines.push(("extensions", features.join(", ")));
    }
    if let Some(memory) = machine.memory_bytes {
        lines.push(("memory", format!("{} available", bytes(memory))));
    }
    ui::fields(&lines)
}

fn machine_text(machine: &Machine, arithmetic: &Calibration, proofs: &[(usize, Duration)]) -> String {
    let mut operations = Table::new(["operation", "one thread"]);
    for (name, ns) in [
        ("addition in G1", arithmetic.g1_add_ns),
        ("addition in G2", arithmetic.g2_add_ns),
        ("multiplication in the field", arithmetic.fr_mul_ns),
    ] {
        operations.row([name.into(), format!("{ns:.1} ns")]);
    }
    let mut table = Table::new(["constraints", "one proof"]);
    for (constraints, time) in proofs {
        table.row([constraints.to_string(), duration(*time)]);
    }
    [machine_fields(machine), operations.render(), table.render()].concat()
}

fn model_text(machine: &Machine, measured: &Measured) -> String {
    let mut table = Table::new(["", "median", "min", "max", "MAD", "runs"]);
    for (name, spread) in &measured.times {
        let ms = |ms: f64| duration(Duration::from_secs_f64((ms / 1e3).clamp(0.0, 1e9)));
        table.row([
            name.clone(),
            ms(spread.median_ms),
            ms(spread.min_ms),
            ms(spread.max_ms),
            ms(spread.mad_ms),
            spread.runs.to_string(),
        ]);
    }
    let lines = ui::fields(&[
        ("model", measured.name.clone()),
        ("constraints", format!("{} (domain {})", measured.constraints, measured.domain)),
        ("by kind", measured.kinds_text()),
        ("proving key", bytes(measured.key_bytes)),
        ("proof", format!("{} bytes", measured.proof_bytes)),
        ("peak memory", measured.peak_bytes.map_or_else(|| "not known".into(), bytes)),
    ]);
    format!("{}{}\n{lines}{}", machine_fields(machine), paint(STRONG, "model"), table.render())
}
