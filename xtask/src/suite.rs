//! The workspace's tests as cargo compiles them: always of the whole workspace, because for single packages it would compile others'
//! dependencies with other features, and in a profile that takes a third less to compile than what is released.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{cargo, run};
use crate::workspace::Workspace;

/// The profile in the workspace's `Cargo.toml`, and its folder in the build directory.
pub const PROFILE: &str = "quick";

/// `cargo test` of the workspace.
pub fn command(workspace: &Workspace) -> Command {
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["test", "--workspace", "--locked", "--profile", PROFILE]);
    command
}

/// The command line, built with its own tests.
pub fn command_line(workspace: &Workspace) -> Result<PathBuf> {
    run(command(workspace).args(["--quiet", "--no-run", "--test", "cli"]))?;
    Ok(workspace.target.join(PROFILE).join("assay"))
}
