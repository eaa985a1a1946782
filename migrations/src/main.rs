//! `cargo run --release -p assay-migrations -- DESCRIPTION.toml`.

#![forbid(unsafe_code)]

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use assay_chain::Price;
use assay_chain::send::MOST_RECENT;
use assay_migrations::{Ending, Options, run};
use clap::Parser;

const TEACH: &str = "\
The plan is shown first, and nothing is sent before somebody agreed to it. A second run finds
nothing to do. A run that was stopped, by kill -9 even, is finished by the next one.

Examples, in the repository:
  $ cargo run --release -p assay-migrations -- migrations/local.toml --dry-run
  $ cargo run --release -p assay-migrations -- migrations/local.toml --yes

Exit codes:
  0  the cluster has what is described, or nothing was to be sent
  1  not yet: a timelock runs, and the same command goes on after it; or nobody agreed
  2  something is wrong: the message says what, and what to do";

/// Brings a cluster to what a description says: programs, price sources, a model, a market.
#[derive(Parser)]
#[command(name = "assay-migrations", version, after_help = TEACH)]
struct Cli {
    /// What is wanted, a TOML file: migrations/README.md says what it holds
    #[arg(value_name = "DESCRIPTION.toml")]
    description: PathBuf,
    /// Show the plan, simulate what can be, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Agree to the plan beforehand
    #[arg(short, long)]
    yes: bool,
    /// Key file of who pays [default: the description's keys.payer]
    #[arg(short, long, value_name = "FILE.json")]
    keypair: Option<PathBuf>,
    /// Micro-lamports a compute unit to be early, or auto: as others paid of late, a million at most
    #[arg(long, value_name = "PRICE", default_value = "0", value_parser = price)]
    priority_fee: Price,
    /// Take keys that everybody has, and models' development keys, on a cluster that is not local
    #[arg(long)]
    development_keys: bool,
}

fn price(text: &str) -> Result<Price, String> {
    match text {
        "auto" => Ok(Price::Recent(MOST_RECENT)),
        number => {
            number.parse().map(Price::Fixed).map_err(|_| "a whole number of micro-lamports, or auto".into())
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = Options {
        description: cli.description,
        payer: cli.keypair,
        price: cli.priority_fee,
        is_dry: cli.dry_run,
        is_agreed: cli.yes,
        takes_development_keys: cli.development_keys,
    };
    match run(&options, &mut io::stdout()) {
        Ok(Ending::Nothing | Ending::Done | Ending::Dry) => ExitCode::SUCCESS,
        Ok(Ending::NotYet | Ending::Declined) => ExitCode::from(1),
        Err(stop) => {
            eprintln!("error: {stop}");
            if let Some(remedy) = &stop.remedy {
                eprintln!("hint: {remedy}");
            }
            ExitCode::from(2)
        }
    }
}
