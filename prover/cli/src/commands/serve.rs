//! `assay serve`: the proof service, for those who do not embed the prover.

mod init;
mod keys;
pub mod place;
mod start;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
From nothing to a proof:

  assay serve keys add me --rights submit,upload,metrics
                                        prints an API key, which is shown once
  assay serve                           a server at 127.0.0.1:8080 with a worker in it

and in another terminal, with the key in $KEY:

  curl -H \"Authorization: Bearer $KEY\" --data-binary @model.assay localhost:8080/v1/models
  curl -H \"Authorization: Bearer $KEY\" --data-binary @model.pk localhost:8080/v1/keys
  curl -H \"Authorization: Bearer $KEY\" localhost:8080/v1/jobs \\
       -d '{\"model\": \"DIGEST\", \"key\": \"DIGEST\", \"inputs\": {\"a\": 0.5, \"b\": -0.25}}'

Jobs, results and the queue are in SQLite below assay-service, or in Postgres, and then any number
of machines may run `assay serve` and `assay worker`. Inputs are encrypted until they are proven.
Ctrl-C or SIGTERM: nothing new is begun, and what was begun comes to its end. After kill -9 no job
is lost: it is tried again, three times in all. docs/service.md is the manual.";

/// Prove for others: jobs over HTTP, a queue, workers.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(flatten)]
    start: start::Args,
    #[command(subcommand)]
    step: Option<Step>,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Init(init::Args),
    Keys(keys::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        None => start::run(&args.start),
        Some(Step::Init(args)) => init::run(&args),
        Some(Step::Keys(args)) => keys::run(args),
    }
}
