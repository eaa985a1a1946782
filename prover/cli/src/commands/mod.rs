//! One subcommand a file: its arguments, its help, what it does.

pub mod bench;
pub mod circom;
pub mod compile;
pub mod demo;
pub mod inspect;
pub mod prove;
pub mod setup;
pub mod verify;

use std::path::{Path, PathBuf};

use crate::failure::HintExt;
use crate::files::Existing;
use crate::ui;

/// First bytes of every artifact: an earlier output that may be replaced.
const ARTIFACT: &[u8] = &assay_interface::artifact::MAGIC;

/// `--force`, or else only an earlier output of the same kind gives way.
fn existing(force: bool, magic: &'static [u8]) -> Existing {
    if force { Existing::Force } else { Existing::Replace(magic) }
}

/// The path as messages and JSON show it.
fn show(path: &Path) -> String {
    path.display().to_string()
}

/// `path` with another ending, in the same directory.
fn sibling(path: &Path, extension: &str) -> PathBuf {
    path.with_extension(extension)
}

/// Parser of 32-byte arguments, for clap.
fn bytes32(text: &str) -> Result<[u8; 32], String> {
    ui::parse_hex32(text)
}

/// Writes the data of a command to stdout.
fn print(
    json: bool,
    value: impl FnOnce() -> serde_json::Value,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    let written = if json { ui::json(&value()) } else { ui::data(&text()) };
    written.hint(|| "stdout could not be written; the files that the command made are in place")
}
