//! `assay model`: models of the verifier program on a cluster.

mod authority;
mod facts;
mod guardian;
mod list;
mod manage;
mod register;
mod show;
mod step;

pub use facts::Facts;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
The life of a model on chain, and who moves it:

  assay model register model.assay      proposed: everybody can look at it before it counts
  assay model activate ADDRESS          active, once its timelock of a day or more has passed
  assay submit decision.proof --to ADDRESS
  assay model suspend ADDRESS           stopped at once, by its authority or its guardian
  assay model resume ADDRESS            proposed again: the timelock starts anew
  assay model retire ADDRESS --for-good
  assay model authority offer ADDRESS --to WHOM     handed over, once it is accepted
  assay model guardian propose ADDRESS --to WHOM    who may suspend it, once its timelock has passed

On a local cluster, from the repository of assay:
  $ cargo xtask localnet                in another terminal
  $ assay model register model.assay --url localhost
  $ cargo xtask localnet clock +1d      a day passes
  $ assay model activate ADDRESS --url localhost

Every command simulates its transaction first, looks before it sends at what is done already, and
sends nothing with --dry-run. Cluster and keys are those of Solana's configuration (`solana config
get`) unless --url and --keypair name others.";

/// Register models on a Solana cluster, and manage them there.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Register(register::Args),
    Activate(manage::Activate),
    Suspend(manage::Suspend),
    Resume(manage::Resume),
    Retire(manage::Retire),
    Authority(authority::Args),
    Guardian(guardian::Args),
    Show(show::Args),
    List(list::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::Register(args) => register::run(&args),
        Step::Activate(args) => manage::activate(&args),
        Step::Suspend(args) => manage::suspend(&args),
        Step::Resume(args) => manage::resume(&args),
        Step::Retire(args) => manage::retire(&args),
        Step::Authority(args) => authority::run(&args),
        Step::Guardian(args) => guardian::run(&args),
        Step::Show(args) => show::run(&args),
        Step::List(args) => list::run(&args),
    }
}
