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

/// What has to be there before the programs are compiled.
pub struct Prepared {
    pub programs: Vec<Program>,
    /// Those of the Debian route, unless it is the platform tools that compile.
    tools: Option<debian_route::Tools>,
}

/// Checks the programs' addresses, puts their key pairs where Anchor looks for them, writes the IDLs to `target/idl`, and
/// installs the compiler. All that cargo builds into `target/release` for the programs is built here.
pub fn prepare(workspace: &Workspace, toolchain: Toolchain) -> Result<Prepared> {
    let programs = programs::all(workspace)?;
    identity::check(workspace, &programs)?;
    identity::place_keypairs(workspace, &programs)?;
    idl::generate(workspace, &programs)?;
    let tools = match toolchain {
        Toolchain::Packages => Some(debian_route::install(workspace)?),
        Toolchain::PlatformTools => None,
    };
    Ok(Prepared { programs, tools })
}

/// Compiles every program to `target/deploy`.
pub fn compile(workspace: &Workspace, prepared: &Prepared) -> Result<()> {
    match &prepared.tools {
        Some(tools) => debian_route::build(workspace, tools, &prepared.programs)?,
        None => platform_tools::build(workspace, &prepared.programs)?,
    }
    progress(&format!("programs are in {}", workspace.deploy().display()));
    Ok(())
}
