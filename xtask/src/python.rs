//! The Python module in `sdk/python`: its wheel, its types, its tests, and the notebook in `examples/`.
//!
//! What it is built and tested with is pinned by hash and lives in `target/python`, apart from the system's packages and from the workspace's build: its
//! package is a workspace of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::debian;
use crate::process::{cargo_less, find_on_path, progress, run};
use crate::suite;
use crate::workspace::Workspace;

/// The least that the pinned packages run on.
const LEAST: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";

/// Builds the command line, then as [`test_with`].
pub fn test(workspace: &Workspace) -> Result<()> {
    progress("building the command line");
    test_with(workspace, &suite::command_line(workspace)?)
}

/// Builds the wheel, installs it, checks lints and types, and runs the tests with the command line `binary`.
pub fn test_with(workspace: &Workspace, binary: &Path) -> Result<()> {
    let package = workspace.root.join("sdk/python");
    let target = workspace.target.join("python");
    let python = install(workspace)?;
    let wheels = target.join("wheel");
    if wheels.exists() {
        fs::remove_dir_all(&wheels).with_context(|| format!("cannot empty {}", wheels.display()))?;
    }
    progress("compiling the Python module");
    run(cargo_less(Command::new(target.join("venv/bin/maturin")))
        .current_dir(&package)
        // Clippy's compiler compiles the package: a run of clippy by itself would check its 180 dependencies as well.
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__")
        .args(["build", "--profile", "quick", "--locked", "--quiet", "--compression-level", "1"])
        .arg("--interpreter")
        .arg(&python)
        .arg("--target-dir")
        .arg(target.join("cargo"))
        .arg("--out")
        .arg(&wheels))?;
    let wheel = only_file(&wheels)?;
    let install = ["install", "--quiet", "--no-deps", "--no-compile", "--force-reinstall"];
    run(pip(&python).args(install).arg(&wheel))?;
    progress("checking the types of the Python module");
    let module = |name: &str| {
        let mut command = Command::new(&python);
        command.current_dir(&package).env("PYTHONPYCACHEPREFIX", target.join("pycache")).args(["-m", name]);
        command
    };
    run(module("mypy").arg("--cache-dir").arg(target.join("mypy")).args(["python", "tests"]))?;
    progress("testing the Python module");
    run(module("pytest").env("ASSAY_BINARY", binary))
}

/// The interpreter of the virtual environment with the packages of the requirements, which is made where it is not there as they say.
pub fn install(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = &workspace.root.join("sdk/python/tests/requirements.txt");
    let environment = workspace.target.join("python/venv");
    let python = environment.join("bin/python");
    let wanted = fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let installed = environment.join("installed-requirements.txt");
    if fs::read(&installed).is_ok_and(|present| present == wanted) {
        return Ok(python);
    }
    let interpreter = interpreter()?;
    progress("installing the packages that the Python module is tested with");
    run(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(&environment))?;
    run(pip(&python)
        .args([
            "install",
            "--quiet",
            "--no-compile",
            "--require-hashes",
            "--only-binary=:all:",
            "--requirement",
        ])
        .arg(requirements))?;
    fs::write(&installed, &wanted).with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(python)
}

/// A Python that makes virtual environments: the one on `PATH`, or Debian's.
fn interpreter() -> Result<PathBuf> {
    let serves = |python: &Path| {
        Command::new(python).args(["-c", LEAST]).output().is_ok_and(|output| output.status.success())
    };
    if let Some(python) = find_on_path("python3").filter(|python| serves(python)) {
        return Ok(python);
    }
    debian::install(&["python3", "python3-venv"], "install Python 3.11 or later, with venv")?;
    let python = PathBuf::from("/usr/bin/python3");
    ensure!(serves(&python), "{} is older than 3.11, or has no venv", python.display());
    Ok(python)
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
    pip
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let read = || format!("cannot read {}", folder.display());
    let files = fs::read_dir(folder).with_context(read)?.collect::<Result<Vec<_>, _>>().with_context(read)?;
    let [file] = &files[..] else {
        anyhow::bail!("{} holds {} files, where one wheel belongs", folder.display(), files.len())
    };
    Ok(file.path())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What only the module is made of.
    const ITS_OWN: [&str; 7] = [
        "assay-python",
        "pyo3",
        "pyo3-build-config",
        "pyo3-ffi",
        "pyo3-macros",
        "pyo3-macros-backend",
        "target-lexicon",
    ];

    /// Name, version and checksum of every package of a lock.
    fn packages(lock: &Path) -> Result<BTreeSet<String>> {
        let text = fs::read_to_string(lock)?;
        let of = |package: &str| {
            let fields = ["name = ", "version = ", "checksum = "];
            let lines = package.lines().filter(|line| fields.iter().any(|field| line.starts_with(field)));
            lines.collect::<Vec<_>>().join(" ")
        };
        Ok(text.split("[[package]]").skip(1).map(of).collect())
    }

    #[test]
    fn the_module_is_made_of_what_the_workspace_is_made_of() -> Result<()> {
        let root = Workspace::locate()?.root;
        let own = packages(&root.join("sdk/python/Cargo.lock"))?;
        let workspaces = packages(&root.join("Cargo.lock"))?;
        let others: Vec<&String> = own
            .difference(&workspaces)
            .filter(|package| !ITS_OWN.iter().any(|name| package.starts_with(&format!("name = \"{name}\""))))
            .collect();
        ensure!(
            others.is_empty() && own.len() > ITS_OWN.len(),
            "sdk/python/Cargo.lock has other packages than Cargo.lock: {others:#?}\n\
             hint: copy Cargo.lock there; `cargo metadata --manifest-path sdk/python/Cargo.toml` takes out what it does not need"
        );
        Ok(())
    }
}
