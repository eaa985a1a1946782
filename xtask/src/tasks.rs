//! The commands that run what the programs are built for: tests and demonstration.

use anyhow::Result;

use crate::process::{cargo, progress, run};
use crate::programs::{self, Toolchain};
use crate::snarkjs;
use crate::workspace::Workspace;

/// Builds the programs, fetches snarkjs, then runs every test of the workspace in release mode.
pub fn test(workspace: &Workspace, toolchain: Toolchain, args: &[String]) -> Result<()> {
    programs::build(workspace, toolchain)?;
    let snarkjs = snarkjs::install(workspace)?;
    progress("testing the workspace");
    run(cargo()
        .current_dir(&workspace.root)
        .env(snarkjs::VARIABLE, snarkjs)
        .args(["test", "--release", "--workspace"])
        .args(args))
}

/// Builds the programs, then runs the demonstration.
pub fn demo(workspace: &Workspace, toolchain: Toolchain, args: &[String]) -> Result<()> {
    programs::build(workspace, toolchain)?;
    progress("running the demonstration");
    run(cargo()
        .current_dir(&workspace.root)
        .args(["run", "--release", "--quiet", "--package", "assay-cli", "--", "demo"])
        .args(args))
}
