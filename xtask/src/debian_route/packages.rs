//! The packages of the Debian route: which they are, and where their tools lie.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::debian;
use crate::process::{capture, cargo, cargo_apart, find_on_path, progress, run};
use crate::suite::PROFILE;
use crate::workspace::Workspace;

/// rustc with the standard library's source, and the LLVM that this rustc was built on.
const DEBIAN_PACKAGES: [&str; 8] = [
    "rustc-web",
    "cargo-web",
    "libstd-rust-web-dev-bpf",
    "rust-web-src",
    "rust-web-llvm",
    "llvm-22",
    "llvm-22-dev",
    "libpolly-22-dev",
];

/// Debian's rustc, not the one of rustup.
pub const RUSTC: &str = "/usr/bin/rustc";
/// Debian's cargo.
pub const CARGO: &str = "/usr/bin/cargo";
/// Where Debian installs LLVM 22.
const LLVM_PREFIX: &str = "/usr/lib/llvm-22";

const SBPF_LINKER_VERSION: &str = "0.2.6";

/// Paths of the installed tools.
pub struct Tools {
    /// Our linker, which calls the two below.
    pub linker: PathBuf,
    /// The linker of SBPF objects.
    pub sbpf_linker: PathBuf,
    /// Prefix of LLVM's programs and libraries.
    pub llvm: PathBuf,
}

/// Installs what is missing and returns where everything is.
pub fn install(workspace: &Workspace) -> Result<Tools> {
    debian::install(
        &DEBIAN_PACKAGES,
        "build on Debian 12 or later, or with `--toolchain platform-tools` and Solana's command line tools",
    )?;
    let tools = Tools {
        linker: linker(workspace)?,
        sbpf_linker: sbpf_linker(workspace)?,
        llvm: PathBuf::from(LLVM_PREFIX),
    };
    check_llvm_version()?;
    Ok(tools)
}

/// The linker of `tools/sbpf`, compiled.
fn linker(workspace: &Workspace) -> Result<PathBuf> {
    run(cargo().current_dir(&workspace.root).args([
        "build",
        "--profile",
        PROFILE,
        "--quiet",
        "--package",
        "assay-sbpf",
    ]))?;
    Ok(workspace.target.join(PROFILE).join("assay-sbpf"))
}

/// The installed sbpf-linker, or a fresh one in the build directory.
fn sbpf_linker(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(path) = find_on_path("sbpf-linker") {
        return Ok(path);
    }
    let root = workspace.target.join("tools");
    let path = root.join("bin/sbpf-linker");
    if !path.is_file() {
        progress(&format!(
            "installing sbpf-linker {SBPF_LINKER_VERSION} into {} (a minute or two)",
            root.display()
        ));
        run(cargo_apart()
            .current_dir(&workspace.root)
            .env("LLVM_SYS_221_PREFIX", LLVM_PREFIX)
            .env("RUSTFLAGS", format!("-L {LLVM_PREFIX}/lib"))
            .env("CARGO_TARGET_DIR", workspace.target.join("sbpf-linker"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0") // it hands bitcode to LLVM, which does the work
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .args(["install", "--locked", "--quiet", "--no-default-features"])
            .args(["--features", "bpf-linker/llvm-22", "--version", SBPF_LINKER_VERSION, "--root"])
            .arg(&root)
            .arg("sbpf-linker"))?;
    }
    Ok(path)
}

/// Bitcode only passes between tools of one LLVM version.
fn check_llvm_version() -> Result<()> {
    let version = capture(Command::new(RUSTC).arg("--version").arg("--verbose"))?;
    if !version.lines().any(|line| line.starts_with("LLVM version: 22.")) {
        bail!(
            "{RUSTC} is not built on LLVM 22, which sbpf-linker {SBPF_LINKER_VERSION} needs:\n{version}\
             hint: install Debian's rustc-web 1.96, or build with `--toolchain platform-tools`"
        );
    }
    Ok(())
}
