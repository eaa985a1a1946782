//! `assay ceremony`: keys that are sound if one of many contributors checked, contributed and forgot.

mod begin;
mod contribute;
mod export;
mod packed;
mod shared;
mod verify;

pub use shared::{Trusted, advised, ceremony_lines, is_no_answer, ptau, transcript, verified_json};

use crate::outcome::Outcome;

const EXAMPLE: &str = "\
A ceremony, and who does what:

  coordinator   assay ceremony new model.assay --ptau powers.ptau -o ceremony \\
                  --beacon \"drand quicknet round 20000000\"
                assay ceremony pack ceremony -o 0.ceremony           and sends the file on
  contributor   assay ceremony unpack 0.ceremony -o ceremony
                assay ceremony contribute ceremony --name alice \\
                  --model model.assay --ptau powers.ptau             checks the state, contributes,
                                                                     prints a hash: publish it
                assay ceremony pack ceremony -o 1.ceremony           and sends the file on
  coordinator   assay ceremony beacon ceremony --value 9a3f... \\
                  --model model.assay --ptau powers.ptau             once the round is out
                assay ceremony export ceremony --model model.assay --ptau powers.ptau
                writes model.pk, model.vk and model.transcript.json, after it has verified all of it
  anyone        assay ceremony verify --transcript model.transcript.json --pk model.pk \\
                  --model model.assay --ptau powers.ptau --contribution HASH

The .ptau is a first phase in snarkjs' form: the public powers of tau (powersOfTau28_hez_final_NN.ptau)
have as many as any circuit needs, and are known by their digests. The keys are sound if one
contributor of the first phase deleted his secrets, and one of this one did so after he had checked,
by that first phase and the model, the state that he was sent. docs/ceremony.md is the runbook.";

/// Make keys with many contributors, of whom one has to check, contribute and forget.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    New(begin::Args),
    Contribute(contribute::Args),
    Beacon(contribute::BeaconArgs),
    Verify(verify::Args),
    Export(export::Args),
    Pack(packed::PackArgs),
    Unpack(packed::UnpackArgs),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    match args.step {
        Step::New(args) => begin::run(args)?,
        Step::Contribute(args) => contribute::run(args)?,
        Step::Beacon(args) => contribute::beacon(&args)?,
        Step::Verify(args) => return verify::run(&args),
        Step::Export(args) => export::run(&args)?,
        Step::Pack(args) => packed::pack(&args)?,
        Step::Unpack(args) => packed::unpack(&args)?,
    }
    Ok(Outcome::Valid)
}
