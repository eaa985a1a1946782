//! `assay member key`: the holder's secret and its key.

use std::path::PathBuf;

use assay::member;
use serde_json::json;

use super::secrets::Kind;
use crate::commands::print;
use crate::files::Force;
use crate::ui;

const EXAMPLE: &str = "\
Examples:
  $ assay member key --save-secret secret.json
  $ assay member key --secret secret.json

The key goes to the issuer; it tells nothing of the secret. The file is readable by its owner only.
Whoever has the secret, and the values and salt of a leaf, proves as their holder.";

/// Draw a holder's secret, or show the key of one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Draw a secret and save it here, readable by the owner only
    #[arg(long, value_name = "FILE.json", required_unless_present = "secret", conflicts_with = "secret")]
    save_secret: Option<PathBuf>,
    /// Show the key of the secret in this file
    #[arg(long, value_name = "FILE.json")]
    secret: Option<PathBuf>,
    /// Replace a secret, which is lost then
    #[arg(long, requires = "save_secret")]
    force: bool,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let secret = match (&args.secret, &args.save_secret) {
        (Some(path), _) => Kind::Secret.read(path)?,
        (None, Some(path)) => Kind::Secret.draw(path, &[], Force::from(args.force))?,
        (None, None) => anyhow::bail!("a key needs --save-secret or --secret"),
    };
    let key = member::key(secret)?;
    if let Some(path) = &args.save_secret {
        ui::note(&format!("wrote {}: keep it; whoever has it proves in your name", path.display()));
    }
    print(|| json!({ "key": key.to_string() }), || format!("{key}\n"))
}
