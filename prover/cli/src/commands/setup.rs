//! `assay setup`: model.assay -> model.pk, model.vk.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::anyhow;
use assay_groth16::SetupError;
use rand::rngs::OsRng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use crate::artifacts;
use crate::cli::Outcome;
use crate::commands::{bytes32, print, show};
use crate::failure::hinted;
use crate::files::{self, Access, Existing, Output};
use crate::ui::{self, Spinner, bytes, duration, hex};

const EXAMPLE: &str = "\
Example:
  $ assay setup model.assay --development
  writes model.pk (the prover's) and model.vk (the verifier's), both or neither.

What --development means: Groth16 keys are made from secrets. Here this machine draws them,
uses them and forgets them; whoever could read its memory could forge proofs. The keys carry
the mark `development` for good, the verifier program stores it, and programs that hold real
funds refuse it. Ceremonies, whose keys are sound when one of many contributors was honest,
are not part of this version.";

/// Make the proving and the verifying key of a compiled model.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(value_name = "MODEL.assay")]
    model: PathBuf,
    /// Make development keys: this machine knows the secrets, and the keys say so for good
    #[arg(long)]
    development: bool,
    /// Directory for the keys [default: the model's]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Draw the secrets from these 32 bytes instead of the system's generator: for tests, where keys must repeat
    #[arg(long, value_name = "HEX", value_parser = bytes32, requires = "development")]
    seed: Option<[u8; 32]>,
    /// Replace existing keys
    #[arg(long)]
    force: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    if !args.development {
        return Err(hinted(
            anyhow!("a setup without --development is a ceremony, and this version has none yet"),
            "for tests and local networks: `assay setup --development` (its keys are marked as such for good)",
        ));
    }
    let model = artifacts::model(&args.model)?;
    let existing = if args.force { Existing::Force } else { Existing::Refuse };
    let destination = |extension| match &args.output {
        Some(directory) => {
            let name = args.model.with_extension(extension);
            directory.join(name.file_name().unwrap_or_default())
        }
        None => args.model.with_extension(extension),
    };
    if let Some(directory) = args.output.as_deref().filter(|path| !path.is_dir()) {
        return Err(hinted(
            anyhow!("{} is not a directory", directory.display()),
            "-o names an existing directory, which both keys go to",
        ));
    }
    // Made before the long work: a place that cannot be written to is found now.
    let proving = Output::create(&destination("pk"), existing, Access::Shared)?;
    let verifying = Output::create(&destination("vk"), existing, Access::Shared)?;
    if args.seed.is_some() {
        ui::warn(
            "--seed makes keys whose secrets anyone can compute who knows the seed: never use them beyond tests",
        );
    }

    let start = Instant::now();
    let (proving_key, verifying_key) = {
        let constraints = model.compiled.circuit.r1cs.num_constraints();
        let _spinner = Spinner::start(&format!("making development keys for {constraints} constraints"));
        let circuit = &model.compiled.circuit;
        match args.seed {
            Some(seed) => assay_groth16::setup_development(circuit, &mut ChaCha20Rng::from_seed(seed)),
            None => assay_groth16::setup_development(circuit, &mut OsRng),
        }
        .map_err(|error| match error {
            SetupError::Memory(_) | SetupError::Backend(_) => anyhow::Error::new(error),
            error => hinted(error, "the compiled model has no keys; compile it again from its ONNX file"),
        })?
    };
    let elapsed = start.elapsed();

    let (proving_path, verifying_path) = (proving.path().to_owned(), verifying.path().to_owned());
    let (proving_bytes, verifying_bytes) = (proving_key.as_bytes(), &verifying_key.to_bytes()[..]);
    let sizes = (proving_bytes.len() as u64, verifying_bytes.len() as u64);
    files::commit(vec![(proving, proving_bytes), (verifying, verifying_bytes)])?;

    ui::note(&format!("setup took {}", duration(elapsed)));
    let key_hash = hex(&verifying_key.to_interface().key_hash());
    print(
        args.json,
        || {
            json!({
                "proving_key": show(&proving_path),
                "verifying_key": show(&verifying_path),
                "circuit": hex(&model.circuit_digest),
                "key_hash": key_hash,
                "setup": "development",
                "seconds": elapsed.as_secs_f64(),
            })
        },
        || {
            ui::fields(&[
                ("proving key", format!("{} ({})", proving_path.display(), bytes(sizes.0))),
                ("verifying key", format!("{} ({})", verifying_path.display(), bytes(sizes.1))),
                ("circuit", hex(&model.circuit_digest)),
                ("key hash", key_hash.clone()),
                ("setup", "development: do not trust these keys with real funds".into()),
            ])
        },
    )?;
    Ok(Outcome::Valid)
}
