//! Everything in this repository that is more than one cargo command.
//!
//! `cargo xtask demo` runs the demonstration on the committed programs, `cargo xtask build` makes these anew from the
//! sources, `cargo xtask test` verifies that the sources give them and runs every test.

#![forbid(unsafe_code)]

mod artifacts;
mod build;
mod cluster;
mod debian;
mod debian_route;
mod evm;
mod identity;
mod idl;
mod node;
mod page;
mod platform_tools;
mod process;
mod programs;
mod python;
mod release;
mod snarkjs;
mod suite;
mod tasks;
mod typescript;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::build::Toolchain;
use crate::workspace::Workspace;

/// Builds the programs and their IDLs, runs the tests and the demonstration.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compile the programs and make them, with their IDLs and hashes, the committed ones under programs/.
    Build {
        /// The compiler; with `platform-tools` the programs go to target/deploy only.
        #[arg(long, value_enum, default_value_t)]
        toolchain: Toolchain,
    },
    /// Compile the programs and compare them, byte for byte, with the committed ones.
    VerifyBuild,
    /// Compile the WebAssembly module of the TypeScript SDK and make it the committed one under sdk/ts/wasm.
    Wasm,
    /// Check the programs' addresses, and put their test-only key pairs where `anchor build` looks for them.
    Keys,
    /// Build the wheel of the Python module, check its types, and run its tests and the notebook.
    Python,
    /// Verify the committed programs, then run every test of the workspace in release mode, and the SDKs'.
    Test {
        /// Passed on to `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run a local Solana cluster with the programs, test mints, prices and a funded wallet; or set its prices and its clock.
    #[command(disable_help_flag = true)]
    Localnet {
        /// Passed on to the cluster: `--help` shows what there is.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Test the programs over RPC: on the cluster at ANCHOR_PROVIDER_URL, or on a local one that is started for it.
    AnchorTest,
    /// Make a release of this commit under out/: the command line, the programs, their IDLs, and the hashes of all of it.
    Release,
    /// Build the page in app/web, and test it in a browser.
    Page,
    /// Compile the contracts of `assay export solidity`, and run them in an Ethereum virtual machine.
    Evm,
    /// Run the demonstration on the committed programs.
    Demo {
        /// Passed on to the demonstration.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let workspace = Workspace::locate()?;
    match &cli.task {
        Task::Build { toolchain } => tasks::build(&workspace, *toolchain),
        Task::VerifyBuild => tasks::verify_build(&workspace),
        Task::Wasm => typescript::publish_module(&workspace),
        Task::Keys => tasks::keys(&workspace),
        Task::Python => python::test(&workspace),
        Task::Test { args } => tasks::test(&workspace, args),
        Task::Localnet { args } => cluster::exec(&workspace, args),
        Task::AnchorTest => tasks::anchor_test(&workspace),
        Task::Release => release::release(&workspace).map(drop),
        Task::Page => page::test(&workspace),
        Task::Evm => evm::test(&workspace),
        Task::Demo { args } => tasks::demo(&workspace, args),
    }
}
