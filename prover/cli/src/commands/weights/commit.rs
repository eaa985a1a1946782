//! `assay weights commit`: model.assay + model.weights + keys -> model.commitment.

use std::path::PathBuf;

use assay::{ArchitectureKeys, ValidatedKeys, WeightsRegistration};
use serde_json::json;

use crate::artifacts;
use crate::commands::{beside, bytes32, print, show};
use crate::files::{self, Claims, Force, Product};
use crate::progress::observed;
use crate::ui;

const EXAMPLE: &str = "\
Example:
  $ assay weights commit risk.assay --weights risk.weights --address 1f00...

The commitment tells nothing of the weights and binds them: no proof under it can use others. With it
goes a proof that each weight is an integer of its format, made for the address, which is the place that
the commitment will be kept at, such as an account. A commitment can be copied by whoever sees it; its
owner's proofs are then valid for the copy as well. So whoever relies on one compares the address.

One set of weights has one mask, drawn with it, so committing again gives the same commitment.";

/// Commit to the weights of a model, and prove that they are in their formats.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Architecture: a model that was compiled with --weights committed
    #[arg(value_name = "MODEL.assay")]
    model: PathBuf,
    /// The weights
    #[arg(long, value_name = "FILE.weights")]
    weights: PathBuf,
    /// The place that the commitment is for: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    address: [u8; 32],
    /// Proving key of the architecture [default: the model's name with the ending .pk]
    #[arg(long, value_name = "MODEL.pk")]
    key: Option<PathBuf>,
    /// Proving key of registrations [default: the model's name with the ending .registration.pk]
    #[arg(long, value_name = "MODEL.registration.pk")]
    registration_key: Option<PathBuf>,
    /// Where the commitment goes [default: the weights' name with the ending .commitment]
    #[arg(short, long, value_name = "FILE.commitment")]
    output: Option<PathBuf>,
    /// Replace a commitment
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let model = artifacts::model_with(&args.model, Some(&args.weights))?;
    let or_beside = |path: &Option<PathBuf>, ending| match path {
        Some(path) => Ok(path.clone()),
        None => beside(&args.model, ending),
    };
    let key = or_beside(&args.key, "pk")?;
    let registration_key = or_beside(&args.registration_key, "registration.pk")?;
    let path = match &args.output {
        Some(path) => path.clone(),
        None => beside(&args.weights, "commitment")?,
    };
    let read = [&args.model, &args.weights, &key, &registration_key];
    let mut claims = Claims::reading(read.map(PathBuf::as_path));
    let output = claims.output(&path, Product::Commitment, Force::from(args.force))?;
    files::check(&key, "proving key")?;
    files::check(&registration_key, "proving key of registrations")?;
    let registration = observed("committing to the weights", |_| {
        let keys = ArchitectureKeys::open(&key, &registration_key, &ValidatedKeys::of_user())?;
        WeightsRegistration::make(&model.model, &keys, args.address, &mut assay::system_rng()?)
    })?;
    files::commit(vec![(output, registration.to_bytes())])?;
    let commitment = hex::encode(registration.commitment().0);
    print(
        || {
            json!({
                "commitment_file": show(&path),
                "circuit": hex::encode(registration.circuit_digest()),
                "commitment": commitment,
                "address": hex::encode(registration.address()),
            })
        },
        || {
            ui::fields(&[
                ("commitment", show(&path)),
                ("D_w", commitment.clone()),
                ("address", hex::encode(registration.address())),
            ])
        },
    )
}
