//! A linker for rustc's `-Clinker` that makes Solana programs: SBPF version 3 out of the bitcode of upstream's rustc and
//! LLVM, where Solana's own compiler cannot be had.
//!
//! ```text
//! rustc --(bitcode of all crates)--> merge --> prune --> legalize --> inline --> sbpf-linker --> program.so
//! ```
//!
//! - [`merge`] makes one module of the bitcode of all crates;
//! - [`emit`] prunes it, makes atomics plain accesses (a program runs in one thread), and has sbpf-linker write the program;
//! - [`legalize`] rewrites, in between, what LLVM's BPF back end cannot select.
//!
//! On-chain code has no floating point; a function that reaches it is named in the error. A library without an
//! entrypoint, which another program depends on, links to an empty file.
//!
//! The environment says where the tools lie: `ASSAY_SBPF_LINKER` is sbpf-linker, `ASSAY_LLVM` the prefix of the LLVM that
//! rustc and sbpf-linker were built on. What each step wrote stays in `<output>.steps` for whoever debugs this.

#![forbid(unsafe_code)]

mod emit;
mod legalize;
mod merge;
mod tools;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::tools::Tools;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match link(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Links what rustc's `arguments` name.
fn link(arguments: &[OsString]) -> Result<()> {
    let tools = Tools::from_environment()?;
    let output = std::path::absolute(output(arguments)?).context("there is no working directory")?;
    let steps = output.with_extension("so.steps");
    fs::create_dir_all(&steps).with_context(|| format!("cannot create {}", steps.display()))?;
    let merged = steps.join("0-merged.bc");
    merge::merge(&tools, arguments, &merged)?;
    emit::emit(&tools, &merged, &steps, &output)
}

/// The path after `-o`.
fn output(arguments: &[OsString]) -> Result<PathBuf> {
    let position =
        arguments.iter().position(|argument| argument == "-o").context("the linker got no `-o`")?;
    arguments.get(position + 1).map(PathBuf::from).context("the linker got `-o` without a path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn output_is_the_word_after_the_flag() {
        assert_eq!(output(&words("a.o -o b.so c.rlib")).unwrap(), PathBuf::from("b.so"));
    }

    #[test]
    fn output_must_be_named() {
        assert_eq!(output(&words("a.o")).unwrap_err().to_string(), "the linker got no `-o`");
        assert_eq!(output(&words("a.o -o")).unwrap_err().to_string(), "the linker got `-o` without a path");
    }
}
