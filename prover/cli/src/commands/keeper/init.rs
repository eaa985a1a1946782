//! `assay keeper init`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use assay_keeper::service::config::Config;
use serde_json::json;

use super::open::known;
use crate::commands::{print, show};
use crate::failure::HintExt as _;
use crate::outcome::Outcome;
use crate::ui::{STRONG, paint};

const EXAMPLE: &str = "\
Examples:
  $ assay keeper init
  $ assay keeper init lending.toml

Everything in the file is a default, and is explained there. What has to be written: the strategies,
each with its model, key and addresses, and the caps of the tokens that they spend.";

/// Write a configuration in which every key is explained.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The file to write
    #[arg(value_name = "FILE.toml", default_value = "keeper.toml")]
    output: PathBuf,
    /// Replace the file, whatever is in it
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let text = Config::template(&known());
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!args.force);
    let written = options.open(&args.output).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| show(&args.output)).hint(|| "name another file; --force replaces this one")?;
    print(
        || json!({ "config": show(&args.output) }),
        || format!("{}  {}\n", paint(STRONG, "written"), show(&args.output)),
    )?;
    Ok(Outcome::Valid)
}
