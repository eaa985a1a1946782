//! Everything in this repository that is more than one cargo command.
//!
//! `cargo xtask build` compiles the on-chain programs to `target/deploy/*.so`, `cargo xtask test` builds them
//! and runs every test, `cargo xtask demo` builds them and runs the demonstration.

#![forbid(unsafe_code)]

mod debian;
mod idl;
mod platform_tools;
mod process;
mod programs;
mod sbpf;
mod snarkjs;
mod tasks;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::programs::Toolchain;
use crate::workspace::Workspace;

/// Builds the programs and their IDLs, runs the tests and the demonstration.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// The compiler for the programs.
    #[arg(long, value_enum, default_value_t, global = true)]
    toolchain: Toolchain,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compile the programs to target/deploy/*.so and write their IDLs to target/idl/*.json.
    Build,
    /// Write the programs' IDLs to target/idl/*.json.
    Idl,
    /// Build the programs, then run every test of the workspace in release mode.
    Test {
        /// Passed on to `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the programs, then run the demonstration.
    Demo {
        /// Passed on to `assay demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match sbpf::merge::arguments_if_linker() {
        Some(arguments) => sbpf::merge::run(&arguments),
        None => run(&Cli::parse()),
    };
    match outcome {
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
        Task::Build => {
            programs::build(&workspace, cli.toolchain)?;
            idl::generate(&workspace)
        }
        Task::Idl => idl::generate(&workspace),
        Task::Test { args } => tasks::test(&workspace, cli.toolchain, args),
        Task::Demo { args } => tasks::demo(&workspace, cli.toolchain, args),
    }
}
