//! What the command is told.

use clap::Parser;

use crate::row::Ark;

const EXAMPLE: &str = "\
Examples:
  $ cargo run --release -p assay-compare                       every row, minutes
  $ cargo run --release -p assay-compare -- --only lenet,cnn-264k --runs 20
  $ cargo run --release -p assay-compare -- --json | jq '.rows[] | {name, constraints, ark_ratio}'

Rows: liquidation-risk (the repository's model); mlp-16-32-16-1, mnist-mlp-784-56-10, lenet,
cnn-264k, dense-4m, dense-18m (random weights from a seed); the engine alone: squarings-2^16,
bits-67600. By name only: squarings-2^18, squarings-2^20, and other numbers.
Every row runs in a process of its own, so that its peak memory is its own. Compute units are
measured where `cargo xtask build` has built the programs.

`witness + prove` is what a keeper pays for each decision: the key is loaded, the input is
fresh. `ark` is the time of ark-groth16 for the same constraints in the same run over ours.";

/// Compare Assay with ark-groth16 over a suite of models.
#[derive(Debug, Parser)]
#[command(name = "assay-compare", version, after_help = EXAMPLE)]
pub struct Args {
    /// Rows of the suite to run
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Measured runs of each model, after one that warms up
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,
    /// Seed of the generated models' weights
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Leave out ark-groth16, which takes most of the time for large models
    #[arg(long)]
    pub without_ark: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// One row of the suite, measured in this process
    #[arg(long, value_name = "NAME", hide = true)]
    pub row: Option<String>,
}

impl Args {
    /// Whether ark-groth16 runs.
    pub fn ark(&self) -> Ark {
        if self.without_ark { Ark::LeftOut } else { Ark::Compared }
    }
}
