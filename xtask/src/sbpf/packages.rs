//! The packages of the Debian route: which they are, whether they are there, and how to get them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{capture, cargo, find_on_path, progress, run};
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

/// Where Debian installs LLVM 22.
const LLVM_PREFIX: &str = "/usr/lib/llvm-22";

const SBPF_LINKER_VERSION: &str = "0.2.6";

/// Paths of the installed tools.
pub struct Tools {
    /// Debian's rustc, not the one of rustup.
    pub rustc: PathBuf,
    /// Debian's cargo.
    pub cargo: PathBuf,
    /// LLVM's optimizer.
    pub opt: PathBuf,
    /// The linker of SBPF objects.
    pub sbpf_linker: PathBuf,
    /// Folder of LLVM's shared libraries.
    pub llvm_libraries: PathBuf,
}

/// Installs what is missing and returns where everything is.
pub fn install(workspace: &Workspace) -> Result<Tools> {
    let missing = missing_packages();
    if !missing.is_empty() {
        install_debian_packages(&missing)?;
    }
    let llvm = Path::new(LLVM_PREFIX);
    let tools = Tools {
        rustc: PathBuf::from("/usr/bin/rustc"),
        cargo: PathBuf::from("/usr/bin/cargo"),
        opt: llvm.join("bin/opt"),
        sbpf_linker: sbpf_linker(workspace)?,
        llvm_libraries: llvm.join("lib"),
    };
    check_llvm_version(&tools)?;
    Ok(tools)
}

/// Those of [`DEBIAN_PACKAGES`] that dpkg does not report as installed: all of them where there is no dpkg.
fn missing_packages() -> Vec<&'static str> {
    let is_installed = |package: &&str| {
        capture(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
            .is_ok_and(|status| status == "installed")
    };
    DEBIAN_PACKAGES.into_iter().filter(|package| !is_installed(package)).collect()
}

fn install_debian_packages(missing: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if find_on_path("apt-get").is_none() {
        bail!(
            "neither `cargo build-sbf` nor apt-get is on PATH\n\
             hint: install Solana's command line tools (they bring `cargo build-sbf`), or build on Debian 12 or later"
        );
    }
    let is_root = capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let elevation: &[&str] = match (is_root, find_on_path("sudo")) {
        (true, _) => &[],
        (false, Some(_)) => &["sudo"],
        (false, None) => {
            bail!("packages are missing and this user may not install them\nhint: as root, run `{by_hand}`")
        }
    };
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> = elevation.iter().chain(&["apt-get"]).chain(arguments).copied().collect();
        let (program, rest) = words.split_first().context("no command to run")?;
        run(Command::new(program).args(rest).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    progress(&format!("installing Debian packages: {}", missing.join(", ")));
    apt(&["update", "--quiet=2"])?;
    let mut install = vec!["install", "--yes", "--quiet=2", "--no-install-recommends"];
    install.extend(missing);
    apt(&install).with_context(|| format!("hint: as root, run `{by_hand}`"))
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
        run(cargo()
            .current_dir(&workspace.root)
            .env_remove("CARGO_ENCODED_RUSTFLAGS") // it would win over RUSTFLAGS
            .env("LLVM_SYS_221_PREFIX", LLVM_PREFIX)
            .env("RUSTFLAGS", format!("-L {LLVM_PREFIX}/lib"))
            .env("CARGO_TARGET_DIR", workspace.target.join("sbpf-linker"))
            .args(["install", "--locked", "--quiet", "--no-default-features"])
            .args(["--features", "bpf-linker/llvm-22", "--version", SBPF_LINKER_VERSION, "--root"])
            .arg(&root)
            .arg("sbpf-linker"))?;
    }
    Ok(path)
}

/// Bitcode only passes between tools of one LLVM version.
fn check_llvm_version(tools: &Tools) -> Result<()> {
    let version = capture(Command::new(&tools.rustc).arg("--version").arg("--verbose"))?;
    if !version.lines().any(|line| line.starts_with("LLVM version: 22.")) {
        bail!(
            "{} is not built on LLVM 22, which sbpf-linker {SBPF_LINKER_VERSION} needs:\n{version}\
             hint: install Debian's rustc-web 1.96, or Solana's command line tools for `cargo build-sbf`",
            tools.rustc.display()
        );
    }
    Ok(())
}
