//! The version that `assay --version` shows: the package's, and the commit where the sources are in a git repository.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=ASSAY_COMMIT");
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets the version");
    // Who builds from an archive can name the commit.
    let named = env::var("ASSAY_COMMIT").ok().filter(|commit| !commit.is_empty());
    let full = match named.or_else(commit) {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    println!("cargo:rustc-env=ASSAY_VERSION={full}");
}

/// The commit that is checked out, where this package lies in its own repository and git is there.
fn commit() -> Option<String> {
    let root = Path::new("../..").canonicalize().ok()?;
    // The sources may lie inside of someone else's repository.
    let top = Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if top != root {
        return None;
    }
    // The log of HEAD changes with each commit and checkout. A path that does not exist would build this again each time.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo:rerun-if-changed={log}");
    }
    git(&["show", "--no-patch", "--format=%h %cs", "--abbrev=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
