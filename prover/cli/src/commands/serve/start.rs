//! `assay serve` itself: until it is told to stop.

use std::net::SocketAddr;

use assay_service::http::document;
use assay_service::run::{Parts, serve};

use super::place::{Place, block_on, log, stopped};
use crate::outcome::Outcome;
use crate::ui;

/// How the server is started.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Where to listen: an address and a port, as in 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Workers in this process; 0 for none
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=64))]
    workers: Option<u8>,
    /// Log more
    #[arg(short, long)]
    verbose: bool,
    /// Print the OpenAPI document of the server, and start none
    #[arg(long)]
    openapi: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.openapi {
        ui::data(&format!("{}\n", document()))?;
        return Ok(Outcome::Valid);
    }
    let mut config = args.place.read()?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.workers = args.workers.map_or(config.workers, usize::from);
    log(&config, args.verbose)?;
    let stop = stopped();
    block_on(&config, async {
        let parts = Parts::open(&config, true).await?;
        if !parts.database.keys().await?.iter().any(|key| key.revoked.is_none()) {
            tracing::warn!(
                "there is no API key, so nobody can ask for anything: `assay serve keys add` makes one"
            );
        }
        let (database, workers) = (config.database.shown(), config.workers);
        let listening = |address| tracing::info!(%address, database, workers, "serving");
        serve(&config, parts, listening, stop).await
    })?;
    Ok(Outcome::Valid)
}
