//! The programs that do the work: LLVM's `opt`, and sbpf-linker.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// Where the tools lie.
pub struct Tools {
    sbpf_linker: PathBuf,
    llvm: PathBuf,
}

impl Tools {
    /// The tools that the environment names.
    pub fn from_environment() -> Result<Self> {
        let path = |variable: &str| {
            env::var_os(variable).map(PathBuf::from).with_context(|| format!("{variable} is not set"))
        };
        Ok(Self { sbpf_linker: path("ASSAY_SBPF_LINKER")?, llvm: path("ASSAY_LLVM")? })
    }

    /// LLVM's optimizer, to run `passes`.
    pub fn opt(&self, passes: &str) -> Command {
        let mut command = self.command(&self.llvm.join("bin/opt"));
        command.arg(format!("-passes={passes}"));
        command
    }

    /// The linker of SBPF objects.
    pub fn sbpf_linker(&self) -> Command {
        self.command(&self.sbpf_linker)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", self.llvm.join("lib"));
        command
    }
}

/// Runs `command` to its end, whatever that is.
pub fn output(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Runs `command`; what it printed is part of the error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let output = output(command)?;
    if !output.status.success() {
        bail!("{command:?} failed: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
