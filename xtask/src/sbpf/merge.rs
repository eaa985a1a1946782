//! The linker that rustc calls: it merges the bitcode of all crates into one module and stops there.
//!
//! It runs in a process of its own, as this executable under the name [`LINKER_NAME`]. Code generation happens
//! later, in [`super::emit`], where its errors are ours to explain.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The name under which this executable is a linker.
pub const LINKER_NAME: &str = "sbpf-merge";

/// Every LLVM bitcode file starts with these bytes.
const BITCODE_MAGIC: [u8; 4] = *b"BC\xC0\xDE";

/// The linker's arguments, where this process was started as [`LINKER_NAME`].
pub fn arguments_if_linker() -> Option<Vec<OsString>> {
    let mut arguments = env::args_os();
    let name = PathBuf::from(arguments.next()?);
    (name.file_name()? == LINKER_NAME).then(|| arguments.collect())
}

/// Merges the inputs that rustc names into the output that it names.
pub fn run(arguments: &[OsString]) -> Result<()> {
    let output = output(arguments)?;
    let sbpf_linker = env::var_os("ASSAY_SBPF_LINKER").context("ASSAY_SBPF_LINKER is not set")?;
    let libraries = env::var_os("ASSAY_LLVM_LIBRARIES").context("ASSAY_LLVM_LIBRARIES is not set")?;
    if output.exists() {
        fs::remove_file(&output).with_context(|| format!("cannot replace {}", output.display()))?;
    }
    let result = Command::new(&sbpf_linker)
        .args(arguments)
        .args(["--emit=llvm-bc", "--llvm-args=-bpf-stack-size=4096"])
        .env("LD_LIBRARY_PATH", libraries)
        .output()
        .with_context(|| format!("cannot start {}", Path::new(&sbpf_linker).display()))?;
    // sbpf-linker writes the bitcode and then fails to read it as an object file: only the file counts.
    let is_bitcode = fs::read(&output).is_ok_and(|bytes| bytes.starts_with(&BITCODE_MAGIC));
    if !is_bitcode {
        bail!(
            "sbpf-linker wrote no bitcode to {}:\n{}",
            output.display(),
            String::from_utf8_lossy(&result.stderr)
        );
    }
    Ok(())
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
