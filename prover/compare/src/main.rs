//! `assay-compare`: a suite of models, and the engine alone, against ark-groth16; and what a verification costs on chain.
//!
//! `assay bench` measures a user's machine and model. This is for claims about Assay: it carries ark-groth16 and an
//! in-process Solana runtime, which the product does not.

mod arithmetic;
mod chain;
mod report;
mod row;
mod suite;

use std::process::ExitCode;

use assay_cli::bench::machine::Machine;
use assay_cli::{failure, ui};
use clap::Parser;
use serde_json::{Value, json};

use crate::row::{Ark, Row};

const EXAMPLE: &str = "\
Examples:
  $ cargo run --release -p assay-compare                       every row, minutes
  $ cargo run --release -p assay-compare -- --only lenet,cnn-264k --runs 20
  $ cargo run --release -p assay-compare -- --json | jq '.rows[] | {name, constraints, ark_ratio}'

Rows: liquidation-risk (the repository's model); mlp-16-32-16-1, mnist-mlp-784-56-10, lenet,
cnn-264k, dense-4m, dense-18m (random weights from a seed); the engine alone: squarings-2^16,
bits-67600. By name only: squarings-2^18, squarings-2^20, and other numbers.
Every row runs in a process of its own, so that its peak memory is its own. Compute units are
measured where `cargo xtask build` has built the programs.

`witness + prove` is what a keeper pays for each decision: the key is loaded, the input is
fresh. `ark` is the time of ark-groth16 for the same constraints in the same run over ours.";

/// Compare Assay with ark-groth16 over a suite of models.
#[derive(Debug, Parser)]
#[command(name = "assay-compare", version, after_help = EXAMPLE)]
struct Args {
    /// Rows of the suite to run
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
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

impl Args {
    fn ark(&self) -> Ark {
        if self.without_ark { Ark::LeftOut } else { Ark::Compared }
    }
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui::error(&failure::message(&error), &failure::hints(&error));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(name) = &args.row {
        ui::json(&json!(suite::measure_row(name, args)?))?;
        return Ok(());
    }
    let rows = suite::run(args)?;
    let machine = Machine::here();
    if args.json {
        let rows: Vec<Value> = rows.iter().map(with_ratio).collect();
        ui::json(&json!({ "machine": machine, "rows": rows }))?;
    } else {
        ui::data(&report::text(&machine, &rows))?;
    }
    Ok(())
}

fn with_ratio(row: &Row) -> Value {
    let mut value = json!(row);
    if let Some(object) = value.as_object_mut() {
        object.insert("ark_ratio".into(), json!(row.ark_ratio()));
    }
    value
}
