//! `assay audit`: what can be checked of a model, and of what was recorded under it.

mod model;
mod receipts;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
What an auditor asks, and what answers:

  assay audit model model.assay         does the circuit leave a prover any choice?
  assay audit receipts ADDRESS          was everything that was recorded on chain proven?

Exit code 0: nothing was found. Exit code 1: something was.";

/// Check a model's circuit, or everything that was recorded of a model on chain.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Model(model::Args),
    Receipts(receipts::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::Model(args) => model::run(args),
        Step::Receipts(args) => receipts::run(&args),
    }
}
