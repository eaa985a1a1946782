//! The page in `app/web`: built on the SDK, tested in Debian's Chromium against a cluster with the committed programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::debian;
use crate::process::{progress, run};
use crate::suite;
use crate::typescript;
use crate::workspace::Workspace;

/// A browser, and letters for it, which it only recommends.
const DEBIAN_PACKAGES: [&str; 2] = ["chromium", "fonts-dejavu-core"];

/// Builds the SDK, then builds and tests the page.
pub fn test(workspace: &Workspace) -> Result<()> {
    typescript::build(workspace)?;
    install(workspace)?;
    test_installed(workspace, &suite::command_line(workspace)?)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("app/web")
}

/// Installs what the page is built and tested with; the SDK is built.
pub fn install(workspace: &Workspace) -> Result<()> {
    debian::install(&DEBIAN_PACKAGES, "install Chromium, and name it in the variable CHROMIUM")?;
    typescript::install(&folder(workspace))
}

/// Builds and tests the page with what is installed; `binary` is the command line, which the tests' cluster proves with.
pub fn test_installed(workspace: &Workspace, binary: &Path) -> Result<()> {
    progress("building and testing the page");
    run(Command::new("npm")
        .current_dir(folder(workspace))
        .env("ASSAY_BINARY", binary)
        .args(["test", "--silent"]))
}
