//! `assay keeper`: the bot that watches programs on a cluster, proves what is worth it, and sends what the proofs open.

mod check;
mod hear;
mod init;
mod open;
mod run;
mod status;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
From nothing to a keeper that liquidates by proof:

  assay keeper init                     keeper.toml, in which every key is explained
  assay keeper check                    one look: what it would do now, and why
  assay keeper run                      a dry run: it watches, decides, and sends nothing
  assay keeper run --live               it sends, within the caps of keeper.toml
  assay keeper status                   how the one that runs is doing

A keeper is trusted with nothing: the programs compute a model's inputs themselves, check the proof
and decide again. It can lose what it spends, so spending has caps, and they hold over restarts:
the journal (keeper.journal) has every transaction before it is handed in. docs/keeper.md is the
manual.";

/// Watch programs on a Solana cluster, and act on what a model says, by proof.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Init(init::Args),
    Check(check::Args),
    Run(run::Args),
    Status(status::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::Init(args) => init::run(&args),
        Step::Check(args) => check::run(&args),
        Step::Run(args) => run::run(&args),
        Step::Status(args) => status::run(&args),
    }
}
