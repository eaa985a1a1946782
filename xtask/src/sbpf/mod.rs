//! Building SBPF programs from Debian packages, for machines that cannot fetch Solana's own compiler.
//!
//! Debian's `rustc-web` and `llvm-22` share one version of LLVM with the `sbpf-linker` crate, so bitcode passes
//! between them. The route, file by file:
//! 1. [`packages`] installs what is missing;
//! 2. [`compile`] runs cargo for the target of `sbpf-solana.json`, standard library included;
//! 3. [`merge`] is what that cargo calls as linker: it merges all bitcode into one module;
//! 4. [`emit`] prunes the module, lowers what the BPF back end has no instruction for (with [`legalize`])
//!    and has sbpf-linker write the `.so`.
//!
//! Atomics become plain loads and stores (a program runs in one thread), and a function that reaches floating
//! point does not link: on-chain code needs neither.

mod compile;
mod emit;
mod legalize;
pub mod merge;
mod packages;

use std::fs::{self, File};

use anyhow::{Context, Result};

use crate::process::progress;
use crate::programs::Program;
use crate::workspace::Workspace;

/// Compiles `programs` into the deploy directory.
pub fn build(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let tools = packages::install(workspace)?;
    let directory = workspace.target.join("sbpf");
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    // Two builds at once would write the same intermediate files.
    let lock_path = directory.join("lock");
    let lock = File::create(&lock_path).with_context(|| format!("cannot create {}", lock_path.display()))?;
    lock.lock().with_context(|| format!("cannot lock {}", lock_path.display()))?;

    let modules = compile::compile(workspace, &directory, &tools, programs)?;
    fs::create_dir_all(workspace.deploy())
        .with_context(|| format!("cannot create {}", workspace.deploy().display()))?;
    for (program, module) in programs.iter().zip(modules) {
        let output = workspace.deploy().join(format!("{}.so", program.library()));
        if emit::is_current(&module, &output)? {
            continue;
        }
        progress(&format!("linking {}", output.display()));
        let scratch = directory.join("link").join(program.library());
        emit::emit(&tools, &module, &scratch, &output)
            .with_context(|| format!("cannot link {}", program.package))?;
    }
    Ok(())
}
