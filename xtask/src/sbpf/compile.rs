//! Cargo for the SBPF target: every program of one call shares one build of the standard library.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::merge::LINKER_NAME;
use super::packages::Tools;
use crate::process::run;
use crate::programs::Program;
use crate::workspace::Workspace;

/// BPF with a 64-bit data layout. `os = zkvm` is a target that the standard library compiles for without an
/// operating system; `singlethread` and atomics of 64 bits hold because [`super::emit`] lowers atomics.
const TARGET: &str = include_str!("sbpf-solana.json");

const TARGET_NAME: &str = "sbpf-solana";

/// What rustc is told for every crate of a program.
const RUSTC_FLAGS: [&str; 6] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort", // no formatting code for panics
    "-Crelocation-model=static",
    "--cfg=target_os=\"solana\"", // the Solana crates choose their on-chain code by it
    "--cfg=target_arch=\"csky\"", // any architecture for which the standard library's allocator has a minimal alignment
    "--cfg=target_feature=\"static-syscalls\"",
];

/// Compiles `programs` and returns the path of each one's merged bitcode.
pub fn compile(
    workspace: &Workspace,
    directory: &Path,
    tools: &Tools,
    programs: &[Program],
) -> Result<Vec<PathBuf>> {
    let target = directory.join(format!("{TARGET_NAME}.json"));
    write_if_changed(&target, TARGET)?;
    let linker = directory.join(LINKER_NAME);
    link_to_this_executable(&linker)?;

    let mut flags = vec![format!("-Clinker={}", linker.display())];
    flags.extend(RUSTC_FLAGS.map(String::from));
    flags.push("-Aexplicit_builtin_cfgs_in_flags".into()); // the two cfg flags above are deliberate

    // One call a program: in a common call cargo would unify their features, and a program that calls another
    // depends on it without its entrypoint.
    for program in programs {
        run(cargo_for_sbpf(tools)
            .current_dir(&workspace.root)
            .env("CARGO_TARGET_DIR", directory)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
            .args(["build", "--release", "--quiet", "-Zjson-target-spec", "--target"])
            .arg(&target)
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=compiler-builtins-mem"])
            .args(["--package", program.package]))
        .with_context(|| format!("cannot compile {}", program.package))?;
    }

    let output = directory.join(TARGET_NAME).join("release");
    Ok(programs.iter().map(|program| output.join(format!("lib{}.so", program.library()))).collect())
}

/// Debian's cargo, without what the surrounding cargo or the user set for the host's compiler.
fn cargo_for_sbpf(tools: &Tools) -> Command {
    const FOR_THE_HOST: [&str; 6] =
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BUILD_", "CARGO_PROFILE_", "RUSTC", "RUSTUP_"];
    let mut command = Command::new(&tools.cargo);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if FOR_THE_HOST.iter().any(|prefix| text.starts_with(prefix)) && text != "CARGO_BUILD_JOBS" {
            command.env_remove(&name);
        }
    }
    command
        .env_remove("RUSTFLAGS")
        .env_remove("LD_LIBRARY_PATH")
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("RUSTC", &tools.rustc)
        .env("RUSTC_BOOTSTRAP", "1") // build-std and target files are unstable options
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        .env("ASSAY_SBPF_LINKER", &tools.sbpf_linker)
        .env("ASSAY_LLVM_LIBRARIES", &tools.llvm_libraries);
    command
}

/// Makes `link` run this executable: the merging linker is this xtask under another name. A stable path keeps
/// the compiler flags, and so the compiled standard library, the same when xtask itself changes.
fn link_to_this_executable(link: &Path) -> Result<()> {
    let executable = env::current_exe().context("cannot find the path of this executable")?;
    if fs::read_link(link).is_ok_and(|target| target == executable) {
        return Ok(());
    }
    if link.symlink_metadata().is_ok() {
        fs::remove_file(link).with_context(|| format!("cannot replace {}", link.display()))?;
    }
    symlink(&executable, link).with_context(|| format!("cannot create {}", link.display()))
}

/// Cargo rebuilds everything when the target file is newer than its output.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
