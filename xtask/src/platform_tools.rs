//! Building with Solana's own compiler, through `cargo build-sbf`.

use anyhow::{Context, Result};

use crate::process::{cargo, find_on_path, run};
use crate::programs::Program;
use crate::workspace::Workspace;

/// Whether `cargo build-sbf` can be run.
pub fn is_installed() -> bool {
    find_on_path("cargo-build-sbf").is_some()
}

/// Compiles `programs` into the deploy directory.
pub fn build(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    for program in programs {
        run(cargo()
            .current_dir(&workspace.root)
            .arg("build-sbf")
            .arg("--manifest-path")
            .arg(workspace.root.join(program.folder).join("Cargo.toml"))
            .arg("--sbf-out-dir")
            .arg(workspace.deploy())
            // The packages declare the host's Rust version; the compiler of platform-tools counts its own.
            .args(["--", "--ignore-rust-version"]))
        .with_context(|| {
            format!("cannot build {}; `--toolchain packages` is the other route", program.package)
        })?;
    }
    Ok(())
}
