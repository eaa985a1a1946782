//! The bitcode of all crates becomes one module.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::tools::{self, Tools};

/// Every LLVM bitcode file starts with these bytes.
const BITCODE_MAGIC: [u8; 4] = *b"BC\xC0\xDE";

/// Merges the inputs that rustc's `arguments` name into `merged`.
pub fn merge(tools: &Tools, arguments: &[OsString], merged: &Path) -> Result<()> {
    if merged.exists() {
        fs::remove_file(merged).with_context(|| format!("cannot replace {}", merged.display()))?;
    }
    let result = tools::output(
        tools
            .sbpf_linker()
            .args(with_output(arguments, merged))
            .args(["--emit=llvm-bc", "--llvm-args=-bpf-stack-size=4096"]),
    )?;
    // sbpf-linker writes the bitcode and then fails to read it as an object file: only the file counts.
    let is_bitcode = fs::read(merged).is_ok_and(|bytes| bytes.starts_with(&BITCODE_MAGIC));
    if !is_bitcode {
        bail!(
            "sbpf-linker wrote no bitcode to {}:\n{}",
            merged.display(),
            String::from_utf8_lossy(&result.stderr)
        );
    }
    Ok(())
}

/// The arguments with another path after `-o`.
fn with_output(arguments: &[OsString], output: &Path) -> Vec<OsString> {
    let mut arguments = arguments.to_vec();
    let after = arguments.iter().position(|argument| argument == "-o").map(|position| position + 1);
    if let Some(place) = after.and_then(|after| arguments.get_mut(after)) {
        *place = output.into();
    }
    arguments
}
