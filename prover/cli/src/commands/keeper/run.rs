//! `assay keeper run`: until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, anyhow};
use assay_keeper::Mode;
use assay_keeper::service::config::{Logs as Form, Prices};
use assay_keeper::service::health::{Board, Limits};
use assay_keeper::service::hear::{All, Hear};
use assay_keeper::service::hermes::Hermes;
use assay_keeper::service::metrics::{INFO, PRICE_AGE};
use assay_keeper::service::{http, posting, run::run as serve};
use tokio::net::TcpListener;
use tracing::Level;

use super::hear::Logs;
use super::open::{Place, mode, parts};
use crate::failure::hinted;
use crate::interrupt;
use crate::logs;
use crate::outcome::Outcome;
use crate::ui;

const EXAMPLE: &str = "\
Examples:
  $ assay keeper run                          watch and decide; what it would send stands in the log
  $ assay keeper run --live                   send, within the caps of keeper.toml
  $ assay keeper run --live --verbose --json  every look, one JSON document a line

Ctrl-C or SIGTERM: nothing new is begun, and what is on its way is waited for. Once more: it stops
at once. Whatever was on its way then, and after kill -9, stands in the journal: the next start
looks it up before it sends anything about the same account.";

/// Watch, decide, prove and send, until Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Send transactions, also where keeper.toml says dry-run
    #[arg(long)]
    live: bool,
    /// Send nothing, also where keeper.toml says live
    #[arg(long, conflicts_with = "live")]
    dry_run: bool,
    /// Log every look at the accounts
    #[arg(short, long)]
    verbose: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let config = args.place.read()?;
    let live = (args.live || config.mode == Mode::Live) && !args.dry_run;
    let is_json = ui::is_json() || config.logs == Form::Json;
    logs::start(is_json, if args.verbose { Level::DEBUG } else { Level::INFO })?;
    let wanted = if live { Mode::Live } else { Mode::DryRun };
    let mut parts = parts(&config, wanted)?;
    let limits = Limits { lag: config.most_lag, silence: config.most_silence };
    let board = Arc::new(Board::new(limits, parts.journal.clone()));
    let name = mode(wanted);
    board.metrics.set(INFO, [env!("CARGO_PKG_VERSION"), name], 1.0);
    parts.told = Arc::new(All(vec![Arc::new(Logs::default()), Arc::clone(&board) as Arc<dyn Hear>]));
    let strategies: Vec<&str> = parts.lanes.iter().map(|lane| lane.name.as_str()).collect();
    tracing::info!(
        mode = name,
        wallet = %parts.signer.pubkey(),
        strategies = strategies.join(", "),
        "starting"
    );
    let is_stopped = Arc::new(AtomicBool::new(false));
    if let Prices::Hermes { url, feeds, shard, policy } = &config.prices {
        let hermes = Arc::new(Hermes::new(url, feeds, *shard));
        let (source, shown, stopped) = (Arc::clone(&hermes), Arc::clone(&board), Arc::clone(&is_stopped));
        std::thread::spawn(move || posting::follow(&hermes, &stopped));
        let told = move |feed: &[u8; 32], age: i64| {
            let name = hex::encode(feed).chars().take(8).collect::<String>();
            shown.metrics.set(PRICE_AGE, [&name], age as f64);
        };
        let (feeds, shard, policy) = (feeds.clone(), *shard, *policy);
        parts.prices = Some(posting::Plan { source, feeds, shard, policy, told: Box::new(told) });
    }
    let mut stop = interrupt::gracefully();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the service's threads cannot be started")?;
    let served = runtime.block_on(async move {
        if let Some(address) = config.listen {
            let listener = TcpListener::bind(address).await;
            let listener = listener.map_err(|error| format!("metrics at {address}: {error}"))?;
            tokio::spawn(http::serve(listener, board, std::future::pending()));
        }
        let stopped = async move {
            // Where nobody can say it any more, it is time as well.
            let _ = stop.wait_for(|is_time| *is_time).await;
        };
        serve(parts, stopped).await
    });
    is_stopped.store(true, Ordering::Relaxed);
    runtime.shutdown_background();
    served.map_err(|what| {
        hinted(anyhow!(what), "`assay keeper check` shows what can be read; keeper.toml has every address")
    })?;
    Ok(Outcome::Valid)
}
