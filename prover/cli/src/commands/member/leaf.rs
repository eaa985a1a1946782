//! `assay member leaf`: what an issuer puts into the tree.

use std::path::PathBuf;

use assay::Scalar;
use serde_json::json;

use super::secrets::Kind;
use crate::artifacts;
use crate::commands::{element, print};
use crate::files::Force;
use crate::inputs;
use crate::ui;

const EXAMPLE: &str = "\
Examples:
  $ assay member leaf --model model.assay --input input.json --key 0x1f... --save-salt salt.json
  $ assay member leaf --model model.assay --input input.json --key 0x1f... --salt salt.json

The leaf commits to the member input, under a salt, and belongs to the owner of the key. The salt
goes to the holder and to nobody else: values of few possibilities can be guessed by whoever has
it. A fresh salt in each tree keeps the holder's leaves from being linked.

Whoever puts leaves into a tree owes that the values are true, and one key a person: a second key
is a second nullifier.";

/// Make the leaf of an input, for the owner of a key.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model with a member input
    #[arg(long, value_name = "MODEL.assay")]
    model: PathBuf,
    /// Inputs in the model's own units: JSON, CSV, .npy or .npz; - for standard input
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Row of the inputs, counted from 1
    #[arg(long, value_name = "N")]
    row: Option<usize>,
    /// The holder's key, from `assay member key`
    #[arg(long, value_name = "HEX", value_parser = element)]
    key: Scalar,
    /// Draw a salt and save it here, readable by the owner only
    #[arg(long, value_name = "FILE.json", required_unless_present = "salt", conflicts_with = "salt")]
    save_salt: Option<PathBuf>,
    /// Use the salt in this file
    #[arg(long, value_name = "FILE.json")]
    salt: Option<PathBuf>,
    /// Replace a salt, which is lost then
    #[arg(long, requires = "save_salt")]
    force: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let model = artifacts::model(&args.model)?;
    let inputs = inputs::choose_one(&model, &args.input, args.row)?;
    // A model without a member input is refused before a salt is drawn.
    inputs.leaf(Scalar::ZERO, args.key)?;
    let salt = match (&args.salt, &args.save_salt) {
        (Some(path), _) => Kind::Salt.read(path)?,
        (None, Some(path)) => {
            Kind::Salt.draw(path, &[args.model.as_path(), args.input.as_path()], Force::from(args.force))?
        }
        (None, None) => anyhow::bail!("a leaf needs --save-salt or --salt"),
    };
    let leaf = inputs.leaf(salt, args.key)?;
    if let Some(path) = &args.save_salt {
        ui::note(&format!("wrote {}: for the holder, and for nobody else", path.display()));
    }
    print(|| json!({ "leaf": leaf.to_string() }), || format!("{leaf}\n"))
}
