//! Contracts for the Ethereum virtual machine: compiled by Solidity's compiler and run, in `tests/evm`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process::{progress, run};
use crate::suite;
use crate::typescript;
use crate::workspace::Workspace;

/// Installs what the contracts are tested with, and tests them.
pub fn test(workspace: &Workspace) -> Result<()> {
    install(workspace)?;
    test_installed(workspace, &suite::command_line(workspace)?)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/evm")
}

/// Installs the compiler and the virtual machine, as the lock file says.
pub fn install(workspace: &Workspace) -> Result<()> {
    typescript::install(&folder(workspace))
}

/// Tests with what is installed; `binary` is the command line, which makes the contracts.
pub fn test_installed(workspace: &Workspace, binary: &Path) -> Result<()> {
    progress("testing contracts for the Ethereum virtual machine");
    run(Command::new("npm")
        .current_dir(folder(workspace))
        .env("ASSAY_BINARY", binary)
        .args(["test", "--silent"]))
}
