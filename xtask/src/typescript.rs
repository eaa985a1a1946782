//! The TypeScript SDK in `sdk/ts`: its WebAssembly module, its packages, its tests.
//!
//! The module is committed, since those who use the SDK have no Rust compiler. It is built by Debian's compiler, as the programs are,
//! and its bytes do not depend on where; so the committed one can be compared with what the sources give.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::debian;
use crate::debian_route;
use crate::node;
use crate::process::{progress, run};
use crate::workspace::Workspace;

/// rustc with the standard library's source, and a linker of WebAssembly.
const DEBIAN_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];
const LINKER: &str = "/usr/lib/llvm-22/bin/wasm-ld";
const TARGET: &str = "wasm32-unknown-unknown";

/// The folder of the SDK.
fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("sdk/ts")
}

/// Builds the module and makes it the committed one.
pub fn publish_module(workspace: &Workspace) -> Result<()> {
    let module = build_module(workspace)?;
    let wasm = folder(workspace).join("wasm");
    write(&wasm.join("assay.wasm"), &module)?;
    write(&wasm.join("SHA256SUMS"), sums(&module).as_bytes())
}

/// Builds the module and compares it, byte for byte, with the committed one.
pub fn verify_module(workspace: &Workspace) -> Result<()> {
    let wasm = folder(workspace).join("wasm");
    let committed = read(&wasm.join("assay.wasm"))?;
    ensure!(
        read(&wasm.join("SHA256SUMS"))? == sums(&committed).as_bytes(),
        "sdk/ts/wasm/SHA256SUMS does not hold the hash of assay.wasm\n{STALE}"
    );
    ensure!(
        build_module(workspace)? == committed,
        "sdk/ts/wasm/assay.wasm is not what the sources give\n{STALE}"
    );
    progress("the committed WebAssembly module is the one that the sources give");
    Ok(())
}

const STALE: &str = "hint: run `cargo xtask wasm`, and commit what it changes under sdk/ts/wasm";

fn build_module(workspace: &Workspace) -> Result<Vec<u8>> {
    debian::install(&DEBIAN_PACKAGES, "build on Debian 12 or later")?;
    progress("compiling the WebAssembly module");
    let directory = workspace.target.join("wasm");
    let mut flags = vec![format!("-Clinker={LINKER}"), "-Clinker-flavor=wasm-ld".into()];
    flags.extend(debian_route::remapped(workspace)?);
    flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"].map(String::from));
    run(debian_route::cargo()
        .current_dir(&workspace.root)
        .env("CARGO_TARGET_DIR", &directory)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("CARGO_PROFILE_RELEASE_STRIP", "true")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s") // as fast as 3 here, and smaller
        .args(["build", "--release", "--locked", "--quiet", "--package", "assay-wasm", "--target", TARGET])
        .arg("-Zbuild-std=std,panic_abort"))?;
    read(&directory.join(TARGET).join("release/assay_wasm.wasm"))
}

/// As `sha256sum --check` takes it.
fn sums(module: &[u8]) -> String {
    let hash: String = Sha256::digest(module).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hash}  assay.wasm\n")
}

/// Installs what the SDK is built and tested with, compares the generated clients with the IDLs, and runs the tests.
pub fn test(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace);
    install(&folder)?;
    progress("testing the TypeScript SDK");
    npm(&folder, &["run", "--silent", "check-generated"])?;
    npm(&folder, &["test", "--silent"])
}

/// Installs what the SDK is built with, and builds it.
pub fn build(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace);
    install(&folder)?;
    npm(&folder, &["run", "--silent", "build"])
}

/// `npm ci`, where the packages are not those of the lock file.
pub fn install(folder: &Path) -> Result<()> {
    node::install()?;
    let lock = read(&folder.join("package-lock.json"))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|present| present == lock) {
        return Ok(());
    }
    progress(&format!("installing the packages of {}", folder.display()));
    npm(folder, &["ci", "--silent", "--no-audit", "--no-fund"])?;
    write(&installed, &lock)
}

fn npm(folder: &Path, args: &[&str]) -> Result<()> {
    run(Command::new("npm").current_dir(folder).args(args))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
