//! Debian's packages: which are missing, and installing them.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{capture, find_on_path, progress, run};

/// Installs those of `packages` that are not installed; `alternative` says what to do where there is no apt-get.
pub fn install(packages: &[&str], alternative: &str) -> Result<()> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    if find_on_path("apt-get").is_none() {
        bail!("missing: {}; and apt-get is not on PATH\nhint: {alternative}", missing.join(", "));
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

/// Those that dpkg does not report as installed: all of them where there is no dpkg.
fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let is_installed = |package: &str| {
        capture(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]))
            .is_ok_and(|status| status == "installed")
    };
    packages.iter().copied().filter(|package| !is_installed(package)).collect()
}
