//! A local Solana cluster for Assay: RPC on a fixed port of 127.0.0.1, the programs at their addresses, test mints, price accounts
//! and a funded wallet; and the commands that move the clock and the prices of a running one.
//!
//! The runtime and its RPC are surfpool's; what is ours is what stands in it. `cargo xtask localnet` compiles and runs this.

mod accounts;
mod cluster;
mod control;
mod parse;
mod prices;
mod report;
mod wallet;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::cluster::Start;
use crate::parse::{Dollars, Moment};

const TEACH: &str = "\
Examples:
  $ cargo xtask localnet                     # in one terminal; Ctrl-C stops it, nothing is kept
  $ cargo xtask localnet price SOL 120.5     # in another: the price falls
  $ cargo xtask localnet clock +1h           # an hour passes, with its slots
  $ solana config set --url http://127.0.0.1:8899

For scripts:
  $ cargo xtask localnet --port 9899 --ready-file target/cluster.json &
The file appears when the cluster answers, holds every address as JSON, and goes when it stops.

What it is: surfpool, offline, with mainnet's features. Each slot takes --slot-time, whether or
not anybody sends something. Transactions run one at a time. docs/localnet.md says where it
differs from a validator.";

/// A local Solana cluster with Assay's programs, test mints, prices and a funded wallet.
#[derive(Parser)]
#[command(
    name = "cargo xtask localnet",
    bin_name = "cargo xtask localnet",
    version,
    after_help = TEACH,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: Start,
}

#[derive(Subcommand)]
enum Command {
    /// Show the prices of a running cluster, or set one
    #[command(after_help = PRICE)]
    Price {
        /// SOL, USDC, BTC or ETH, or a Pyth feed's id in hexadecimal [default: all four]
        name: Option<String>,
        /// In US dollars
        #[arg(value_name = "USD")]
        price: Option<Dollars>,
        /// Half the width of the confidence interval, in US dollars [default: a two-thousandth of the price]
        #[arg(long, value_name = "USD", requires = "price")]
        confidence: Option<Dollars>,
        /// Which of a feed's accounts: each shard of Pyth's push oracle has one
        #[arg(long, value_name = "N", default_value_t = 0)]
        shard: u16,
        #[command(flatten)]
        target: Target,
    },
    /// Show the clock of a running cluster, or move it
    #[command(after_help = CLOCK)]
    Clock {
        /// `+90s`, `+15m`, `+1h30m`, `+2d`; `@1798761600` (Unix seconds); `pause` or `resume`
        change: Option<Moment>,
        #[command(flatten)]
        target: Target,
    },
}

const PRICE: &str = "\
Examples:
  $ cargo xtask localnet price
  $ cargo xtask localnet price SOL 120.5
  $ cargo xtask localnet price SOL 120.1 --shard 1 --confidence 0.25

A price is an account of Pyth's receiver program, at the address where Pyth's push oracle keeps
that feed on mainnet. The running cluster publishes it again every second (see --publish-every),
also under shards that this command made.";

const CLOCK: &str = "\
Examples:
  $ cargo xtask localnet clock
  $ cargo xtask localnet clock +1h

Time goes forward only, and slots pass with it: an hour is 9,000 of them at 400 ms. Block
heights do not move, so a transaction that was signed before is still accepted afterwards.";

#[derive(Args)]
pub struct Target {
    /// The running cluster's RPC
    #[arg(long, value_name = "URL", env = "ANCHOR_PROVIDER_URL", default_value = "http://127.0.0.1:8899")]
    url: String,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => cluster::run(&cli.start),
        Some(Command::Price { name, price, confidence, shard, target }) => {
            control::price(&target.url, name.as_deref(), price, confidence, shard)
        }
        Some(Command::Clock { change, target }) => control::clock(&target.url, change),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
