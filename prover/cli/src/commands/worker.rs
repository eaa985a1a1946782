//! `assay worker`: a further machine for the proof service.

use std::net::SocketAddr;

use assay_service::run::{Parts, work_alone};

use super::serve::place::{Place, block_on, log, stopped};
use crate::outcome::Outcome;

const EXAMPLE: &str = "\
Examples:
  $ assay worker --database postgres://assay:...@db/assay --store /mnt/store --secret-key secret.key
  $ ASSAY_SERVICE_KEY=$(cat /run/secrets/assay) assay worker --config service.toml

It takes jobs from the queue of `assay serve`, one after the other, and needs what that has: the
database, the store of models and keys, and the key of secret inputs. Models and keys are copied to
this machine once, checked by their digests, and stay ready to prove.
Ctrl-C or SIGTERM: the jobs that it has begun come to their end. A worker that dies is missed after
three silent heartbeats, and its jobs go to others.";

/// Prove jobs of a proof service, until Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Where to show /metrics and /healthz [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Log more
    #[arg(short, long)]
    verbose: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut config = args.place.read()?;
    config.worker_listen = args.listen.or(config.worker_listen);
    log(&config, args.verbose)?;
    let stop = stopped();
    block_on(&config, async { work_alone(&config, Parts::open(&config, false).await?, stop).await })?;
    Ok(Outcome::Valid)
}
