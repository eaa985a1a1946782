//! Child processes: each is announced on stderr before it runs and named in full when it fails.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command};

use anyhow::{Context, Result, bail};

/// Prints one progress line to stderr.
pub fn progress(message: &str) {
    eprintln!("xtask: {message}");
}

/// Runs `command` with inherited output; an error unless it exits with 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// Runs `command` and returns its stdout; its stderr is part of the error when it fails.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}\n{}", line(command), output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed bytes that are not text", line(command)))
}

/// A command that runs beside others; dropped before its end, it is stopped.
pub struct Background {
    child: Child,
    line: String,
}

impl Background {
    /// Starts `command` with inherited output.
    pub fn start(command: &mut Command) -> Result<Self> {
        let line = line(command);
        let child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
        Ok(Self { child, line })
    }

    /// Waits for its end; an error unless it exits with 0.
    pub fn finish(mut self) -> Result<()> {
        let status = self.child.wait().with_context(|| format!("cannot wait for `{}`", self.line))?;
        if !status.success() {
            bail!("`{}` failed: {status}", self.line);
        }
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill(); // an error says that it ended
        let _ = self.child.wait();
    }
}

/// The first executable called `name` on `PATH`.
pub fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|candidate| candidate.is_file())
}

/// The cargo that runs this xtask, with the repository's toolchain.
pub fn cargo() -> Command {
    cargo_less(Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))))
}

/// The same cargo, without what the surrounding cargo or the user set for everyday builds: where they lie, by which compiler, with which flags.
pub fn cargo_apart() -> Command {
    unset(cargo())
}

/// A command without such settings. `RUSTUP_TOOLCHAIN` stays: without it rustup would choose the compiler of each dependency by a
/// `rust-toolchain.toml` in its sources, and some have one.
pub fn unset(mut command: Command) -> Command {
    const SETTINGS: [&str; 6] =
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "RUSTC"];
    const KEPT: [&str; 2] = ["CARGO_BUILD_JOBS", "CARGO_TARGET_DIR"];
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if SETTINGS.iter().any(|prefix| text.starts_with(prefix)) && !KEPT.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

/// A command that does not hear what cargo says of this package: build scripts that look at it would run again after every call by hand, and all
/// that depends on them compile again.
pub fn cargo_less(mut command: Command) -> Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// The command as one line, without its environment.
fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
