//! `assay weights audit`: are these the weights that were committed to?

use std::path::PathBuf;

use assay::{Class, ValidatedKeys};
use serde_json::json;

use crate::artifacts;
use crate::commands::{print, show};
use crate::files;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{BAD, GOOD, escaped, paint};

const EXAMPLE: &str = "\
Example:
  $ assay weights audit risk.commitment --model risk.assay --weights risk.weights --key risk.pk

For whoever is shown a weights file, an auditor of the model say: the commitment is made again from
the weights and the mask in it, and compared. What the model does then, `assay run --weights` and
`assay explain --weights` show.

Exit code 0: these weights. Exit code 1: others. Exit code 2: the question could not be asked.";

/// Compare a commitment with the weights in a file.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Commitment, from `assay weights commit`
    #[arg(value_name = "FILE.commitment")]
    commitment: PathBuf,
    /// Architecture of the weights
    #[arg(long, value_name = "MODEL.assay")]
    model: PathBuf,
    /// The weights, with their mask
    #[arg(long, value_name = "FILE.weights")]
    weights: PathBuf,
    /// Proving key of the architecture, which holds the points of the weights
    #[arg(long, value_name = "MODEL.pk")]
    key: PathBuf,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let commitment = artifacts::commitment(&args.commitment)?;
    let model = artifacts::model_with(&args.model, Some(&args.weights))?;
    files::check(&args.key, "proving key")?;
    let key = observed("reading and checking the proving key", |observer| {
        assay::open_weights_key(&args.key, &ValidatedKeys::of_user(), observer)
    })?;
    artifacts::pair(&model, &args.key, key.circuit_digest())?;
    let reason = match commitment.audit(&model.model, &key) {
        Ok(()) => None,
        Err(error) if error.class() == Class::Invalid => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let file = show(&args.commitment);
    print(
        || json!({ "valid": reason.is_none(), "reason": reason, "commitment_file": file }),
        || match &reason {
            None => format!("{}  {file} is the commitment to these weights\n", paint(GOOD, "valid")),
            Some(text) => format!("{}  {}\n", paint(BAD, "invalid"), escaped(&format!("{file}: {text}"))),
        },
    )?;
    Ok(if reason.is_none() { Outcome::Valid } else { Outcome::Invalid })
}
