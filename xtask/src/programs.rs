//! The on-chain programs of this repository, and the choice of the compiler that builds them.

use anyhow::Result;
use clap::ValueEnum;

use crate::process::progress;
use crate::workspace::Workspace;
use crate::{platform_tools, sbpf};

/// One on-chain program.
pub struct Program {
    /// Cargo's package name; the library's name is the same with underscores.
    pub package: &'static str,
    /// The crate's folder, from the repository's root.
    pub folder: &'static str,
    /// Whether it has an IDL: programs that exist for tests have none.
    pub has_idl: bool,
}

/// Every program: two that are deployed, and the smallest integrator, which the tests deploy next to them.
pub const PROGRAMS: [Program; 3] = [
    Program { package: "assay-verifier", folder: "programs/verifier", has_idl: true },
    Program { package: "assay-lending", folder: "programs/lending", has_idl: true },
    Program { package: "assay-gate", folder: "tests/programs/gate", has_idl: false },
];

impl Program {
    /// The library's name: the stem of the `.so` and of the IDL.
    pub fn library(&self) -> String {
        self.package.replace('-', "_")
    }
}

/// The compiler for the programs.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Toolchain {
    /// Solana's platform-tools where `cargo build-sbf` is installed, else Debian's packages.
    #[default]
    Auto,
    /// `cargo build-sbf`.
    PlatformTools,
    /// rustc and LLVM from Debian packages, with sbpf-linker from crates.io.
    Packages,
}

/// Compiles every program into the deploy directory.
pub fn build(workspace: &Workspace, toolchain: Toolchain) -> Result<()> {
    let use_platform_tools = match toolchain {
        Toolchain::Auto => platform_tools::is_installed(),
        Toolchain::PlatformTools => true,
        Toolchain::Packages => false,
    };
    if use_platform_tools {
        progress("building the programs with cargo build-sbf");
        platform_tools::build(workspace, &PROGRAMS)?;
    } else {
        progress("cargo build-sbf is not installed: building the programs with Debian's rustc and LLVM");
        sbpf::build(workspace, &PROGRAMS)?;
    }
    progress(&format!("programs are in {}", workspace.deploy().display()));
    Ok(())
}
