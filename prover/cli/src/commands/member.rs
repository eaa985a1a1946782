//! `assay member`: what holder and issuer of a tree of commitments make before there is a proof.

mod key;
mod leaf;
mod path;
mod secrets;

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
A model compiled with --member INPUT:DEPTH proves something of an input that an issuer has put
into a tree, and shows neither the input nor its place. The steps, and who does each:

  holder    assay member key --save-secret secret.json
            prints the key, for the issuer. The secret stays with the holder.
  issuer    assay member leaf --model model.assay --input input.json --key 0x... \\
                --save-salt salt.json
            prints the leaf, for the tree, and saves its salt, for the holder.
  holder    assay member path --model model.assay --input input.json --secret secret.json \\
                --salt salt.json --leaves leaves.txt --scope 1f00... -o membership.json
            finds the leaf among all of the tree's, and writes what a proof needs.
  holder    assay prove --model model.assay --key model.pk --input input.json \\
                --membership membership.json
  anyone    assay verify --vk model.vk --proof model.proof --model model.assay
            prints root, scope and nullifier: whether the root is one that counts, and the scope
            one's own, whoever verifies compares.

One secret has one nullifier for each scope, whatever the leaf. The issuer owes one key a person,
and a fresh salt in each tree. A secret that is sold or lent proves for whoever has it.";

/// Make keys, leaves and paths for models with a member input.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Key(key::Args),
    Leaf(leaf::Args),
    Path(path::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::Key(args) => key::run(&args)?,
        Step::Leaf(args) => leaf::run(&args)?,
        Step::Path(args) => path::run(&args)?,
    }
    Ok(Outcome::Valid)
}
