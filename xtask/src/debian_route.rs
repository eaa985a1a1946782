//! Building SBPF programs from Debian packages, for machines that cannot fetch Solana's own compiler.
//!
//! Debian's `rustc-web` and `llvm-22` share one version of LLVM with the `sbpf-linker` crate, so bitcode passes
//! between them. [`packages`] installs what is missing; [`compile`] runs cargo for the target of `sbpf-solana.json`,
//! standard library included, with the linker of `tools/sbpf`, which writes the program.

mod compile;
mod packages;

pub use compile::{cargo, remapped};
pub use packages::{Tools, install};

use std::fs::{self, File};

use anyhow::{Context, Result};

use crate::programs::Program;
use crate::workspace::Workspace;

/// Compiles `programs` into the deploy directory.
pub fn build(workspace: &Workspace, tools: &Tools, programs: &[Program]) -> Result<()> {
    let directory = workspace.target.join("sbpf");
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    // Two builds at once would write the same intermediate files.
    let lock_path = directory.join("lock");
    let lock = File::create(&lock_path).with_context(|| format!("cannot create {}", lock_path.display()))?;
    lock.lock().with_context(|| format!("cannot lock {}", lock_path.display()))?;

    let deploy = workspace.deploy();
    fs::create_dir_all(&deploy).with_context(|| format!("cannot create {}", deploy.display()))?;
    for program in programs {
        let compiled = compile::compile(workspace, &directory, tools, program)?;
        let output = deploy.join(format!("{}.so", program.library));
        fs::copy(&compiled, &output).with_context(|| format!("cannot write {}", output.display()))?;
    }
    Ok(())
}
