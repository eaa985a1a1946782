//! `assay weights`: the weights of architectures, which their circuits do not hold.

mod audit;
mod check;
mod commit;
mod fit;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
A model compiled with --weights committed has a circuit for every model of its architecture, and one
pair of keys. Its weights are in a file of their own, and what others see of them is a commitment:

  assay compile risk.onnx samples.csv --weights committed
                  writes risk.assay (architecture, public) and risk.weights (secret)
  assay setup risk.assay --development
                  keys for all models of the architecture, and for registrations
  assay weights commit risk.assay --weights risk.weights --address 1f00...
                  writes risk.commitment (public): what binds the weights, for one place
  assay weights fit retrained.onnx samples.csv --architecture risk.assay -o risk-2.weights
                  a retrained model in the same formats: no new circuit, no new keys
  assay prove --model risk.assay --weights risk.weights --key risk.pk --input input.json
  assay verify --vk risk.vk --proof risk.proof --commitment risk.commitment \\
      --registration-vk risk.registration.vk --model risk.assay

Whoever has a weights file can prove as the model's owner, and sees the model. docs/committed-weights.md
says what is hidden, what is bound, and what stays open.";

/// Fit models to architectures whose weights are committed to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Fit(fit::Args),
    Commit(commit::Args),
    Check(check::Args),
    Audit(audit::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::Fit(args) => fit::run(&args)?,
        Step::Commit(args) => commit::run(&args)?,
        Step::Check(args) => return check::run(&args),
        Step::Audit(args) => return audit::run(&args),
    }
    Ok(Outcome::Valid)
}
