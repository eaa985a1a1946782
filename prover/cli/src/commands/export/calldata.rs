//! `assay export calldata`: decision.proof -> the bytes of a call.

use std::path::PathBuf;

use assay_evm::{verify_calldata, verify_statement_calldata};
use serde_json::json;

use crate::artifacts;
use crate::commands::{print, show};

const EXAMPLE: &str = "\
Examples:
  $ cast call 0x1234... $(assay export calldata --proof decision.proof)
  $ cast send 0x1234... $(assay export calldata --proof decision.proof --digest) ...

The first is a call of verifyStatement(bytes,bytes32,uint256[]), for a contract that was made with
--model, and returns the statement's digest; with --digest it is one of verify(bytes,uint256),
which every such contract has, and returns its KEY_HASH. A refusal reverts. A call that returns
nothing reached no contract, and shows nothing. Nothing is verified here: `assay verify` does that.
With --json the call's parts stand beside it, for contracts that take a proof among other
arguments.";

/// Print the call by which a contract from `assay export solidity` verifies a proof.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Proof, from `assay prove`; - for standard input
    #[arg(long, value_name = "FILE.proof")]
    proof: PathBuf,
    /// Name the statement by its digest alone
    #[arg(long)]
    digest: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let file = artifacts::proof(&args.proof)?;
    let digest = file.statement.digest()?;
    let call = if args.digest {
        verify_calldata(&file.proof, digest.as_be_bytes())
    } else {
        verify_statement_calldata(&file.proof, &file.statement)
    };
    let call = format!("0x{}", hex::encode(call));
    print(
        || {
            let limbs: Vec<String> = file.statement.limbs.iter().map(ToString::to_string).collect();
            json!({
                "proof_file": show(&args.proof),
                "function": if args.digest { "verify(bytes,uint256)" } else { "verifyStatement(bytes,bytes32,uint256[])" },
                "calldata": call,
                "proof": format!("0x{}", hex::encode(file.proof.as_bytes())),
                "digest": digest.to_string(),
                "context": format!("0x{}", hex::encode(file.statement.context)),
                "limbs": limbs,
            })
        },
        || format!("{call}\n"),
    )
}
