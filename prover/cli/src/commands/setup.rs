//! `assay setup`: model.assay -> model.pk, model.vk.

mod architecture;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::anyhow;
use assay::{Error, Keys, SetupSeed};
use serde_json::json;

use crate::artifacts;
use crate::commands::{beside, bytes32, print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, bytes, duration};

const EXAMPLE: &str = "\
Example:
  $ assay setup model.assay --development
  writes model.pk (the prover's) and model.vk (the verifier's), both or neither.

A model compiled with --weights committed gets four: keys of its circuit, which serve every model of
the architecture, and model.registration.pk and .vk, of the circuit that proves the ranges of weights
(`assay weights --help`). They are made together, and serve together only.

What --development means: Groth16 keys are made from secrets. Here this machine draws them,
uses them and forgets them; whoever could read its memory could forge proofs. The keys carry
the mark `development` for good, the verifier program stores it, and programs that hold real
funds refuse it. `assay ceremony` makes keys that are sound when one of many contributors was
honest.

A key's file claims which circuit it is of, and nothing in it shows that. --setup-record keeps
the secrets' seed, from which `assay verify --setup-record` makes the key again and compares.
Whoever has the record can forge proofs under the key: give it to no one but an auditor of a
test deployment.";

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
    /// Keep the seed of the secrets here, readable by the owner only: it shows which circuit the keys are of
    #[arg(long, value_name = "FILE.secret")]
    setup_record: Option<PathBuf>,
    /// Replace existing keys
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    if !args.development {
        return Err(hinted(
            anyhow!(
                "a setup on one machine makes development keys, and --development says that this is known"
            ),
            "for tests and local networks: `assay setup --development` (its keys are marked as such for good); for all else \
             `assay ceremony`, with many contributors",
        ));
    }
    let model = artifacts::model(&args.model)?;
    if let Some(directory) = args.output.as_deref().filter(|path| !path.is_dir()) {
        return Err(hinted(
            anyhow!("{} is not a directory", directory.display()),
            "-o names an existing directory, which both keys go to",
        ));
    }
    if args.seed.is_some() {
        ui::warn(
            "--seed makes keys whose secrets anyone can compute who knows the seed: never use them beyond tests",
        );
    }
    let seed = match args.seed {
        Some(seed) => SetupSeed::from_bytes(seed),
        None => SetupSeed::draw(&mut assay::system_rng()?),
    };
    if model.model.is_committed() {
        let paths = architecture::ENDINGS.map(|ending| destination(&args, ending));
        let paths = paths.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        return architecture::run(&model, &seed, &paths, args.setup_record.as_deref(), args.force.into());
    }
    // Made before the long work: a place that cannot be written to is found now.
    let (mut claims, force) = (Claims::reading([args.model.as_path()]), Force::from(args.force));
    let proving = claims.output(&destination(&args, "pk")?, Product::Key, force)?;
    let verifying = claims.output(&destination(&args, "vk")?, Product::Key, force)?;
    let kept = args.setup_record.as_deref();
    let kept = kept.map(|path| claims.output(path, Product::SetupRecord, force)).transpose()?;
    let constraints = model.model.circuit().r1cs.num_constraints();
    let task = format!("making development keys for {constraints} constraints");
    let start = Instant::now();
    let (keys, record) = observed(&task, |observer| Keys::setup_recorded(&model.model, seed, observer))
        .map_err(|error| match error {
            Error::Setup(_) => {
                hinted(error, "the compiled model has no keys; compile it again from its ONNX file")
            }
            error => error.into(),
        })?;
    let elapsed = start.elapsed();

    let paths = [&proving, &verifying].map(|output| output.path().to_owned());
    let record_path = kept.as_ref().map(|output| output.path().to_owned());
    let verifying_bytes = keys.verifying_key().to_bytes();
    let record_bytes = record.to_secret_bytes();
    let sizes = [keys.as_bytes().len() as u64, verifying_bytes.len() as u64];
    let mut group = vec![(proving, keys.as_bytes()), (verifying, &verifying_bytes)];
    group.extend(kept.map(|output| (output, &record_bytes[..])));
    files::commit(group)?;

    ui::note(&format!("setup took {}", duration(elapsed)));
    let key_hash = hex::encode(keys.verifying_key().to_interface().key_hash());
    let circuit = hex::encode(model.model.circuit_digest());
    let [proving, verifying] = &paths;
    print(
        || {
            json!({
                "proving_key": show(proving),
                "verifying_key": show(verifying),
                "setup_record": record_path.as_deref().map(show),
                "circuit": circuit,
                "key_hash": key_hash,
                "setup": "development",
                "seconds": elapsed.as_secs_f64(),
            })
        },
        || {
            let size = |path: &Path, size| format!("{} ({})", path.display(), bytes(size));
            let mut lines =
                vec![("proving key", size(proving, sizes[0])), ("verifying key", size(verifying, sizes[1]))];
            if let Some(path) = &record_path {
                lines.push(("setup record", format!("{}: keep it secret", path.display())));
            }
            lines.push(("circuit", circuit.clone()));
            lines.push(("key hash", key_hash.clone()));
            lines.push(("setup", "development: do not trust these keys with real funds".into()));
            ui::fields(&lines)
        },
    )?;
    Ok(Outcome::Valid)
}

/// Where the key with this ending goes.
fn destination(args: &Args, extension: &str) -> anyhow::Result<PathBuf> {
    let path = beside(&args.model, extension)?;
    match (&args.output, path.file_name()) {
        (Some(directory), Some(name)) => Ok(directory.join(name)),
        _ => Ok(path),
    }
}
