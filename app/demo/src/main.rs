//! The demonstration: each program's scenario.
//!
//! Data go to standard output, all else to standard error. Exit code 0 means that everything was as expected, 1 that
//! something was not, 2 that a run could not be finished.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use assay_demo::page::Page;
use assay_demo::scenario::{Options, Outcome, Scenario, ScenarioError};
use clap::Parser as _;

const EXAMPLE: &str = "\
Examples:
  $ cargo xtask demo
  $ cargo xtask demo --json | jq '.attacks[] | {name, got}'

Compiles a model, makes keys, deploys the programs into an in-process Solana runtime, replays real
prices, lets a keeper prove and act, attacks it all, and checks the books. Exit code 0 means that
everything was as expected: what was opened, and each attack refused with its own error.";

/// Watch a real model decide inside a Solana runtime, and attacks on it fail.
#[derive(Debug, clap::Parser)]
#[command(name = "assay-demo", version, after_help = EXAMPLE)]
struct Args {
    /// Seed of every key and random choice: the same seed gives the same outcome, times excepted
    #[arg(long, value_name = "N", default_value_t = Options::default().seed)]
    seed: u64,
    /// Hours of real prices to replay
    #[arg(long, value_name = "N", default_value_t = Options::default().hours)]
    hours: usize,
    /// Only the scenario of this program
    #[arg(long, value_name = "NAME", value_parser = names())]
    only: Option<String>,
    /// Directory of the programs' .so files [default: those that the repository holds]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Print the outcome as JSON, and nothing else
    #[arg(long)]
    json: bool,
}

fn names() -> clap::builder::PossibleValuesParser {
    assay_programs::identities().into_iter().map(|program| program.name).collect::<Vec<_>>().into()
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // Nobody is left to be told where standard error cannot be written.
            let _ = writeln!(anstream::stderr(), "error: {error:#}");
            if let Some(hint) = error.downcast_ref::<ScenarioError>().and_then(|error| error.hint) {
                let _ = writeln!(anstream::stderr(), "hint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}

/// Plays the scenarios; whether everything was as expected.
fn run(args: &Args) -> anyhow::Result<bool> {
    let options = Options { seed: args.seed, hours: args.hours, programs: args.programs.clone() };
    let mut outcomes = Vec::new();
    for (name, scenario) in scenarios(args.only.as_deref())? {
        let outcome = if args.json {
            scenario.play(&options, &mut Page::new(&mut io::sink()))?
        } else {
            scenario.play(&options, &mut Page::new(&mut anstream::stdout()))?
        };
        outcomes.push((name, outcome));
    }
    let as_expected = outcomes.iter().all(|(_, outcome)| outcome.as_expected);
    if args.json {
        print(&outcomes)?;
    }
    Ok(as_expected)
}

/// The scenarios to play: every one, or that of one program.
fn scenarios(only: Option<&str>) -> anyhow::Result<Vec<(&'static str, &'static dyn Scenario)>> {
    let Some(name) = only else { return Ok(assay_demo::ALL.to_vec()) };
    let found = assay_demo::of(name).with_context(|| format!("{name} is shown in no scenario"))?;
    Ok(vec![found])
}

/// One outcome as an object, several as an object of objects by program.
fn print(outcomes: &[(&'static str, Outcome)]) -> anyhow::Result<()> {
    let value = match outcomes {
        [(_, outcome)] => serde_json::to_value(outcome)?,
        several => serde_json::to_value(
            several
                .iter()
                .map(|(name, outcome)| (name, outcome))
                .collect::<std::collections::BTreeMap<_, _>>(),
        )?,
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &value)?;
    match writeln!(out) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
