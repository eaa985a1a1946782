//! snarkjs, another implementation of Groth16, which the tests hold our keys and proofs against.
//!
//! It runs on Node.js and comes from the npm registry into the build directory. It is a test tool: nothing that is
//! shipped contains or needs it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::node;
use crate::process::{progress, run};
use crate::workspace::Workspace;

const VERSION: &str = "0.7.6";

/// Name of the variable that tells the tests where snarkjs is.
pub const VARIABLE: &str = "ASSAY_SNARKJS";

/// Installs snarkjs where it is missing; the path of its executable.
pub fn install(workspace: &Workspace) -> Result<PathBuf> {
    let root = workspace.target.join("tools").join(format!("snarkjs-{VERSION}"));
    let path = root.join("node_modules/.bin/snarkjs");
    if path.exists() {
        return Ok(path);
    }
    node::install()?;
    progress(&format!("installing snarkjs {VERSION} into {}", root.display()));
    std::fs::create_dir_all(&root)?;
    run(Command::new("npm")
        .args([
            "install",
            "--silent",
            "--no-package-lock",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(&root)
        .arg(format!("snarkjs@{VERSION}")))?;
    Ok(path)
}
