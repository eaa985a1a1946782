//! `assay weights check`: is this a commitment to weights of their formats, for this address?

use std::path::PathBuf;

use assay::{Class, Error};
use serde_json::json;

use crate::artifacts;
use crate::commands::{bytes32, print, show};
use crate::outcome::Outcome;
use crate::ui::{BAD, GOOD, escaped, paint};

const EXAMPLE: &str = "\
Example:
  $ assay weights check risk.commitment --vk risk.vk --registration-vk risk.registration.vk \\
      --address 1f00...

Valid means: the commitment holds weights and nothing else, each an integer of its format, and its maker
made it for the address. It does not mean that nobody else has them, nor what they are. What circuits
the keys are of, their files claim: --model compares the claims with the architecture's.

Exit code 0: valid. Exit code 1: invalid. Exit code 2: the question could not be asked.";

/// Check a commitment to weights, and its registration.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Commitment, from `assay weights commit`
    #[arg(value_name = "FILE.commitment")]
    commitment: PathBuf,
    /// Verifying key of the architecture
    #[arg(long, value_name = "MODEL.vk")]
    vk: PathBuf,
    /// Verifying key of registrations
    #[arg(long, value_name = "MODEL.registration.vk")]
    registration_vk: PathBuf,
    /// Architecture: both keys must claim its circuits
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// The place that it must be for: 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    address: [u8; 32],
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let commitment = artifacts::commitment(&args.commitment)?;
    let key = artifacts::weights_verifying_key(&args.vk)?;
    let registration_key = artifacts::weights_verifying_key(&args.registration_vk)?;
    if let Some(path) = &args.model {
        let model = artifacts::model(path)?;
        artifacts::pair(&model, &args.vk, key.circuit_digest())?;
        let (key, circuit) =
            (registration_key.circuit_digest(), assay::registration_circuit(&model.model)?.digest());
        if key != circuit {
            return Err(Error::WrongCircuit { key, model: model.model.name().into(), circuit }.into());
        }
    }
    let mut reason = match commitment.verify(&key, &registration_key) {
        Ok(()) => None,
        Err(error) if error.class() == Class::Invalid => Some((error.code(), error.to_string())),
        Err(error) => return Err(error.into()),
    };
    if reason.is_none() && commitment.address() != args.address {
        let error = Error::OtherContext { expected: args.address.into(), found: commitment.address().into() };
        reason = Some((error.code(), error.to_string()));
    }
    let file = show(&args.commitment);
    print(
        || {
            json!({
                "valid": reason.is_none(),
                "code": reason.as_ref().map(|(code, _)| *code),
                "reason": reason.as_ref().map(|(_, text)| text),
                "commitment": hex::encode(commitment.commitment().0),
                "address": hex::encode(commitment.address()),
            })
        },
        || match &reason {
            None => format!("{}  {file}\n", paint(GOOD, "valid")),
            Some((_, text)) => {
                format!("{}  {}\n", paint(BAD, "invalid"), escaped(&format!("{file}: {text}")))
            }
        },
    )?;
    Ok(if reason.is_none() { Outcome::Valid } else { Outcome::Invalid })
}
