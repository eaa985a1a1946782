//! `assay ceremony new`: a model and a first phase -> a folder.

use std::path::PathBuf;

use assay_ceremony::{Ceremony, Options};
use serde_json::json;

use super::shared::{advised, first_phase, name, phase1_json, sources};
use crate::commands::{print, show};
use crate::progress::observed;
use crate::ui;

const EXAMPLE: &str = "\
Example:
  $ assay ceremony new model.assay --ptau powersOfTau28_hez_final_16.ptau -o ceremony \\
      --beacon \"drand quicknet round 20000000\"

Checks the powers, and makes the key whose secrets are all one: anybody can forge under it until
somebody has contributed. If it is interrupted, the same command goes on. Nothing in it is secret.
Each contributor compares the state with model and powers before he contributes, and
`assay ceremony verify` the last key: without that, nothing is known of it.

A beacon is a value that nobody can know yet. Name one that comes after the last contribution: a
round of drand, or a slot of Solana. It becomes part of every contribution.";

/// Begin a ceremony.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(value_name = "MODEL.assay")]
    model: PathBuf,
    /// First phase: powers of tau in snarkjs' form, prepared or not
    #[arg(long, value_name = "FILE.ptau")]
    ptau: PathBuf,
    /// Folder for the ceremony
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// The beacon that will end it, by name
    #[arg(long, value_name = "NAME", value_parser = name)]
    beacon: Option<String>,
    /// Take a domain of 2^k points: faster here where the first phase is prepared, and up to two thirds slower in each proof
    #[arg(long)]
    power_of_two: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<()> {
    let (model, file) = sources(&args.model, &args.ptau)?;
    let phase1 = file.phase1().map_err(|error| advised(error.into()))?;
    let options = Options { beacon: args.beacon, power_of_two: args.power_of_two };
    let task = "making the ceremony's first key";
    let begun = observed(task, |observer| {
        Ceremony::begin(&args.output, model.model.circuit(), &phase1, options, observer)
    });
    let ceremony = begun.map_err(advised)?;
    if ceremony.transcript().beginning.phase1.known_as().is_none() {
        ui::warn(
            "no public first phase: whoever made this file can forge under every key that is made from it",
        );
    }
    let beginning = &ceremony.transcript().beginning;
    let hash = hex::encode(beginning.hash());
    let challenge = hex::encode(beginning.phase1.last_challenge);
    print(
        || {
            json!({
                "ceremony": show(&args.output),
                "circuit": hex::encode(beginning.circuit),
                "domain": beginning.domain,
                "phase1": phase1_json(&beginning.phase1),
                "beacon": beginning.beacon,
                "begin": hash,
            })
        },
        || {
            ui::fields(&[
                ("ceremony", show(&args.output)),
                ("circuit", hex::encode(beginning.circuit)),
                ("domain", format!("{} points", beginning.domain)),
                ("first phase", first_phase(&beginning.phase1)),
                ("last challenge", format!("{challenge}, as the .ptau says")),
                ("beacon", beginning.beacon.clone().unwrap_or_else(|| "none".into())),
                ("begin", hash.clone()),
            ])
        },
    )
}
