//! Compiling the programs, by one of two compilers.

use anyhow::Result;
use clap::ValueEnum;

use crate::process::progress;
use crate::programs::{self, Program};
use crate::workspace::Workspace;
use crate::{debian_route, identity, idl, platform_tools};

/// The compiler for the programs.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Toolchain {
    /// rustc and LLVM from Debian packages, with sbpf-linker from crates.io: the committed programs come from it.
    #[default]
    Packages,
    /// `cargo build-sbf`, of Solana's command line tools.
    PlatformTools,
}

/// Compiles every program to `target/deploy` and writes the IDLs to `target/idl`, with the key pairs where Anchor
/// looks for them.
pub fn build(workspace: &Workspace, toolchain: Toolchain) -> Result<Vec<Program>> {
    let programs = programs::all(workspace)?;
    identity::check(workspace, &programs)?;
    identity::place_keypairs(workspace, &programs)?;
    match toolchain {
        Toolchain::Packages => debian_route::build(workspace, &programs)?,
        Toolchain::PlatformTools => platform_tools::build(workspace, &programs)?,
    }
    idl::generate(workspace, &programs)?;
    progress(&format!("programs are in {}", workspace.deploy().display()));
    Ok(programs)
}
