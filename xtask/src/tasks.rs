//! The commands: each is a sequence of what the other modules do.

use std::path::PathBuf;

use anyhow::Result;

use crate::build::{self, Toolchain};
use crate::process::{cargo, progress, run};
use crate::workspace::Workspace;
use crate::{artifacts, identity, programs, snarkjs, typescript};

/// Compiles the programs; those of the packages become the committed ones.
pub fn build(workspace: &Workspace, toolchain: Toolchain) -> Result<()> {
    let programs = build::build(workspace, toolchain)?;
    match toolchain {
        Toolchain::Packages => artifacts::publish(workspace, &programs),
        Toolchain::PlatformTools => {
            progress(
                "programs/bin stays: other compilers give other bytes; ASSAY_DEPLOY_DIR=target/deploy tests these",
            );
            Ok(())
        }
    }
}

/// Compiles the programs and compares them with the committed ones.
pub fn verify_build(workspace: &Workspace) -> Result<()> {
    let programs = build::build(workspace, Toolchain::Packages)?;
    artifacts::verify(workspace, &programs)
}

/// Checks the programs' addresses and puts their key pairs where Anchor looks for them.
pub fn keys(workspace: &Workspace) -> Result<()> {
    let programs = programs::all(workspace)?;
    identity::check(workspace, &programs)?;
    identity::place_keypairs(workspace, &programs)
}

/// Verifies the committed programs and the SDK's module, tests the SDK, fetches snarkjs, then runs every test of the workspace in release mode.
pub fn test(workspace: &Workspace, args: &[String]) -> Result<()> {
    verify_build(workspace)?;
    typescript::verify_module(workspace)?;
    typescript::test(workspace)?;
    let snarkjs: PathBuf = snarkjs::install(workspace)?;
    progress("testing the workspace");
    run(cargo()
        .current_dir(&workspace.root)
        .env(snarkjs::VARIABLE, snarkjs)
        .args(["test", "--release", "--workspace"])
        .args(args))
}

/// Runs the demonstration on the committed programs.
pub fn demo(workspace: &Workspace, args: &[String]) -> Result<()> {
    artifacts::check(workspace, &programs::all(workspace)?)?;
    progress("running the demonstration");
    run(cargo()
        .current_dir(&workspace.root)
        .args(["run", "--release", "--quiet", "--package", "assay-demo", "--"])
        .args(args))
}
