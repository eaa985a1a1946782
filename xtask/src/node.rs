//! Node.js and npm, for what is tested from outside Rust.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::debian;
use crate::process::{find_on_path, progress, run};

/// Installs those of node and npm that are missing.
pub fn install() -> Result<()> {
    for (tool, package) in [("node", "nodejs"), ("npm", "npm")] {
        if find_on_path(tool).is_none() {
            debian::install(&[package], "install Node.js and npm")?;
        }
    }
    Ok(())
}

/// `npm` in a package's folder, whose dependencies are installed first, as its lock file says, where they are not.
pub fn npm(folder: &Path) -> Result<Command> {
    install()?;
    let npm = || {
        let mut npm = Command::new("npm");
        npm.current_dir(folder);
        npm
    };
    if !folder.join("node_modules").exists() {
        progress(&format!("installing the packages of {}", folder.display()));
        run(npm().args(["ci", "--silent", "--no-audit", "--no-fund"]))?;
    }
    Ok(npm())
}
