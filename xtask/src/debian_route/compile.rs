//! Cargo for the SBPF target: every program of one directory shares one build of the standard library.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::packages::{CARGO, RUSTC, Tools};
use crate::process::{progress, run, unset};
use crate::programs::Program;
use crate::workspace::Workspace;

/// BPF with a 64-bit data layout. `os = zkvm` is a target that the standard library compiles for without an
/// operating system; `singlethread` and atomics of 64 bits hold because the linker lowers atomics.
const TARGET: &str = include_str!("sbpf-solana.json");

const TARGET_NAME: &str = "sbpf-solana";

/// What rustc is told for every crate of a program.
const RUSTC_FLAGS: [&str; 7] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort", // no formatting code for panics
    "-Crelocation-model=static",
    "--cfg=target_os=\"solana\"", // the Solana crates choose their on-chain code by it
    "--cfg=target_arch=\"csky\"", // any architecture for which the standard library's allocator has a minimal alignment
    "--cfg=target_feature=\"static-syscalls\"",
    "-Aexplicit_builtin_cfgs_in_flags", // those of target_os and target_arch are deliberate
];

/// Compiles `program` and returns the path of its `.so`.
pub fn compile(workspace: &Workspace, directory: &Path, tools: &Tools, program: &Program) -> Result<PathBuf> {
    let target = directory.join(format!("{TARGET_NAME}.json"));
    write_if_changed(&target, TARGET)?;
    let output = directory.join(TARGET_NAME).join("release");
    let compiled = output.join(format!("lib{}.so", program.library));
    forget_if_older(&compiled, &tools.linker)?;

    progress(&format!("compiling {}", program.package));
    // One call a program: in a common call cargo would unify their features.
    run(cargo_for_sbpf(tools)
        .current_dir(&workspace.root)
        .env("CARGO_TARGET_DIR", directory)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace, tools)?.join("\x1f"))
        .args(["build", "--release", "--locked", "--quiet", "-Zjson-target-spec", "--target"])
        .arg(&target)
        .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=compiler-builtins-mem"])
        .args(["--package", &program.package]))
    .with_context(|| format!("cannot compile {}", program.package))?;
    Ok(compiled)
}

/// Flags that give the same program in every folder: no path of this machine enters it.
fn flags(workspace: &Workspace, tools: &Tools) -> Result<Vec<String>> {
    let mut flags = vec![format!("-Clinker={}", tools.linker.display())];
    flags.extend(remapped(workspace)?);
    flags.extend(RUSTC_FLAGS.map(String::from));
    Ok(flags)
}

/// Flags that keep the paths of this machine out.
pub fn remapped(workspace: &Workspace) -> Result<[String; 2]> {
    let cargo_home = match env::var_os("CARGO_HOME") {
        Some(path) => PathBuf::from(path),
        None => env::home_dir().context("there is no home directory")?.join(".cargo"),
    };
    let paths = [(&workspace.root, "/assay"), (&cargo_home, "/cargo")];
    Ok(paths.map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())))
}

/// Debian's cargo for programs.
fn cargo_for_sbpf(tools: &Tools) -> Command {
    let mut command = cargo();
    command
        .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
        .env("ASSAY_SBPF_LINKER", &tools.sbpf_linker)
        .env("ASSAY_LLVM", &tools.llvm);
    command
}

/// Debian's cargo, without what the surrounding cargo or the user set for the host's compiler: for code that is whole, and small.
pub fn cargo() -> Command {
    let mut command = unset(Command::new(CARGO));
    command
        .env_remove("LD_LIBRARY_PATH")
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1"); // build-std and target files are unstable options
    command
}

/// Removes what an earlier linker wrote, so that cargo links anew: it does not see that its linker changed.
fn forget_if_older(compiled: &Path, linker: &Path) -> Result<()> {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let (Ok(written), Ok(linker)) = (modified(compiled), modified(linker)) else { return Ok(()) };
    if written >= linker {
        return Ok(());
    }
    let name = compiled.file_name().context("a program has a name")?;
    for path in [compiled.to_path_buf(), compiled.with_file_name("deps").join(name)] {
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Cargo rebuilds everything when the target file is newer than its output.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
