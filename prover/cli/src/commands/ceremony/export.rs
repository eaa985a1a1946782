//! `assay ceremony export`: a ceremony -> model.pk, model.vk, model.transcript.json, once all of it is verified.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use assay_ceremony::to_json;
use serde_json::{Value, json};

use super::shared::{Sources, advised, contributors, open, verified_json, verified_lines};
use crate::commands::{beside, print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::progress::observed;
use crate::ui;

const EXAMPLE: &str = "\
Example:
  $ assay ceremony export ceremony --model model.assay --ptau powers.ptau
  writes model.pk, model.vk and model.transcript.json beside the model: all or none.

Everything is verified first, as `assay ceremony verify` does. The keys say that they come from a
ceremony; that is a claim, in every copy of them: publish the transcript with them, so that others
can verify it. `assay model register` takes the transcript's hash.";

/// Verify a ceremony and write its keys.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The ceremony's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    sources: Sources,
    /// Directory for the keys [default: the model's]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace existing keys
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (model, file) = args.sources.read()?;
    let ceremony = open(&args.folder)?;
    if let Some(directory) = args.output.as_deref().filter(|path| !path.is_dir()) {
        return Err(hinted(
            anyhow!("{} is not a directory", directory.display()),
            "-o names an existing directory, which the keys go to",
        ));
    }
    let mut claims = Claims::reading([args.sources.model.as_path(), &args.sources.ptau]);
    let force = Force::from(args.force);
    let proving = claims.output(&destination(args, "pk")?, Product::Key, force)?;
    let verifying = claims.output(&destination(args, "vk")?, Product::Key, force)?;
    let written = claims.output(&destination(args, "transcript.json")?, Product::Transcript, force)?;

    let phase1 = file.phase1().map_err(|error| advised(error.into()))?;
    let circuit = model.model.circuit();
    let key = observed("putting the key together", |observer| ceremony.key(circuit, observer));
    let key = key.map_err(advised)?;
    let transcript = ceremony.transcript();
    let verified = observed("verifying the ceremony", |observer| {
        assay_ceremony::verify(circuit, &phase1, transcript, &key, &[], observer)
    });
    let verified = verified.map_err(advised)?;

    let paths = [&proving, &verifying, &written].map(|output| show(output.path()));
    let verifying_bytes = key.verifying_key().to_bytes();
    let text = to_json(transcript);
    files::commit(vec![
        (proving, key.as_bytes()),
        (verifying, &verifying_bytes),
        (written, text.as_bytes()),
    ])?;
    let key_hash = hex::encode(key.verifying_key().to_interface().key_hash());
    let [proving, verifying, written] = paths;
    print(
        || {
            let mut value = verified_json(&verified);
            if let Value::Object(object) = &mut value {
                object.extend([
                    ("proving_key".to_owned(), json!(proving)),
                    ("verifying_key".to_owned(), json!(verifying)),
                    ("transcript".to_owned(), json!(written)),
                    ("key_hash".to_owned(), json!(key_hash)),
                    ("setup".to_owned(), json!("ceremony")),
                ]);
            }
            value
        },
        || {
            let mut lines = vec![
                ("proving key", proving.clone()),
                ("verifying key", verifying.clone()),
                ("transcript", written.clone()),
                ("key hash", key_hash.clone()),
            ];
            lines.extend(verified_lines(&verified));
            ui::fields(&lines) + &contributors(&verified)
        },
    )
}

/// Where the file with this ending goes.
fn destination(args: &Args, extension: &str) -> anyhow::Result<PathBuf> {
    let path = beside(&args.sources.model, extension)?;
    Ok(match (&args.output, path.file_name()) {
        (Some(directory), Some(name)) => Path::join(directory, name),
        _ => path,
    })
}
