//! Building with Solana's own compiler, through `cargo build-sbf`.

use anyhow::{Context, Result, bail};

use crate::process::{cargo, find_on_path, run};
use crate::programs::Program;
use crate::workspace::Workspace;

/// Compiles `programs` into the deploy directory.
pub fn build(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    if find_on_path("cargo-build-sbf").is_none() {
        bail!(
            "cargo build-sbf is not on PATH\nhint: install Solana's command line tools, or leave `--toolchain` out"
        );
    }
    for program in programs {
        run(cargo()
            .current_dir(&workspace.root)
            .arg("build-sbf")
            .arg("--manifest-path")
            .arg(program.folder.join("Cargo.toml"))
            .args(["--arch", "v3", "--sbf-out-dir"])
            .arg(workspace.deploy())
            // The packages declare the host's Rust version; the compiler of platform-tools counts its own.
            .args(["--", "--ignore-rust-version"]))
        .with_context(|| format!("cannot build {}", program.package))?;
    }
    Ok(())
}
