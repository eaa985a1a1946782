//! `assay member path`: a holder's membership, from the leaves of the tree.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use assay::{Membership, Scalar, member, parse_scalar};
use serde_json::json;

use super::secrets::Kind;
use crate::artifacts;
use crate::commands::{bytes32, print, show};
use crate::failure::{HintExt, hinted};
use crate::files::{self, Claims, Force, Product};
use crate::inputs;
use crate::ui;

const EXAMPLE: &str = "\
Example:
  $ assay member path --model model.assay --input input.json --secret secret.json \\
      --salt salt.json --leaves leaves.txt --scope 1f00... -o membership.json

The file of leaves has every leaf of the tree, one a line, in the order in which they were
appended: what the program that keeps the tree has published. The leaf of this input, salt and
secret is looked up in it; the path leads to the root of exactly these leaves, which is printed:
compare it with the tree's. A tree grows, and old roots stop to count: with the leaves appended
since, the same command makes the path to the new root.

The scope is what the nullifier is for: 32 bytes in hexadecimal that the consumer names, such as
the address of its account. The result is a secret, as `assay prove --help` describes it.";

/// Most bytes of a file of leaves: some sixteen million.
const LEAVES: u64 = 1 << 30;

/// Find the path of a holder's leaf, for `assay prove --membership`.
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
    /// The holder's secret, from `assay member key`
    #[arg(long, value_name = "FILE.json")]
    secret: PathBuf,
    /// The leaf's salt, from `assay member leaf`
    #[arg(long, value_name = "FILE.json")]
    salt: PathBuf,
    /// Every leaf of the tree, one a line, in order
    #[arg(long, value_name = "FILE")]
    leaves: PathBuf,
    /// What the nullifier is for: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    scope: [u8; 32],
    /// Where the membership goes, readable by the owner only
    #[arg(short, long, value_name = "FILE.json")]
    output: PathBuf,
    /// Replace a file that is no membership
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let model = artifacts::model(&args.model)?;
    let Some((name, depth)) = model.model.member_input() else {
        return Err(hinted(
            anyhow!("model {:?} has no member input", model.model.name()),
            "`assay compile --member INPUT:DEPTH` makes one",
        ));
    };
    let inputs = inputs::choose_one(&model, &args.input, args.row)?;
    let (secret, salt) = (Kind::Secret.read(&args.secret)?, Kind::Salt.read(&args.salt)?);
    let leaf = inputs.leaf(salt, member::key(secret)?)?;
    let leaves = read_leaves(&args.leaves)?;
    let position = leaves.iter().position(|other| *other == leaf).ok_or_else(|| {
        let error = anyhow!("{} does not hold the leaf {leaf}", args.leaves.display());
        hinted(
            error,
            format!("the leaf is of {name:?} in --input, --salt and --secret: one of them is another's"),
        )
    })?;
    let tree = member::Tree::from_leaves(depth, &leaves).with_context(|| show(&args.leaves))?;
    let position = u32::try_from(position).context("more leaves than any tree has")?;
    let membership = Membership { secret, salt, position, siblings: tree.path(position)?, scope: args.scope };
    let read = [&args.model, &args.input, &args.secret, &args.salt, &args.leaves].map(PathBuf::as_path);
    let output = Claims::reading(read).output(&args.output, Product::Membership, Force::from(args.force))?;
    files::commit(vec![(output, membership.to_secret_json())])?;
    ui::note(&format!("wrote {}: a secret", show(&args.output)));
    let nullifier = member::nullifier(secret, &args.scope)?;
    print(
        || {
            json!({
                "root": tree.root().to_string(),
                "position": position,
                "leaves": leaves.len(),
                "nullifier": nullifier.to_string(),
            })
        },
        || {
            ui::fields(&[
                ("root", tree.root().to_string()),
                ("position", format!("{position} of {}", leaves.len())),
                ("nullifier", nullifier.to_string()),
            ])
        },
    )
}

/// The leaves of a file, one a line; empty lines count for nothing.
fn read_leaves(path: &Path) -> anyhow::Result<Vec<Scalar>> {
    let bytes = files::read(path, "file of leaves", LEAVES)?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not text", show(path)))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let leaf = |(number, line): (usize, &str)| {
        parse_scalar(line.trim())
            .with_context(|| format!("{}, line {}: no leaf", show(path), number + 1))
            .hint(|| "a leaf is 64 hexadecimal digits below the field's order, one a line")
    };
    lines.map(leaf).collect()
}
