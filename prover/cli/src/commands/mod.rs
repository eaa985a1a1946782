//! One subcommand a file: its arguments, its help, what it does.

pub mod attestors;
pub mod audit;
pub mod bench;
pub mod ceremony;
mod chain;
pub mod circom;
pub mod compile;
pub mod explain;
pub mod export;
pub mod inspect;
pub mod keeper;
pub mod member;
pub mod model;
pub mod prove;
pub mod receipt;
pub mod run;
pub mod series;
pub mod serve;
pub mod setup;
pub mod shell;
pub mod submit;
pub mod verify;
pub mod weights;
pub mod worker;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use assay::{Scalar, SetupKind, parse_scalar};

use crate::failure::{HintExt, hinted};
use crate::files;
use crate::ui;

/// The path as messages and JSON show it.
fn show(path: &Path) -> String {
    path.display().to_string()
}

/// Where an output goes that no option names: `path`, the command's main input, with another ending.
fn beside(path: &Path, extension: &str) -> anyhow::Result<PathBuf> {
    if files::is_standard(path) {
        return Err(hinted(
            anyhow!("what comes from standard input gives its output no name"),
            "name the output, or the input's file",
        ));
    }
    Ok(path.with_extension(extension))
}

/// How a key's file says that its secrets were made, as JSON and tables have it.
fn setup_kind(kind: SetupKind) -> &'static str {
    match kind {
        SetupKind::Development => "development",
        SetupKind::Ceremony => "ceremony-claimed",
    }
}

/// Parser of 32-byte arguments, for clap.
fn bytes32(text: &str) -> Result<[u8; 32], String> {
    ui::parse_hex32(text)
}

/// Parser of field elements, for clap.
fn element(text: &str) -> Result<Scalar, String> {
    parse_scalar(text).ok_or_else(|| "an element is 64 hexadecimal digits, below the field's order".into())
}

/// Writes the result of a command: JSON or text.
fn print(value: impl FnOnce() -> serde_json::Value, text: impl FnOnce() -> String) -> anyhow::Result<()> {
    let written = if ui::is_json() { ui::json(&value()) } else { ui::data(&text()) };
    written.hint(|| "stdout could not be written; the files that the command made are in place")
}
