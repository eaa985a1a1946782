//! `assay serve init`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use assay_service::config::Config;
use serde_json::json;

use crate::commands::{print, show};
use crate::failure::HintExt as _;
use crate::outcome::Outcome;
use crate::ui::{STRONG, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay serve init
  $ assay serve init production.toml

Everything in the file is a default, and is explained there.";

/// Write a configuration in which every key is explained.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The file to write
    #[arg(value_name = "FILE.toml", default_value = "service.toml")]
    output: PathBuf,
    /// Replace the file, whatever is in it
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!args.force);
    let written =
        options.open(&args.output).and_then(|mut file| file.write_all(Config::template().as_bytes()));
    written.with_context(|| show(&args.output)).hint(|| "name another file; --force replaces this one")?;
    print(
        || json!({ "config": show(&args.output) }),
        || format!("{}  {}\n", paint(STRONG, "written"), show(&args.output)),
    )?;
    Ok(Outcome::Valid)
}
