//! Where things are: the repository's root and its build directories.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository and its output directories.
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's build directory: `CARGO_TARGET_DIR`, or `target` in the root.
    pub target: PathBuf,
}

impl Workspace {
    /// The repository that cargo runs this xtask in. What was compiled in can be another one: clones that share a
    /// `CARGO_TARGET_DIR` share the binary.
    pub fn locate() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root =
            Path::new(&package).parent().context("the xtask crate has no parent folder")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => root.join(dir), // an absolute path replaces the root
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Where a build leaves the programs' `.so` files. `CARGO_TARGET_DIR` does not move it, as it does not for Anchor.
    pub fn deploy(&self) -> PathBuf {
        self.root.join("target/deploy")
    }

    /// Where a build leaves the IDLs: `idl`, next to the deploy directory, as `anchor build` has it.
    pub fn idl(&self) -> PathBuf {
        self.root.join("target/idl")
    }
}
