//! The page in `app/web`: built on the SDK, tested in Debian's Chromium against a cluster with the committed programs.

use std::process::Command;

use anyhow::Result;

use crate::debian;
use crate::process::{cargo, progress, run};
use crate::typescript;
use crate::workspace::Workspace;

/// A browser, and letters for it, which it only recommends.
const DEBIAN_PACKAGES: [&str; 2] = ["chromium", "fonts-dejavu-core"];

/// Builds the SDK, then builds and tests the page.
pub fn test(workspace: &Workspace) -> Result<()> {
    typescript::build(workspace)?;
    test_with_sdk(workspace)
}

/// Builds and tests the page; the SDK is built.
pub fn test_with_sdk(workspace: &Workspace) -> Result<()> {
    debian::install(&DEBIAN_PACKAGES, "install Chromium, and name it in the variable CHROMIUM")?;
    // The tests' cluster proves with the command line, built as its own tests are: as a binary alone it would have other features, and all
    // dependencies with it.
    let arguments = ["test", "--release", "--workspace", "--test", "cli", "--no-run", "--quiet"];
    run(cargo().current_dir(&workspace.root).args(arguments))?;
    let folder = workspace.root.join("app/web");
    typescript::install(&folder)?;
    progress("building and testing the page");
    run(Command::new("npm")
        .current_dir(folder)
        .env("ASSAY_BINARY", workspace.target.join("release/assay"))
        .args(["test", "--silent"]))
}
