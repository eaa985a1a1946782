//! `assay bench`: what compiling, setup, proving and verifying cost, with their spread, for a suite of models or for one.
//!
//! Each run draws its own input from the model's domain, so that no run profits from the last one. A time is the median
//! over all runs; the report of one model adds the least, the greatest and the median absolute deviation (MAD).

mod arithmetic;
mod chain;
mod measure;
mod report;
mod series;
mod suite;

use std::path::PathBuf;

use anyhow::anyhow;
use assay_groth16::ProvingKey;
use rand::rngs::OsRng;
use serde_json::json;

use crate::artifacts;
use crate::cli::Outcome;
use crate::commands::print;
use crate::failure::hinted;
use crate::ui::Spinner;

use measure::Subject;

const EXAMPLE: &str = "\
Examples:
  $ assay bench                                 every row of the suite, minutes
  $ assay bench --only lenet,cnn-264k --runs 20  some of them
  $ assay bench --model model.assay --key model.pk --runs 100
  $ assay bench --json | jq '.rows[] | {name, constraints, ark_ratio}'

Rows: liquidation-risk (the repository's model); mlp-16-32-16-1, mnist-mlp-784-56-10, lenet,
cnn-264k, dense-4m, dense-18m (random weights from a seed); the engine alone: squarings-2^16,
bits-67600. By name only: squarings-2^18, squarings-2^20, and other numbers.
Every row runs in a process of its own, so that its peak memory is its own.

`witness + prove` is what a keeper pays for each decision: the key is loaded, the input is
fresh. `ark` is the time of ark-groth16 for the same constraints in the same run over ours.";

/// Measure compilation, setup, witness, proof and verification of a suite of models, or of one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Measure this compiled model instead of the suite
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Its proving key [default: a development key made in memory]
    #[arg(long, value_name = "MODEL.pk", requires = "model")]
    key: Option<PathBuf>,
    /// Rows of the suite to run
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "model")]
    only: Vec<String>,
    /// Measured runs of each model, after one that warms up
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    /// Seed of the generated models' weights
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Leave out ark-groth16, which takes most of the time for large models
    #[arg(long)]
    without_ark: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// One row of the suite, measured in this process
    #[arg(long, value_name = "NAME", hide = true)]
    row: Option<String>,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    if let Some(name) = &args.row {
        let measured = suite::measure_row(name, &args)?;
        print(true, || json!(measured), String::new)?;
    } else if let Some(path) = &args.model {
        let measured = measure::measure(one_model(path, &args)?, args.runs, !args.without_ark)?;
        print(args.json, || json!(measured), || report::of_one(&measured))?;
    } else {
        let rows = suite::run(&args)?;
        print(args.json, || json!({ "machine": report::machine(), "rows": rows }), || report::of_all(&rows))?;
    }
    Ok(Outcome::Valid)
}

fn one_model(path: &std::path::Path, args: &Args) -> anyhow::Result<Subject> {
    let model = artifacts::model(path)?;
    let key = match &args.key {
        Some(path) => Some(own_key(path, model.circuit_digest)?),
        None => None,
    };
    Ok(Subject { key, ..Subject::new(model.compiled.schema.name().to_owned(), model.compiled) })
}

fn own_key(path: &std::path::Path, circuit: [u8; 32]) -> anyhow::Result<ProvingKey> {
    let key = artifacts::proving_key(path)?;
    if key.circuit_digest() == circuit {
        return Ok(key);
    }
    Err(hinted(
        anyhow!("{} is the key of another model", path.display()),
        "leave --key out: a development key is made in memory",
    ))
}

/// A development key, with a spinner.
fn development_key(circuit: &assay_circuits::Circuit) -> anyhow::Result<ProvingKey> {
    let _spinner = Spinner::start("making a development key");
    Ok(assay_groth16::setup_development(circuit, &mut OsRng)?.0)
}
