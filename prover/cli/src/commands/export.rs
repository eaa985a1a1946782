//! `assay export`: a key and its proofs in the forms of other chains.

mod calldata;
mod solidity;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
From a model to a verified proof on a chain with the Ethereum virtual machine:

  assay export solidity --vk risk.vk --model risk.assay -o RiskVerifier.sol
  forge create RiskVerifier.sol:RiskVerifier --optimize --optimizer-runs 200 --broadcast ...
  assay prove --model risk.assay --key risk.pk --input input.json -o decision.proof
  cast call ADDRESS $(assay export calldata --proof decision.proof)

A call that returns the statement's digest was given a valid proof; one that was not reverts, with
the reason's name; one that returns 0x reached no contract. What that costs and whom it trusts:
docs/other-chains.md.";

/// Write a verifier for another chain, or the call that it takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    form: FormOf,
}

#[derive(Debug, clap::Subcommand)]
enum FormOf {
    Solidity(solidity::Args),
    Calldata(calldata::Args),
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.form {
        FormOf::Solidity(args) => solidity::run(args)?,
        FormOf::Calldata(args) => calldata::run(args)?,
    }
    Ok(Outcome::Valid)
}
