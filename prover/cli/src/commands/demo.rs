//! `assay demo`: the whole pipeline in one process, from the ONNX file to a liquidation inside a Solana runtime.

use std::io;
use std::path::PathBuf;

use anyhow::Context;
use clap::builder::RangedU64ValueParser;

use crate::cli::Outcome;
use crate::failure::hinted;
use crate::ui;

const EXAMPLE: &str = "\
Examples:
  $ cargo xtask build && assay demo            the programs first, then the demonstration
  $ assay demo --json | jq '.attacks[] | {name, got}'

Compiles the liquidation-risk model, makes keys, deploys the programs into an in-process Solana
runtime, replays real prices, lets a keeper prove and liquidate, attacks it all, and checks the
books. Exit code 0 means that everything was as expected: the liquidations, and each attack
refused with its own error.";

/// Watch a real model decide a liquidation inside a Solana runtime, and attacks on it fail.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Seed of every key and random choice: the same seed gives the same outcome, times excepted
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Hours of real prices to replay
    #[arg(long, value_name = "N", default_value_t = 60,
        value_parser = RangedU64ValueParser::<usize>::new().range(assay_demo::MIN_HOURS as u64..=assay_demo::MAX_HOURS as u64))]
    hours: usize,
    /// Directory of assay_verifier.so and assay_lending.so [default: where `cargo xtask build` puts them]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Print the outcome as JSON, and nothing else
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let options = assay_demo::Options { seed: args.seed, hours: args.hours, programs: args.programs };
    let outcome = if args.json {
        assay_demo::run(&options, &mut io::sink())
    } else {
        assay_demo::run(&options, &mut anstream::stdout())
    };
    let outcome = outcome.map_err(|error| match error.hint() {
        Some(hint) => hinted(error, hint),
        None => error.into(),
    })?;
    if args.json {
        ui::json(&serde_json::to_value(&outcome).context("the outcome as JSON")?)?;
    }
    Ok(if outcome.as_expected { Outcome::Valid } else { Outcome::Invalid })
}
