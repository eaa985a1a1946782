//! `assay receipt`: what the verifier program recorded.

use std::path::PathBuf;

use anyhow::anyhow;
use assay_chain::registry;
use assay_host::time::utc;
use assay_verifier_host::{self as verifier, Receipt};
use serde_json::{Value, json};
use solana_address::Address;

use crate::artifacts;
use crate::commands::chain::{Connection, address, merged, told};
use crate::commands::{print, show};
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::ui::{self, BAD, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay receipt show 9aQd... --url devnet
  $ assay receipt show --proof decision.proof --of 5x3b... --url devnet    was it recorded?

A receipt says that the program accepted a proof of the statement with this digest, under this
model's key, at that time. The statement itself stands in the proof file: --proof computes its
digest. Exit code 1: there is no receipt.";

/// Look at what was recorded on a cluster.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Show(Show),
}

/// Show a receipt: which statement was proven for which model, and when.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
struct Show {
    /// Address of the receipt, which `assay submit` printed
    #[arg(value_name = "ADDRESS", value_parser = address, required_unless_present = "proof", conflicts_with = "proof")]
    receipt: Option<Address>,
    /// Proof whose statement's receipt is looked for
    #[arg(long, value_name = "FILE.proof", requires = "of")]
    proof: Option<PathBuf>,
    /// Address of the model under which it was recorded
    #[arg(long, value_name = "ADDRESS", value_parser = address, requires = "proof")]
    of: Option<Address>,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let Step::Show(args) = &args.step;
    let address = match (&args.receipt, &args.proof, &args.of) {
        (Some(address), ..) => *address,
        (None, Some(path), Some(model)) => {
            let digest = artifacts::proof(path)?.statement.digest().map_err(|error| {
                hinted(anyhow!("{}: {error}", show(path)), "`assay inspect` shows what is in the file")
            })?;
            verifier::receipt_address(model, &digest)
        }
        _ => return Err(hinted(anyhow!("which receipt?"), "name its address, or --proof and --of")),
    };
    let target = args.connection.open()?;
    let found = told(registry::receipt(&target.rpc, &address))?;
    print(
        || match &found {
            Some(receipt) => merged([json!({ "found": true }), described(&address, receipt).0]),
            None => json!({ "found": false, "receipt": address.to_string() }),
        },
        || match &found {
            Some(receipt) => ui::fields(&described(&address, receipt).1),
            None => format!("{}  at {address}\n", paint(BAD, "no receipt")),
        },
    )?;
    Ok(if found.is_some() { Outcome::Valid } else { Outcome::Invalid })
}

/// A receipt for a script and for a person.
pub fn described(address: &Address, receipt: &Receipt) -> (Value, Vec<(&'static str, String)>) {
    let setup = if receipt.setup == 0 { "development" } else { "ceremony" };
    let closes = receipt.recorded_at.saturating_add(Receipt::LIFETIME);
    let json = json!({
        "receipt": address.to_string(),
        "model": receipt.model.to_string(),
        "digest": format!("0x{}", hex::encode(receipt.digest)),
        "context": hex::encode(receipt.context),
        "index": receipt.index,
        "recorded_at": receipt.recorded_at,
        "slot": receipt.slot,
        "setup": setup,
        "payer": receipt.payer.to_string(),
        "closes_from": closes,
    });
    let lines = vec![
        ("receipt", address.to_string()),
        ("model", receipt.model.to_string()),
        ("digest", format!("0x{}", hex::encode(receipt.digest))),
        ("context", hex::encode(receipt.context)),
        (
            "recorded",
            format!(
                "{}, in slot {}, as the model's number {}",
                utc(receipt.recorded_at),
                receipt.slot,
                receipt.index
            ),
        ),
        ("setup", setup.into()),
        ("paid by", format!("{}, who may close it from {}", receipt.payer, utc(closes))),
    ];
    (json, lines)
}
