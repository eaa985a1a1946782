//! The proxy as a program.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use assay_proxy::{Proxy, Step, Upstream};
use clap::Parser;

const TEACH: &str = "\
Examples:
  $ cargo run --release -p assay-proxy       # before the cluster of `cargo xtask localnet`
  $ curl -d '{\"lagMs\": 300, \"droppedSends\": 0.2}' 127.0.0.1:9901/faults
  $ curl -d '{\"rollbackSlots\": 10, \"methods\": [\"getBalance\"]}' 127.0.0.1:9901/faults
  $ curl -d '{}' 127.0.0.1:9901/faults       # all is well again
  $ curl -X POST 127.0.0.1:9901/cut          # every connection, at once
  $ curl 127.0.0.1:9901/counts

Faults: lagMs, lostRequests, lostAnswers, refusedRequests, staleSlots, rollbackSlots,
droppedSends, repeatedSends, lostNotifications; shares are between 0 and 1. `methods` says which
requests they are about. docs/localnet.md says what each is.

A schedule is a list of steps:
  [{\"afterMs\": 5000, \"faults\": {\"lostAnswers\": 0.1}}, {\"afterMs\": 9000}]";

/// Stand between a Solana client and its cluster, and lag, lose, forget and repeat, as told.
#[derive(Parser)]
#[command(name = "assay-proxy", version, after_help = TEACH)]
struct Cli {
    /// The cluster's RPC
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8899")]
    rpc: String,
    /// The cluster's subscriptions
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:8900")]
    websocket: String,
    /// Port of 127.0.0.1 for requests; the next one is for subscriptions, the one after for control
    #[arg(long, value_name = "PORT", default_value_t = 9899)]
    port: u16,
    /// Seed of the dice
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// JSON file with faults and when they begin
    #[arg(long, value_name = "FILE")]
    schedule: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<()> {
    let schedule: Vec<Step> = match &cli.schedule {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            serde_json::from_slice(&text).with_context(|| format!("{} is no schedule", file.display()))?
        }
    };
    let upstream = Upstream { rpc: cli.rpc, websocket: cli.websocket };
    let proxy = Proxy::start(&upstream, cli.port, cli.seed).await?;
    println!("requests       {}  to {}", proxy.rpc(), upstream.rpc);
    println!("subscriptions  {}    to {}", proxy.websocket(), upstream.websocket);
    println!("control        {}", proxy.control());
    let play = async {
        proxy.play(&schedule).await.map_err(|error| anyhow!(error))?;
        std::future::pending().await
    };
    tokio::select! {
        ended = play => ended,
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}
